using Workbench.Iommu;
using Workbench.Iommu.Caches;

namespace Workbench.Replay.Tests.Models;

internal sealed class NaiveIotlbEntry
{
    public required ushort Domain { get; init; }
    public required int Log2 { get; init; }
    public required ulong Page { get; init; }
    public required int Way { get; init; }
    public required long FilledAt { get; init; }
    public long UsedAt { get; set; }
    public Permission Permission { get; set; }
    public bool DirtyKnown { get; set; }
}

/// <summary>
/// An IOTLB as a list. Modulo index only, and no random replacement: those are numbers out of a formula, which a reference could only copy.
/// Round-robin is exact for more than one set; which freed slot a fully associative cache fills next is nobody's business.
/// </summary>
internal sealed class NaiveIotlb(IotlbGeometry geometry)
{
    private readonly List<NaiveIotlbEntry> entries = [];
    private readonly int[] turn = new int[geometry.Sets];
    private long clock;

    private int SetOf(ulong page) => (int)(page % (ulong)geometry.Sets);

    /// <summary>The smallest page that holds the address.</summary>
    public NaiveIotlbEntry? Find(ushort domain, ulong iova)
    {
        NaiveIotlbEntry? found = entries.Where(e => e.Domain == domain && iova >> e.Log2 == e.Page).MinBy(e => e.Log2);
        if (found is not null) found.UsedAt = ++clock;
        return found;
    }

    public void Fill(ushort domain, ulong iova, int log2, Permission permission, bool dirtyKnown)
    {
        ulong page = iova >> log2;
        NaiveIotlbEntry? known = entries.Find(e => e.Domain == domain && e.Log2 == log2 && e.Page == page);
        if (known is not null)
        {
            (known.Permission, known.DirtyKnown) = (permission, dirtyKnown);
            return;
        }
        int set = SetOf(page);
        List<NaiveIotlbEntry> ofSet = [.. entries.Where(e => SetOf(e.Page) == set)];
        if (ofSet.Count == geometry.Ways)
        {
            switch (geometry.Replacement)
            {
                case Replacement.FlushWhenFull: entries.Clear(); ofSet.Clear(); break;
                case Replacement.Lru: Evict(ofSet.MinBy(e => e.UsedAt)!); break;
                case Replacement.Fifo: Evict(ofSet.MinBy(e => e.FilledAt)!); break;
                case Replacement.RoundRobin:
                    Evict(ofSet.Single(e => e.Way == turn[set]));
                    turn[set] = (turn[set] + 1) % geometry.Ways;
                    break;
                default: throw new NotSupportedException(geometry.ToString());
            }
        }
        int way = Enumerable.Range(0, geometry.Ways).First(w => ofSet.TrueForAll(e => e.Way != w));
        clock++;
        entries.Add(new() { Domain = domain, Log2 = log2, Page = page, Way = way, FilledAt = clock, UsedAt = clock, Permission = permission, DirtyKnown = dirtyKnown });

        void Evict(NaiveIotlbEntry victim)
        {
            entries.Remove(victim);
            ofSet.Remove(victim);
        }
    }

    public long InvalidateRange(ushort domain, ulong first, ulong last) =>
        entries.RemoveAll(e => e.Domain == domain && e.Page << e.Log2 <= last && (e.Page << e.Log2) + ((1UL << e.Log2) - 1) >= first);

    public long InvalidateDomain(ushort domain) => entries.RemoveAll(e => e.Domain == domain);

    public long InvalidateAll() => entries.RemoveAll(_ => true);
}
