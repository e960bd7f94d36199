using System.Numerics;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Amd;

/// <summary>
/// AMD's host page tables (v1). AMD IOMMU §2.2.3 [R]; bits and sizes as Linux and FreeBSD have them [L][M]. The specification counts levels from 1,
/// so its level n is level n - 1 here; DTE.Mode is the number of levels. A leaf may have any power of two of its level: it fills a run of
/// entries that are all alike, and hardware sets D in the one it walked.
/// </summary>
public readonly struct AmdV1Format : IDirtyTrackingFormat
{
    /// <summary>Bit 0 (PR): present.</summary>
    public const ulong PresentBit = 1UL << 0;
    /// <summary>Bit 5 (A): accessed.</summary>
    public const ulong AccessedBit = 1UL << 5;
    /// <summary>Bit 6 (D): dirty, leaves only.</summary>
    public const ulong DirtyBit = 1UL << 6;
    /// <summary>Bits 51:12: physical address of the page or table.</summary>
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    /// <summary>Bit 60 (FC): accesses are forced coherent. Ignored, and not written.</summary>
    public const ulong ForceCoherentBit = 1UL << 60;
    /// <summary>Bit 61 (IR): reading is allowed, if every level allows it.</summary>
    public const ulong ReadBit = 1UL << 61;
    /// <summary>Bit 62 (IW): writing is allowed, if every level allows it.</summary>
    public const ulong WriteBit = 1UL << 62;
    /// <summary>NextLevel of a leaf whose size is coded in its address.</summary>
    public const int CodedSize = 7;
    /// <summary>The one size of leaf that Linux never makes, 512 GiB, because of a hardware defect [L].</summary>
    public const int DefectiveLeafLog2 = 39;
    /// <summary>Largest leaf, as a power of two of bytes [L].</summary>
    public const int LargestLeafLog2 = 51;

    private const int NextLevelShift = 9;
    private const int PageLog2 = 12;
    private const int TopLevel = 5;
    private const ulong ReservedBits = 0x01F0_0000_0000_0000;

    /// <inheritdoc/>
    public static string Name => "AMD v1";
    /// <inheritdoc/>
    public static int MaxLevels => TopLevel + 1;
    /// <inheritdoc/>
    public static int IndexBits => 9;
    /// <inheritdoc/>
    public static bool IsSigned => false;
    /// <inheritdoc/>
    public static bool MarksTablesAccessed => true;

    /// <inheritdoc/>
    public static int Shift(int level) => unchecked(PageLog2 + (9 * level));

    /// <summary>Every power of two that one level's entries can cover together, but 2^39 and what is beyond 2^51. The sixth level holds no leaves.</summary>
    public static ulong LeafSizes(int level) => unchecked(level >= TopLevel
        ? 0
        : (0x1FFUL << Shift(level)) & ((1UL << (LargestLeafLog2 + 1)) - 1) & ~(1UL << DefectiveLeafLog2));

    private static int NextLevel(ulong entry) => (int)((entry >> NextLevelShift) & 7);

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry, int level) => (entry & PresentBit) != 0;

    /// <summary>NextLevel 0 or 7 makes a leaf; at the lowest level any present entry is one [L].</summary>
    public static bool IsLeaf(ulong entry, int level) => level == 0 || NextLevel(entry) is 0 or CodedSize;

    /// <summary>
    /// Bits 56:52, a table of another level than the next one down, a leaf at the sixth level, and a size code that does not fit its level. The size that
    /// parts get wrong is not one of these: by the specification it is a leaf.
    /// </summary>
    public static bool HasReservedBits(ulong entry, int level)
    {
        if ((entry & ReservedBits) != 0) return true;
        if (!IsLeaf(entry, level)) return NextLevel(entry) != level;
        if (level == TopLevel) return true;
        int size = LeafSizeLog2(entry, level);
        return size < Shift(level) || size > Math.Min(LargestLeafLog2, unchecked(Shift(level) + 8))
            || (NextLevel(entry) != CodedSize && (entry & AddressMask & ((1UL << size) - 1)) != 0);
    }

    /// <inheritdoc/>
    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty) => (Permission)unchecked((byte)((entry >> 61) & 3));

    /// <inheritdoc/>
    public static ulong TableAddress(ulong entry) => entry & AddressMask;

    /// <inheritdoc/>
    public static ulong LeafAddress(ulong entry, int level) => entry & AddressMask & ~((1UL << LeafSizeLog2(entry, level)) - 1);

    /// <summary>The size of the level; with NextLevel 7 2^(13 + n), where n is the number of ones from bit 12 of the address up, at most 40.</summary>
    public static int LeafSizeLog2(ulong entry, int level) => unchecked(NextLevel(entry) == CodedSize
        ? PageLog2 + 1 + BitOperations.TrailingZeroCount(~((entry & AddressMask) >> PageLog2))
        : Shift(level));

    /// <summary>All entries of a run are alike: each names the whole leaf. A leaf of its level's own size carries no size code.</summary>
    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission)
    {
        ulong entry = (address & AddressMask & ~((1UL << sizeLog2) - 1)) | PresentBit | ((ulong)permission << 61);
        if (sizeLog2 == Shift(level)) return entry;
        ulong ones = ((1UL << (sizeLog2 - 1)) - 1) & AddressMask;
        return entry | ones | ((ulong)CodedSize << NextLevelShift);
    }

    /// <summary>Table entries allow everything: permission is decided at the leaf.</summary>
    public static ulong EncodeTable(ulong address, int level) => address | PresentBit | ReadBit | WriteBit | ((ulong)level << NextLevelShift);

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
    /// <summary>Any level: hardware sets D in leaves only.</summary>
    public static EntryPattern DirtyPattern(int level) => EntryPattern.AllOf(PresentBit | DirtyBit);
    /// <summary>NextLevel 0; 7 may be a run.</summary>
    public static EntryPattern DirtySinglePattern(int level) => new(PresentBit | DirtyBit | (7UL << NextLevelShift), PresentBit | DirtyBit);
    /// <summary>NextLevel is the number of the level below, counted from 1.</summary>
    public static EntryPattern TablePattern(int level) => new(PresentBit | (7UL << NextLevelShift), PresentBit | ((ulong)level << NextLevelShift));
    /// <inheritdoc/>
    public static EntryPattern OrdinaryTable(int level) => new(PresentBit | ReadBit | WriteBit | (7UL << NextLevelShift) | ReservedBits, PresentBit | ReadBit | WriteBit | ((ulong)level << NextLevelShift));
    /// <inheritdoc/>
    public static EntryPattern OrdinaryLeaf(int level) => level == TopLevel
        ? EntryPattern.None
        : new(PresentBit | ReadBit | (7UL << NextLevelShift) | ReservedBits | (AddressMask & ((1UL << Shift(level)) - 1)), PresentBit | ReadBit);
}
