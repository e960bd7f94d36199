using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>
/// One page-table format: geometry and the meaning of its 64-bit entries. Level 0 holds the smallest leaves in every format; each
/// implementation says in its header how its specification names the levels. A leaf larger than what one entry of its level covers
/// fills a naturally aligned run of entries (replicas, contiguous or NAPOT groups).
/// </summary>
public interface IPageTableFormat
{
    /// <summary>The format's name in messages and results.</summary>
    static abstract string Name { get; }
    /// <summary>The most levels a table can have.</summary>
    static abstract int MaxLevels { get; }
    /// <summary>Bits of the IOVA that index one table; a table has 2^bits entries of 8 bytes. The top table may have more or fewer.</summary>
    static abstract int IndexBits { get; }
    /// <summary>Lowest IOVA bit that indexes a table of this level; an entry there covers 2^shift bytes.</summary>
    static abstract int Shift(int level);
    /// <summary>Sizes a leaf of this level can have: bit n set means 2^n bytes.</summary>
    static abstract ulong LeafSizes(int level);
    /// <summary>Are input addresses sign-extended, so that the upper half of the width lies at the top of the 64-bit space?</summary>
    static abstract bool IsSigned { get; }

    /// <summary>Does hardware take the entry for present?</summary>
    static abstract bool IsPresent(ulong entry, int level);
    /// <summary>Is a present entry of this level a leaf?</summary>
    static abstract bool IsLeaf(ulong entry, int level);
    /// <summary>Are bits set that hardware requires to be zero in this entry, whatever the part?</summary>
    static abstract bool HasReservedBits(ulong entry, int level);
    /// <summary>
    /// What this entry alone allows; the walker combines the levels. <paramref name="hardwareKeepsDirty"/> matters where the dirty state is
    /// coded in the permission: a writable-clean entry then allows the write that makes it dirty.
    /// </summary>
    static abstract Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty);
    /// <summary>Physical address of the next table, for an entry that is no leaf.</summary>
    static abstract ulong TableAddress(ulong entry);
    /// <summary>Physical address of the first byte of the whole leaf that this entry is, or is a member of.</summary>
    static abstract ulong LeafAddress(ulong entry, int level);
    /// <summary>Size of the whole leaf as a power of two.</summary>
    static abstract int LeafSizeLog2(ulong entry, int level);

    /// <summary>
    /// One entry of a leaf as the driver writes it: <paramref name="address"/> is where this entry's own part begins, so the members of a run
    /// are written with ascending addresses, whether the format keeps them or not. Clean and not accessed, where the format can say so.
    /// </summary>
    static abstract ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission);
    /// <summary>A pointer, in a table of <paramref name="level"/>, to the next table as the driver writes it.</summary>
    static abstract ulong EncodeTable(ulong address, int level);

    /// <summary>
    /// Bits of a leaf that <see cref="EncodeLeaf"/> does not write (memory type, software's own), as a leaf of another level has them: the same, unless
    /// the format keeps one of them in another place there.
    /// </summary>
    static virtual ulong MoveAttributes(ulong attributes, int fromLevel, int toLevel) => attributes;

    /// <summary>The bit of a leaf of this level that software sets while it changes the leaf's size (Arm's nT), 0 if there is none.</summary>
    static virtual ulong NonTranslatingBit(int level) => 0;

    /// <summary>The fault of a mapping whose levels together allow nothing at all, where the format has a reason of its own for that; None: as <see cref="RefusalOf"/> says.</summary>
    static virtual FaultKind RefusalOfAnything => FaultKind.None;

    /// <summary>Why a leaf refuses an access that its permission (combined over the levels) does not allow.</summary>
    static virtual FaultKind RefusalOf(ulong entry, int level, bool isWrite) => isWrite ? FaultKind.NoWritePermission : FaultKind.NoReadPermission;
}
