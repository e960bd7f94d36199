using System.Globalization;
using Workbench.Iommu;
using Workbench.Replay.Costs;
using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>What is left when the trace has ended.</summary>
public sealed partial class Replayer
{
    /// <summary>The domains, for tests that compare what is left in their tables.</summary>
    internal IEnumerable<Domain> Domains => machine.Domains.Select(d => d.Domain);

    /// <summary>The trace has ended: takes the last harvest and says what happened. To be called once.</summary>
    public ReplayResult Finish()
    {
        double seconds = (lastNs - originNs) / 1e9;
        if (!measuring && fromText is null && experiment.FromNs == 0)
            throw new TraceFormatException(string.Create(CultureInfo.InvariantCulture, $"The warm-up of {experiment.WarmUp} is longer than the trace's {seconds:0.###} s, so tracking never began. Choose a shorter --warm-up."));
        if (!measuring && fromText is null)
            throw new TraceFormatException(string.Create(CultureInfo.InvariantCulture, $"Tracking is to begin at {experiment.FromMark}{(experiment.WarmUpNs > 0 ? $" and a warm-up of {experiment.WarmUp}" : "")}, and the trace ends {seconds:0.###} s after its first event, so tracking never began. Choose an earlier --from."));
        if (!measuring && hasStopped) throw new TraceFormatException($"The mark '{fromText}' did not come before the time {experiment.ToMark}, so tracking never began. 'workbench trace info' lists the marks with their times.");
        if (!measuring) throw new TraceFormatException($"The trace has no mark '{fromText}', so tracking never began. 'workbench trace info' lists the marks.");
        if (experiment.ToNs is not null && !hasStopped) throw new TraceFormatException(string.Create(CultureInfo.InvariantCulture, $"The trace ends {seconds:0.###} s after its first event, before the device is to stop at {experiment.ToMark}. Choose an earlier --to, or leave it out to replay up to the end."));
        if (toText is not null && !hasStopped) throw new TraceFormatException($"The trace has no mark '{toText}' after the beginning of tracking. 'workbench trace info' lists the marks.");
        hasEnded = true;
        harvester.Finish(lastNs);
        return Result();
    }

    private ReplayResult Result()
    {
        (long missedCount, List<MissedPage> missed) = losses.MissedOf(machine.Domains);
        if (machine.PartialUnmaps > 0) notes.Add($"{machine.PartialUnmaps} unmaps began or ended inside a leaf; as in Linux's tables a leaf goes whole (or stays, if the unmap began inside it), and later accesses to its rest fault. With --page-size 4K none is cut.");
        if (machine.Remaps > 0) notes.Add($"{machine.Remaps} maps covered something mapped already; it was unmapped first.");
        if (experiment.CancelAfterNs > 0 && !isCancelled)
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"The migration was never cancelled: the replay ended {(lastNs - firstNs) / 1e9:0.###} s after tracking began, and it was to be given up after {experiment.CancelAfter}."));
        notes.AddRange(tracker.Notes);
        return new()
        {
            View = view, Events = events, Accesses = accesses,
            BytesRead = harvester.BytesRead, BytesWritten = harvester.BytesWritten, RingBytesRead = ringBytesRead, RingBytesWritten = ringBytesWritten,
            InterruptWrites = interruptWrites, UnmappedAccesses = unmappedAccesses,
            Counters = machine.Hardware.Counters.Since(atStart), Commands = machine.Driver.CommandsSubmitted - commandsAtStart, FirstFaults = machine.Hardware.DrainFaults(),
            Harvests = harvester.Rows,
            DistinctTrue4K = machine.Domains.Sum(d => d.EverWritten.Count), DistinctTrueData4K = machine.Domains.Sum(d => d.EverWrittenByData.Count),
            DistinctTrueData2M = machine.Domains.Sum(d => d.EverWrittenByData.CountDistinctRegions(9)),
            DistinctTrue2M = machine.Domains.Sum(d => d.EverWritten.CountDistinctRegions(9)), DistinctTrue1G = machine.Domains.Sum(d => d.EverWritten.CountDistinctRegions(18)),
            DistinctReported4K = machine.Domains.Sum(d => d.EverReported.Count),
            Missed4K = missedCount, MissedPages = missed, Leaves = machine.Domains.Sum(d => d.Domain.Table.Leaves), PeakTableBytes = machine.PeakTableBytes,
            LeafChanges = leafWork.Counts, LeafChangeNs = leafWork.BusyNs, TableBytes = (long)machine.Driver.FramesInUse * 4096, Costs = Estimate(),
            DurationNs = lastNs - firstNs, Notes = notes, TruthDigest = PageDigest.Of(machine.Domains.Select(d => d.EverWritten)),
        };
    }

    private CostEstimate Estimate()
    {
        int devices = experiment.DeviceTlb > 0 ? machine.Domains.Sum(d => d.Domain.Attachments.Count) : 0;
        CostCounts counts = ReplayCosts.Of(harvester.Rows, leafWork.Counts, machine.Hardware.Counters.Since(atStart), devices, tracker.FaultsHandled);
        return CostEstimate.Of(counts, profile, Math.Max(1, Math.Min(experiment.HarvestThreads, machine.Domains.Count)));
    }
}
