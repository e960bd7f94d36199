using Workbench.Iommu;

namespace Workbench.Replay;

/// <summary>What became of one page or leaf over all harvests.</summary>
/// <param name="Domain">Its domain.</param>
/// <param name="FirstPage">Number of its first 4 KiB page.</param>
/// <param name="SizeLog2">Its size as a power of two of bytes.</param>
/// <param name="Harvests">Harvests in which it was written (pages) or reported (leaves).</param>
/// <param name="LastNs">End of the last such harvest.</param>
public readonly record struct PageHistory(DomainId Domain, ulong FirstPage, int SizeLog2, long Harvests, long LastNs);

/// <summary>The page-by-page account of a replay: which pages were written and which leaves reported, how often. Optional, since it grows with both.</summary>
public sealed class PageLog
{
    /// <summary>Pages and leaves kept at most; beyond it the log stops and says so.</summary>
    public const int MostEntries = 4_000_000;

    private readonly Dictionary<(DomainId Domain, ulong Page), (long Harvests, long LastNs)> written = [];
    private readonly Dictionary<(DomainId Domain, ulong Page, int SizeLog2), (long Harvests, long LastNs)> reported = [];

    /// <summary>Were there too many pages to keep?</summary>
    public bool IsCut { get; private set; }

    /// <summary>Pages written, by domain and address.</summary>
    public IEnumerable<PageHistory> Written => written.OrderBy(p => p.Key.Domain.Value).ThenBy(p => p.Key.Page).Select(p => new PageHistory(p.Key.Domain, p.Key.Page, 12, p.Value.Harvests, p.Value.LastNs));

    /// <summary>Leaves reported, by domain, address and size.</summary>
    public IEnumerable<PageHistory> Reported => reported.OrderBy(p => p.Key.Domain.Value).ThenBy(p => p.Key.Page).ThenBy(p => p.Key.SizeLog2)
        .Select(p => new PageHistory(p.Key.Domain, p.Key.Page, p.Key.SizeLog2, p.Value.Harvests, p.Value.LastNs));

    internal void Write(DomainId domain, ulong page, long endNs)
    {
        if (written.Count + reported.Count >= MostEntries) IsCut = true;
        else written[(domain, page)] = (written.GetValueOrDefault((domain, page)).Harvests + 1, endNs);
    }

    internal void Report(DomainId domain, ulong firstPage, int sizeLog2, long endNs)
    {
        if (written.Count + reported.Count >= MostEntries) IsCut = true;
        else reported[(domain, firstPage, sizeLog2)] = (reported.GetValueOrDefault((domain, firstPage, sizeLog2)).Harvests + 1, endNs);
    }
}
