using CsCheck;
using Workbench.Iommu;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests;

/// <summary>The replayer against the slow reference, on whatever trace.</summary>
public class ReplayerModelTests
{
    private static readonly Gen<(SmallTraces.Step[] Steps, Experiment Experiment)> Cases = Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.ExactIotlb));

    [Fact]
    public void Every_number_of_a_replay_is_that_of_the_reference() => Cases.Sample(c =>
    {
        ListTrace trace = SmallTraces.Unruly(c.Steps, c.Experiment);
        AssertSame(NaiveReplay.Run(c.Experiment, trace), Replayer.Run(c.Experiment, trace.Again(), cancellation: TestContext.Current.CancellationToken));
    }, iter: 600, print: c => Print(c.Steps, c.Experiment));

    public static TheoryData<string> OtherModels => [.. IommuCatalogue.Models.Select(m => m.Name).Where(name => name != "vtd")];

    /// <summary>
    /// What does not depend on the order of a table's entries, on how invalidations are worded, or on which translations are cached together: with the same
    /// leaves, every unmap and every harvest followed by its invalidation, and harvests that take no time, all models must agree on what was written, reported and missed.
    /// </summary>
    [Theory]
    [MemberData(nameof(OtherModels))]
    public void Every_model_finds_the_truth_of_the_reference(string model) => Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.ExactIotlb).Select(e => Comparable(e, model))).Sample((steps, experiment) =>
    {
        ListTrace trace = SmallTraces.Unruly(steps, experiment);
        AssertSameTruth(NaiveReplay.Run(experiment, trace), Replayer.Run(experiment, trace.Again(), cancellation: TestContext.Current.CancellationToken));
    }, iter: 150, print: c => Print(c.Item1, c.Item2));

    /// <summary>
    /// Also what the IOTLB does, whatever is invalidated or not, where a model words its ranges as powers of two (SMMUv3 does not) and shares cached translations among the
    /// devices of a domain (AMD guest tables do not). Tables have other numbers of entries than the reference's, so looking at one takes no time here.
    /// </summary>
    [Theory]
    [InlineData("vtd-fs")]
    [InlineData("amd")]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void Every_number_but_those_of_entries_and_commands_is_that_of_the_reference(string model) => Gen.Select(
        // No PASIDs: VT-d's first stages are cached by them, and RISC-V's device entry is written anew for the first of a device, which drops what was cached.
        SmallTraces.Steps.Select(steps => steps.Select(s => s with { Who = s.Who % 4 }).ToArray()),
        SmallTraces.Experiments(SmallTraces.ExactIotlb).Select(e => Comparable(e, model) with
        {
            AtomicHarvest = e.AtomicHarvest, Flush = e.Flush, Invalidations = e.Invalidations, FromMark = null, AddressBits = 48, Costs = e.Costs with { ScanNs = 0 },
        })).Sample((steps, experiment) =>
    {
        ListTrace trace = SmallTraces.Unruly(steps, experiment);
        NaiveReplay expected = NaiveReplay.Run(experiment, trace);
        ReplayResult actual = Replayer.Run(experiment, trace.Again(), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Rows.Select(r => r with { EntriesScanned = 0, Commands = 0, BitmapBytes = 0 }), actual.Harvests.Select(r => r with { EntriesScanned = 0, Commands = 0, BitmapBytes = 0, Refills = 0 }));
        AssertSameCounters(expected, actual);
    }, iter: 150, print: c => Print(c.Item1, c.Item2));

    // Formats with other leaf sizes than 4 KiB, 2 MiB and 1 GiB choose other leaves, so theirs are 4 KiB.
    private static Experiment Comparable(Experiment e, string model) => e with
    {
        Iommu = model, PageSize = model is "vtd-fs" or "amd-v2" ? e.PageSize : "4K", AtomicHarvest = true, Invalidations = InvalidationSource.Strict,
        Flush = e.Flush == FlushStrategy.None ? FlushStrategy.After : e.Flush, AddressBits = IommuCatalogue.Find(model)!.AddressBits.Contains(e.AddressBits) ? e.AddressBits : 48,
    };

    private static void AssertSameTruth(NaiveReplay expected, ReplayResult actual)
    {
        Assert.Equal(expected.Rows.Select(Truth), actual.Harvests.Select(Truth));
        NaiveMachine machine = expected.Machine;
        Assert.Equal((machine.Hits + machine.Misses + machine.Rewalks, machine.Faults, machine.DirtyUpdates), (actual.Counters.IotlbHits + actual.Counters.Walks, actual.Counters.Faults, actual.Counters.DirtyUpdates));
        AssertSameAccount(expected, actual);
    }

    // Which entries a scan visits, what an invalidation is worded as, and what the IOTLB holds differ from model to model.
    private static HarvestRow Truth(HarvestRow row) => row with { EntriesScanned = 0, Commands = 0, EntriesEvicted = 0, BitmapBytes = 0, Refills = 0, IotlbHits = 0, IotlbMisses = 0, DirtyRewalks = 0 };

    private static string Print(SmallTraces.Step[] steps, Experiment experiment) =>
        experiment + Environment.NewLine + string.Join(Environment.NewLine, SmallTraces.Unruly(steps, experiment).Events);

    private static void AssertSame(NaiveReplay expected, ReplayResult actual)
    {
        // Refills are compared with a reference of their own, where the IOTLB is tested.
        Assert.Equal(expected.Rows, actual.Harvests.Select(r => r with { Refills = 0 }));
        AssertSameCounters(expected, actual);
    }

    private static void AssertSameCounters(NaiveReplay expected, ReplayResult actual)
    {
        NaiveMachine machine = expected.Machine;
        Assert.Equal((machine.Hits, machine.Misses, machine.Rewalks, machine.Faults), (actual.Counters.IotlbHits, actual.Counters.IotlbMisses, actual.Counters.DirtyRewalks, actual.Counters.Faults));
        Assert.Equal((machine.Misses + machine.Rewalks, machine.DirtyUpdates, machine.Dropped), (actual.Counters.Walks, actual.Counters.DirtyUpdates, actual.Counters.EntriesInvalidated));
        AssertSameAccount(expected, actual);
    }

    private static void AssertSameAccount(NaiveReplay expected, ReplayResult actual)
    {
        NaiveMachine machine = expected.Machine;
        Assert.Equal(machine.Domains.OrderBy(d => d.Id).SelectMany(d => d.Oracle.Missed.Select(m => (d.Id, m.Page, m.TimeNs, m.Device))), actual.MissedPages.Select(m => (m.Domain.Value, m.Page, m.TimeNs, m.Device)));
        Assert.DoesNotContain(actual.MissedPages, m => m.Cause.Contains("unexplained", StringComparison.Ordinal));
        Assert.Equal(actual.MissedPages.Count, actual.Missed4K);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(0, dataOnly: false)), actual.DistinctTrue4K);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(0, dataOnly: true)), actual.DistinctTrueData4K);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(9, dataOnly: true)), actual.DistinctTrueData2M);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(9, dataOnly: false)), actual.DistinctTrue2M);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(18, dataOnly: false)), actual.DistinctTrue1G);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctReported), actual.DistinctReported4K);
        Assert.Equal((expected.BytesWritten, expected.BytesRead, expected.UnmappedAccesses, expected.InterruptWrites), (actual.BytesWritten, actual.BytesRead, actual.UnmappedAccesses, actual.InterruptWrites));
        Assert.Equal(machine.Domains.Sum(d => d.Table.Leaves), actual.Leaves);
    }
}
