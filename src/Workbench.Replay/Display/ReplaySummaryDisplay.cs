using Workbench.Display;

namespace Workbench.Replay.Display;

/// <summary>A summary: the verdict, what was replayed on what, and the counts.</summary>
internal sealed class ReplaySummaryDisplay : IDisplay<ReplaySummary>
{
    /// <inheritdoc/>
    public static void Describe(ReplaySummary value, ICard card)
    {
        card.Title("Replay", $"{value.Trace}, view {value.View.ToString().ToLowerInvariant()}, {Quantity.Count(value.Harvests, "harvest")}");
        card.Verdict(value.Missed4K == 0, Verdicts.Of(value.Missed4K, value.Harvests));
        if (Verdicts.LimitOf(value.Missed4K, value.Faults, value.UnmappedAccesses) is { } limit) card.Text(limit);
        card.Facts([.. Machine(value), .. ReplayFacts.Of(FactsOf(value))]);
        card.Notes("Notes", value.Notes);
    }

    private static IEnumerable<Fact> Machine(ReplaySummary s)
    {
        yield return new("IOMMU", $"{s.Iommu}, IOTLB {s.Iotlb}, {s.AddressBits} address bits{(s.DeviceTlb > 0 ? $", device TLBs of {Quantity.Count(s.DeviceTlb)}" : "")}");
        yield return new("Leaves", $"{s.PageSize}, granule {s.Granule}");
        yield return new("Tracking", $"{s.Tracker}, flush {Quantity.Words(s.Flush.ToString())}, driver {s.Driver}{(s.Quirks == "fixed" ? "" : $", quirks {s.Quirks}")}{(s.Sound ? "" : " (unsound)")}");
        if (s.Policy != "never") yield return new("Splitting", $"{s.Policy} to {s.SplitTo}, collapse {s.Collapse}: {Quantity.Count(s.LeavesSplit)} split, {Quantity.Count(s.LeavesCollapsed)} collapsed in {ReplayFacts.Range(s.LeafChangeCostNs)}");
        if (s.EventsPerSecond is { } rate) yield return new("Replayed at", $"{rate.ToString("n0", System.Globalization.CultureInfo.InvariantCulture)} events per second");
    }

    private static ReplayFacts FactsOf(ReplaySummary s) => new()
    {
        Events = s.Events, Accesses = s.Accesses, DurationNs = s.DurationSeconds * 1e9,
        BytesWritten = s.BytesWritten, BytesRead = s.BytesRead, Written = s.TrueDirty4K, DistinctWritten = s.DistinctTrueDirty4K, Reported = s.ReportedDirty4K, ReportedLeaves = s.ReportedDirtyLeaves,
        OverReported = s.OverReported4K, Missed = s.Missed4K, ToSendAt4K = s.BytesToSendAt4K, ToSendAt2M = s.BytesToSendAt2M, ToSendAt1G = s.BytesToSendAt1G,
        Hits = s.IotlbHits, Misses = s.IotlbMisses, Rewalks = s.DirtyRewalks, Invalidations = s.Invalidations, Commands = s.Commands,
        HarvestNs = s.HarvestCostNs, WalkNs = s.WalkCostNs, CostProfile = s.CostProfile,
        PeakTableBytes = s.PeakTableBytes, Faults = s.Faults, Unmapped = s.UnmappedAccesses, Interrupts = s.InterruptWrites,
    };
}
