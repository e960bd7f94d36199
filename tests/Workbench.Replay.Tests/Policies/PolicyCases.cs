using CsCheck;
using Workbench.Iommu;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Workbench.Traces;

namespace Workbench.Replay.Tests.Policies;

/// <summary>Random orderly traces and random experiments that split and collapse, on every model.</summary>
internal static class PolicyCases
{
    public const string WarmUp = "20us";

    public static readonly Gen<FlushStrategy> SoundFlush = Gen.OneOf(FlushStrategy.After, FlushStrategy.PerRun, FlushStrategy.PerChunk, FlushStrategy.PerPage, FlushStrategy.Domain);

    private static readonly Gen<Experiment> Experiments =
        from common in SmallTraces.Experiments(SmallTraces.AnyIotlb)
        from model in Gen.OneOf([.. IommuCatalogue.Models])
        from policy in Gen.OneOf("eager", "eager-chunked:2M", "eager-chunked:8M", "on-dirty", "on-dirty", "seen-dirty", "adaptive")
        from collapse in Gen.OneOf("never", "at-stop", "when-cold:1", "when-cold:2", "on-cancel")
        from to in Gen.OneOf("4K", "4K", "64K", "2M")
        from warmUp in Gen.OneOf("0", WarmUp)
        from cancel in Gen.OneOf("15us", "40us")
        from flush in SoundFlush
        from chunk in Gen.OneOf("4K", "2M")
        from every in Gen.OneOf("3us", "9us", "40us", "asap", "adaptive:2us-40us")
        from threads in Gen.Int[1, 3]
        from level in Gen.OneOf("low", "default", "high")
        from block in Gen.Int[0, 2]
        from deviceTlb in Gen.OneOf(0, 0, 0, 4)
        from lag in Gen.Bool
        from loop in Gen.OneOf("open", "open", "open", "closed", "streaming")
        from dirty in Gen.OneOf("carry", "harvest-first")
        from large in Gen.OneOf("", "", "assumed-4096", "1x1024")
        from costs in Gen.OneOf(null, null, new HarvestCosts { ScanNs = 0, ClearNs = 0, InvalidateNs = 0 }, new HarvestCosts { ScanNs = 0, ClearNs = 1, InvalidateNs = 200 }, new HarvestCosts { ScanNs = 1, ClearNs = 0, InvalidateNs = 5000 })
        select common with
        {
            Iommu = model.Name, AddressBits = model.AddressBits.Contains(common.AddressBits) ? common.AddressBits : 48,
            PageSize = common.PageSize == "4K" ? "2M" : common.PageSize, FromMark = null,
            Policy = policy, Collapse = collapse, SplitTo = (model.LeafSizes[12] & (1UL << PageSizes.Log2Of(to)!.Value)) != 0 ? to : "4K",
            WarmUp = policy == "seen-dirty" ? WarmUp : warmUp, CancelAfter = cancel, Flush = flush, FlushChunk = chunk,
            HarvestEvery = common.AtomicHarvest ? common.HarvestEvery : every, HarvestThreads = threads, CostLevel = level,
            BlockChange = model.Name.StartsWith("smmu", StringComparison.Ordinal) ? block : 2, DeviceTlb = deviceTlb,
            SplitDirty = dirty, Iotlb = large.Length > 0 ? large : common.Iotlb, Costs = costs ?? common.Costs,
            DirtyOrder = lag && model.Name.StartsWith("smmu", StringComparison.Ordinal) ? "may-lag" : "before-data", Loop = loop,
        };

    public static readonly Gen<(SmallTraces.Step[] Steps, Experiment Experiment)> Sound = Gen.Select(SmallTraces.Steps, Experiments)
        // A device held up by its translations would go on writing where another device's unmap has been: no orderly trace any more.
        .Select((steps, experiment) => (experiment.Loop == "open" ? steps : WithoutUnmaps(steps), experiment));

    /// <summary>Writes instead of unmaps.</summary>
    public static SmallTraces.Step[] WithoutUnmaps(SmallTraces.Step[] steps) => [.. steps.Select(s => s.Verb is >= 6 and <= 10 ? s with { Verb = 13 } : s)];

    /// <summary>How long a trace goes on after its last event: until everything is done, or hardly so long that a change has begun.</summary>
    public static readonly Gen<long> TailNs = Gen.OneOf(Gen.Const(AllIsDoneNs), Gen.Long[0, 30_000], Gen.Long[0, 2000], Gen.Const(0L));

    private const long AllIsDoneNs = 100_000, WarmUpNs = 20_000;

    /// <summary>An orderly trace that goes on until everything that was begun is done, or as long as it is told.</summary>
    public static ListTrace Trace(SmallTraces.Step[] steps, long shiftNs = 0, long tailNs = AllIsDoneNs)
    {
        ListTrace orderly = OrderlyTraces.Make(steps);
        TraceEvent[] events = [.. orderly.Events.Select(e => e with { TimeNs = e.TimeNs + shiftNs })];
        // Tracking has to begin.
        long endNs = Math.Max(events[^1].TimeNs + tailNs, events[0].TimeNs + WarmUpNs);
        return new([.. events, TraceEvent.Mark(endNs, 0)], ["end"], orderly.Provenance);
    }

    public static ReplayResult Run(SmallTraces.Step[] steps, Experiment experiment, PageLog? pages = null, long shiftNs = 0, long tailNs = AllIsDoneNs) =>
        Replayer.Run(experiment, Trace(steps, shiftNs, tailNs), pages, cancellation: Xunit.TestContext.Current.CancellationToken);

    public static HashSet<(DomainId Domain, ulong Page)> Written(PageLog log) => [.. log.Written.Select(p => (p.Domain, p.FirstPage))];

    /// <summary>Every page of every leaf reported.</summary>
    public static HashSet<(DomainId Domain, ulong Page)> Reported(PageLog log) =>
        [.. log.Reported.SelectMany(l => Enumerable.Range(0, 1 << (l.SizeLog2 - 12)).Select(i => (l.Domain, l.FirstPage + (ulong)i)))];

    public static string Print((SmallTraces.Step[] Steps, Experiment Experiment) c) => c.Experiment + Environment.NewLine + string.Join(Environment.NewLine, Trace(c.Steps).Events);
}
