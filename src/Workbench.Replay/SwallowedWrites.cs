using Workbench.Iommu;
using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>Writes that set no dirty bit because a cached entry was believed dirty: what explains a missed page.</summary>
internal sealed class SwallowedWrites(Machine machine)
{
    private const string Believed = "written through an IOTLB entry believed dirty: ";

    private readonly Dictionary<(DomainId Domain, ulong Page), (long TimeNs, RequesterId Device, bool WasUnmapped)> last = [];

    /// <summary>Remembers the write for each page it touched.</summary>
    public void Add(in TraceEvent e, DomainOracle oracle, ulong iova, ulong lastPage)
    {
        for (ulong page = iova >> 12; page <= lastPage; page++) last[(oracle.Domain.Id, page)] = (e.TimeNs, e.Device, machine.IsDeferred(oracle, page << 12));
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => last.Clear();

    /// <summary>All pages that are unreported at the end, by domain and address, each with the write that was swallowed and why.</summary>
    public (long Count, List<MissedPage> Pages) MissedOf(IEnumerable<DomainOracle> domains, FlushStrategy flush)
    {
        string cause = Believed + flush.LossCause;
        const string Unmapped = Believed + "its page was unmapped and the invalidation had not come";
        List<MissedPage> missed = [];
        long count = 0;
        foreach (DomainOracle oracle in domains.OrderBy(d => d.Domain.Id.Value))
        {
            count += oracle.Unreported.Count;
            foreach (ulong page in oracle.Unreported)
            {
                if (missed.Count == ReplayResult.MostMissedPages) break;
                bool known = last.TryGetValue((oracle.Domain.Id, page), out (long TimeNs, RequesterId Device, bool WasUnmapped) write);
                missed.Add(new(oracle.Domain.Id, page, known ? write.TimeNs : -1, write.Device, write.WasUnmapped ? Unmapped : known ? cause : "unexplained: please report this with the trace and the experiment"));
            }
        }
        return (count, missed);
    }
}
