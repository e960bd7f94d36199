using Workbench.Iommu;
using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>
/// What explains a missed page: writes that set no dirty bit because a cached entry was believed dirty, and dirty bits that a step of software threw away.
/// </summary>
internal sealed class LossLedger(Machine machine, string? flushCause, string? trackerCause)
{
    private const string Believed = "written through an IOTLB entry believed dirty: ";
    private const string Unmapped = "its page was unmapped and the invalidation had not come";

    private readonly Dictionary<(DomainId Domain, ulong Page), (long TimeNs, RequesterId Device, bool WasUnmapped)> swallowed = [];
    private readonly List<(DomainId Domain, ulong FirstPage, ulong LastPage, long TimeNs, string Step)> dropped = [];
    private readonly List<(DomainId Domain, ulong FirstPage, ulong LastPage, string Cause)> leftCached = [];

    /// <summary>A write set no dirty bit, or was not noticed: remembers it for each page it touched.</summary>
    public void Swallowed(in TraceEvent e, DomainOracle oracle, ulong iova, ulong lastPage)
    {
        for (ulong page = iova >> 12; page <= lastPage; page++) swallowed[(oracle.Domain.Id, page)] = (e.TimeNs, e.Device, machine.IsDeferred(oracle, page << 12));
    }

    /// <summary>A step threw the dirty bit of these pages away.</summary>
    public void Dropped(DomainId domain, ulong firstPage, ulong lastPage, long nowNs, string step) => dropped.Add((domain, firstPage, lastPage, nowNs, step));

    /// <summary>Entries of these pages may be cached that should not be.</summary>
    public void LeftCached(DomainId domain, ulong firstPage, ulong lastPage, string cause) => leftCached.Add((domain, firstPage, lastPage, cause));

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        swallowed.Clear();
        dropped.Clear();
        leftCached.Clear();
    }

    /// <summary>All pages that are unreported at the end, by domain and address, each with the write that was lost (where it is known) and why.</summary>
    public (long Count, List<MissedPage> Pages) MissedOf(IEnumerable<DomainOracle> domains)
    {
        List<MissedPage> missed = [];
        long count = 0;
        foreach (DomainOracle oracle in domains.OrderBy(d => d.Domain.Id.Value))
        {
            count += oracle.Unreported.Count;
            foreach (ulong page in oracle.Unreported)
            {
                if (missed.Count == ReplayResult.MostMissedPages) break;
                missed.Add(Explain(oracle.Domain.Id, page));
            }
        }
        return (count, missed);
    }

    private MissedPage Explain(DomainId domain, ulong page)
    {
        bool wasSwallowed = swallowed.TryGetValue((domain, page), out (long TimeNs, RequesterId Device, bool WasUnmapped) write);
        int at = dropped.FindLastIndex(d => d.Domain == domain && page >= d.FirstPage && page <= d.LastPage);
        // The later of the two: what was thrown away before a write is not that write.
        if (at >= 0 && (!wasSwallowed || dropped[at].TimeNs > write.TimeNs)) return ThrownAway();
        if (trackerCause is not null) return wasSwallowed ? new(domain, page, write.TimeNs, write.Device, write.WasUnmapped ? Unmapped : trackerCause) : Lost(0, trackerCause);
        string? stale = leftCached.FindLast(c => c.Domain == domain && page >= c.FirstPage && page <= c.LastPage).Cause;
        // A walk from a paging-structure cache swallows nothing: it sets D, in a table that is in use no more.
        if (!wasSwallowed) return Lost(0, stale is not null ? "its dirty bit was set in a table no longer in use: " + stale
            : machine.DirtyMayLag ? "its dirty bit was still on its way when its entry was replaced, or when the last harvest looked"
            : "unexplained: please report this with the trace and the experiment");
        string? cause = write.WasUnmapped ? Unmapped : stale ?? flushCause;
        // Every invalidation was in its place, so what the entry was believed for had been thrown away before.
        if (cause is null && at >= 0) return ThrownAway();
        cause ??= "an invalidation did not reach it";
        return new(domain, page, write.TimeNs, write.Device, Believed + cause);

        MissedPage ThrownAway() => Lost(dropped[at].TimeNs, "its dirty bit was thrown away: " + dropped[at].Step);

        MissedPage Lost(long timeNs, string why) => new(domain, page, timeNs, default, why) { WriteIsKnown = false };
    }
}
