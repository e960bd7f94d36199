namespace Workbench.Iommu.PageTables;

/// <summary>
/// One page-table format: geometry and the meaning of its 64-bit entries. Level 0 holds the smallest leaves in every format; each
/// implementation says in its header how its specification names the levels.
/// </summary>
public interface IPageTableFormat
{
    /// <summary>The format's name in messages and results.</summary>
    static abstract string Name { get; }
    /// <summary>The most levels a table can have.</summary>
    static abstract int MaxLevels { get; }
    /// <summary>Bits of the IOVA that index one table; a table has 2^bits entries of 8 bytes.</summary>
    static abstract int IndexBits { get; }
    /// <summary>Lowest IOVA bit that indexes a table of this level; an entry there covers 2^shift bytes.</summary>
    static abstract int Shift(int level);
    /// <summary>Sizes a leaf of this level can have: bit n set means 2^n bytes.</summary>
    static abstract ulong LeafSizes(int level);

    /// <summary>Does hardware take the entry for present?</summary>
    static abstract bool IsPresent(ulong entry);
    /// <summary>Is a present entry of this level a leaf?</summary>
    static abstract bool IsLeaf(ulong entry, int level);
    /// <summary>Are bits set that hardware requires to be zero in this entry?</summary>
    static abstract bool HasReservedBits(ulong entry, int level);
    /// <summary>What this entry alone allows; the walker combines the levels.</summary>
    static abstract Permission PermissionOf(ulong entry);
    /// <summary>Physical address of the next table, for an entry that is no leaf.</summary>
    static abstract ulong TableAddress(ulong entry);
    /// <summary>Physical address of the first byte of a leaf's page.</summary>
    static abstract ulong LeafAddress(ulong entry, int level);
    /// <summary>Size of a leaf's page as a power of two.</summary>
    static abstract int LeafSizeLog2(ulong entry, int level);

    /// <summary>A leaf as the driver writes it.</summary>
    static abstract ulong EncodeLeaf(ulong address, int level, Permission permission);
    /// <summary>A pointer to the next table as the driver writes it.</summary>
    static abstract ulong EncodeTable(ulong address);
}
