using Workbench.Display;
using Workbench.Replay.Costs;

namespace Workbench.Replay.Display;

/// <summary>A replay's result: the verdict first, then what was counted, how it went over time, and what to know besides.</summary>
internal sealed class ReplayResultDisplay : IDisplay<ReplayResult>
{
    private const int ShownMissed = 10;
    private const int ShownFaults = 5;
    private const int BarColumns = 60;

    /// <inheritdoc/>
    public static void Describe(ReplayResult value, ICard card)
    {
        card.Title("Replay", $"view {value.View.ToString().ToLowerInvariant()}, {Quantity.Count(value.Harvests.Count, "harvest")}");
        card.Verdict(value.Missed4K == 0, value.Verdict);
        if (value.VerdictLimit is { } limit) card.Text(limit);
        card.Facts(ReplayFacts.Of(FactsOf(value)));
        Strip(value, card);
        card.Notes(value.Missed4K > ShownMissed ? $"Missed pages, the first {ShownMissed} of {Quantity.Count(value.Missed4K)}" : "Missed pages", value.MissedPages.Take(ShownMissed).Select(page => page.ToString()));
        card.Notes("Causes", value.MissedCauses);
        card.Notes(value.Counters.Faults > ShownFaults ? $"Faults, the first {ShownFaults} of {Quantity.Count(value.Counters.Faults)}" : "Faults", value.FirstFaults.Take(ShownFaults).Select(f => f.ToString()));
        card.Notes("Notes", value.Notes);
    }

    private static ReplayFacts FactsOf(ReplayResult r) => new()
    {
        Events = r.Events, Accesses = r.Accesses, DurationNs = r.DurationNs,
        BytesWritten = r.BytesWritten, BytesRead = r.BytesRead, Written = r.TrueDirty4K, DistinctWritten = r.DistinctTrue4K, Reported = r.ReportedDirty4K, ReportedLeaves = r.ReportedDirtyLeaves,
        OverReported = r.OverReported4K, Missed = r.Missed4K, ToSendAt4K = r.BytesToSendAt(12), ToSendAt2M = r.BytesToSendAt(21), ToSendAt1G = r.BytesToSendAt(30),
        Hits = r.Counters.IotlbHits, Misses = r.Counters.IotlbMisses, Rewalks = r.Counters.DirtyRewalks, Invalidations = r.Counters.Invalidations, Commands = r.Commands,
        HarvestNs = r.Costs.Total(CostGroup.Harvest), WalkNs = r.Costs.Total(CostGroup.DeviceThroughput), CostProfile = r.Costs.Profile,
        Leaves = r.Leaves, PeakTableBytes = r.PeakTableBytes, Faults = r.Counters.Faults, Unmapped = r.UnmappedAccesses, Interrupts = r.InterruptWrites,
    };

    /// <summary>Pages written and reported in the harvests of each part of the time; of many in one part, the most.</summary>
    private static void Strip(ReplayResult value, ICard card)
    {
        IReadOnlyList<HarvestRow> rows = value.Harvests;
        if (rows.Count < 2) return;
        long first = rows[0].BeginNs, last = rows[^1].BeginNs;
        int columns = Math.Min(BarColumns, rows.Count);
        long[] written = new long[columns], reported = new long[columns], missed = new long[columns];
        foreach (HarvestRow row in rows)
        {
            int at = last <= first ? 0 : (int)Math.Clamp(((double)row.BeginNs - first) / ((double)last - first) * columns, 0, columns - 1);
            written[at] = Math.Max(written[at], row.True4K);
            reported[at] = Math.Max(reported[at], row.Reported4K);
            missed[at] = Math.Max(missed[at], row.Missed4K);
        }
        List<Series> series = [new("written", written), new("reported", reported)];
        if (missed.Any(m => m > 0)) series.Add(new("missed", missed));
        long most = series.Max(s => s.Values.Max());
        if (most == 0) return;
        card.Bars($"4 KiB pages per harvest over time; the highest bar is {Quantity.Count(most)}", series, Quantity.Moment(first), Quantity.Moment(last));
    }
}
