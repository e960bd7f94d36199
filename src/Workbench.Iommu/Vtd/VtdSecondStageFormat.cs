using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// VT-d second-stage tables. Intel VT-d specification, chapter 9 (second-stage paging entries) as read through the sources in the folder's
/// README. Levels: 0 = SS-PTE (4 KiB leaves), 1 = SS-PDE (2 MiB), 2 = SS-PDPE (1 GiB), 3 = SS-PML4E, 4 = SS-PML5E.
/// </summary>
public readonly struct VtdSecondStageFormat : IDirtyTrackingFormat
{
    /// <summary>Bit 0 (R): the device may read.</summary>
    public const ulong ReadBit = 1UL << 0;
    /// <summary>Bit 1 (W): the device may write.</summary>
    public const ulong WriteBit = 1UL << 1;
    /// <summary>Bit 7 (PS): a leaf at level 1 or 2.</summary>
    public const ulong PageSizeBit = 1UL << 7;
    /// <summary>Bit 8 (A): accessed; hardware sets it while SSADE is 1.</summary>
    public const ulong AccessedBit = 1UL << 8;
    /// <summary>Bit 9 (D): dirty, leaves only; hardware sets it while SSADE is 1.</summary>
    public const ulong DirtyBit = 1UL << 9;
    /// <summary>Bits 51:12: physical address of the page or table.</summary>
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <inheritdoc/>
    public static string Name => "VT-d second stage";
    /// <inheritdoc/>
    public static int MaxLevels => 5;
    /// <inheritdoc/>
    public static int IndexBits => 9;
    /// <inheritdoc/>
    public static bool MarksTablesAccessed => true;
    /// <inheritdoc/>
    public static bool IsSigned => false;

    /// <inheritdoc/>
    public static int Shift(int level) => unchecked(12 + (9 * level));
    /// <inheritdoc/>
    public static ulong LeafSizes(int level) => level <= 2 ? 1UL << Shift(level) : 0;

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry, int level) => (entry & (ReadBit | WriteBit)) != 0;
    /// <inheritdoc/>
    public static bool IsLeaf(ulong entry, int level) => level == 0 || (entry & PageSizeBit) != 0;

    /// <summary>PS must be 0 at levels 3 and 4, and a large page's address must be aligned to its size.</summary>
    public static bool HasReservedBits(ulong entry, int level) => level switch
    {
        0 => false,
        > 2 => (entry & PageSizeBit) != 0,
        _ => (entry & PageSizeBit) != 0 && (entry & AddressMask & ((1UL << Shift(level)) - 1)) != 0,
    };

    /// <inheritdoc/>
    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty) => (Permission)unchecked((byte)(entry & 3));
    /// <inheritdoc/>
    public static ulong TableAddress(ulong entry) => entry & AddressMask;
    /// <inheritdoc/>
    public static ulong LeafAddress(ulong entry, int level) => entry & AddressMask & unchecked(0 - (1UL << Shift(level)));
    /// <inheritdoc/>
    public static int LeafSizeLog2(ulong entry, int level) => Shift(level);

    /// <inheritdoc/>
    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission) =>
        address | (ulong)permission | (level > 0 ? PageSizeBit : 0);

    /// <summary>Table entries allow both directions, as Linux writes them: permission is decided at the leaf.</summary>
    public static ulong EncodeTable(ulong address, int level) => address | ReadBit | WriteBit;

    /// <inheritdoc/>
    public static bool IsAccessed(ulong entry) => (entry & AccessedBit) != 0;
    /// <inheritdoc/>
    public static bool IsDirty(ulong entry) => (entry & DirtyBit) != 0;
    /// <inheritdoc/>
    public static ulong MarkAccessed(ulong entry) => entry | AccessedBit;
    /// <inheritdoc/>
    public static ulong MarkDirty(ulong entry) => entry | AccessedBit | DirtyBit;
    /// <inheritdoc/>
    public static ulong Clean(ulong entry) => entry & ~DirtyBit;
    /// <inheritdoc/>
    public static EntryPattern DirtyPattern(int level) => EntryPattern.AllOf(DirtyBit | (level > 0 ? PageSizeBit : 0));
    /// <summary>There are no runs; what was written allows writing, and so is present.</summary>
    public static EntryPattern DirtySinglePattern(int level) => EntryPattern.AllOf(DirtyBit | WriteBit | (level > 0 ? PageSizeBit : 0));
    /// <inheritdoc/>
    public static EntryPattern TablePattern(int level) => new(PageSizeBit, 0);
    /// <inheritdoc/>
    public static EntryPattern OrdinaryTable(int level) => new(ReadBit | WriteBit | PageSizeBit, ReadBit | WriteBit);
    /// <inheritdoc/>
    public static EntryPattern OrdinaryLeaf(int level) => level switch
    {
        0 => EntryPattern.AllOf(ReadBit),
        > 2 => EntryPattern.None,
        _ => new(ReadBit | PageSizeBit | (AddressMask & ((1UL << Shift(level)) - 1)), ReadBit | PageSizeBit),
    };
}
