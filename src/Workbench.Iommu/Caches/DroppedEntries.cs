namespace Workbench.Iommu.Caches;

/// <summary>
/// What invalidations dropped from an IOTLB and no miss has brought back: a miss there is a refill, the indirect cost of an invalidation. It remembers
/// four times what the IOTLB holds, but no more than 2^20, and forgets the oldest first, so pages that nobody uses again take no memory for ever.
/// </summary>
public sealed class DroppedEntries
{
    /// <summary>Entries remembered for each entry of the IOTLB.</summary>
    public const int PerEntry = 4;
    /// <summary>Entries remembered at most.</summary>
    public const int Most = 1 << 20;

    // A first-in-first-out cache of tags is all that is needed; the leaf words stay 0.
    private FullyAssociativeIotlb tags;

    /// <summary>Remembers nothing yet of an IOTLB of so many entries.</summary>
    public DroppedEntries(int iotlbEntries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iotlbEntries, 1);
        tags = new(new() { Sets = 1, Ways = (int)Math.Min(Most, (long)iotlbEntries * PerEntry), Replacement = Replacement.Fifo });
    }

    /// <summary>Remembers an entry that an invalidation drops.</summary>
    public void Add(in IotlbEntry entry) => tags.Fill(entry.Owner, entry.Page << entry.PageLog2, entry.PageLog2, leaf: 0);

    /// <summary>Was an entry of this owner that holds the address dropped? What is asked for once is forgotten.</summary>
    public bool Take(ulong owner, ulong iova) => tags.Used > 0 && tags.InvalidateRange(TagMatch.ExactlyWord(owner), iova, iova) > 0;
}
