namespace Workbench.Iommu.Caches;

/// <summary>A cache of final translations. A struct parameter of the engine, so that the hot path has no virtual call.</summary>
public interface IIotlb
{
    /// <summary>The entry for an owner's address, whatever its page size; a null reference if there is none. Counts as a use.</summary>
    ref IotlbEntry Find(ulong owner, ulong iova);

    /// <summary>Is an entry of one of these sizes (bit n set means 2^n bytes) cached that overlaps the page of 2^pageLog2 bytes around an owner's address? Counts as no use.</summary>
    bool HoldsOverlap(ulong owner, ulong iova, int pageLog2, ulong pageSizes);

    /// <summary>
    /// Puts a translation in, over the same page's old entry or the replacement's victim. Without <paramref name="mayHold"/> there is no old entry: <see cref="Find"/> has just not found one.
    /// </summary>
    void Fill(ulong owner, ulong iova, int pageLog2, ulong leaf, bool mayHold = true);

    /// <summary>
    /// Drops the matching owners' entries that overlap first..last and come from a leaf of one of the sizes (bit n set means 2^n bytes); returns how many.
    /// Each is told to <paramref name="dropped"/>, if there is one.
    /// </summary>
    int InvalidateRange(TagMatch owners, ulong firstByte, ulong lastByte, ulong leafSizes = ulong.MaxValue, DroppedEntries? dropped = null);

    /// <summary>Drops the matching owners' entries; returns how many.</summary>
    int InvalidateOwners(TagMatch owners, DroppedEntries? dropped = null);

    /// <summary>Drops everything; returns how many entries that were.</summary>
    int InvalidateAll(DroppedEntries? dropped = null);

    /// <summary>Entries it can hold.</summary>
    int Capacity { get; }

    /// <summary>Times the cache emptied itself because it was full.</summary>
    long FullFlushes { get; }
}
