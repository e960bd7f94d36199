using Workbench.Iommu;
using Workbench.Traces;

namespace Workbench.Replay.Tests.Models;

/// <summary>
/// Coverage to the letter of the definition: every write and every report is kept with its place in the order of happening. A write is missed
/// if no report of its page completed after it; a reported page is over-reported if it was not written since its previous report completed.
/// What a harvest does at a time comes before the trace's events of the same time, so "after" is by place in that order.
/// </summary>
internal sealed class NaiveOracle
{
    private sealed record Write(long At, TraceEvent Event, ulong Page);

    private sealed record Report(long At, long TimeNs, List<(ulong FirstPage, int Log2)> Leaves)
    {
        public bool Holds(ulong page) => Leaves.Exists(l => page >= l.FirstPage && page - l.FirstPage < 1UL << (l.Log2 - 12));
    }

    private readonly List<Write> writes = [];
    private readonly List<Report> reports = [];
    private List<(ulong FirstPage, int Log2)> found = [];
    private long harvestBeganAt = long.MinValue;

    public void AddWrite(long at, in TraceEvent e, ulong page) => writes.Add(new(at, e, page));

    /// <summary>A scan or an unmap found a dirty leaf; the report it belongs to completes later.</summary>
    public void Find(ulong firstPage, int log2) => found.Add((firstPage, log2));

    public void BeginHarvest(long at) => harvestBeganAt = at;

    public void Complete(long at, long timeNs, NaiveRow row)
    {
        Report report = new(at, timeNs, found);
        found = [];
        long previous = reports.Count == 0 ? long.MinValue : reports[^1].At;
        List<Write> recent = [.. writes.Where(w => w.At > previous && w.At < at)];
        row.True4K += Distinct(recent, 0);
        row.TrueData4K += recent.Where(w => w.Event.IsData).Select(w => w.Page).Distinct().Count();
        row.True2M += Distinct(recent, 9);
        row.True1G += Distinct(recent, 18);
        row.ReportedLeaves += report.Leaves.Count;
        row.Reported4K += CountPages(report.Leaves);
        row.OverReported4K += CountPages(report.Leaves) - writes.Select(w => w.Page).Distinct().Count(p => report.Holds(p) && WrittenSinceItsReport(p, at));
        row.OverReportedLeaves += report.Leaves.Count(l => !writes.Exists(w => w.Page >= l.FirstPage && w.Page - l.FirstPage < 1UL << (l.Log2 - 12) && WrittenSinceItsReport(w.Page, at)));
        reports.Add(report);
        row.Missed4K += writes.Where(w => w.At < harvestBeganAt && !IsCovered(w)).Select(w => w.Page).Distinct().Count();
        harvestBeganAt = long.MinValue;
    }

    private bool WrittenSinceItsReport(ulong page, long at)
    {
        long previous = reports.FindLast(r => r.Holds(page))?.At ?? long.MinValue;
        return writes.Exists(w => w.Page == page && w.At > previous && w.At < at);
    }

    private bool IsCovered(Write write)
    {
        Report? by = reports.Find(r => r.At > write.At && r.Holds(write.Page));
        if (by is not null && by.TimeNs < write.Event.TimeNs) throw new InvalidOperationException("The order of happening contradicts the clock.");
        return by is not null;
    }

    /// <summary>Each page missed, and the last write to it.</summary>
    public IEnumerable<(ulong Page, long TimeNs, RequesterId Device)> Missed => writes.Where(w => !IsCovered(w)).Select(w => w.Page).Distinct().Order()
        .Select(page => writes.FindLast(w => w.Page == page)!).Select(w => (w.Page, w.Event.TimeNs, w.Event.Device));
    public long DistinctWritten(int pagesLog2, bool dataOnly) => Distinct(writes.Where(w => w.Event.IsData || !dataOnly), pagesLog2);
    public long DistinctReported => CountPages([.. reports.SelectMany(r => r.Leaves)]);

    private static long Distinct(IEnumerable<Write> some, int pagesLog2) => some.Select(w => w.Page >> pagesLog2).Distinct().Count();

    private static long CountPages(List<(ulong FirstPage, int Log2)> leaves)
    {
        // Aligned powers of two either nest or do not meet.
        return leaves.Distinct().Where(l => !leaves.Exists(m => m.Log2 > l.Log2 && l.FirstPage >> (m.Log2 - 12) == m.FirstPage >> (m.Log2 - 12))).Sum(l => 1L << (l.Log2 - 12));
    }
}

/// <summary>A harvest row being added up over the domains.</summary>
internal sealed class NaiveRow
{
    public long True4K, TrueData4K, True2M, True1G, Reported4K, ReportedLeaves, OverReported4K, OverReportedLeaves, Missed4K, Scanned, Cleared, Commands, Ranges, WholeDomains, Evicted, BitmapBytes;
}
