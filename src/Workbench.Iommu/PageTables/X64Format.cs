using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>
/// x86-64 tables, which CPUs share with AMD's guest (v2) tables and VT-d's first stage. Intel SDM volume 3, 4.5; AMD64 APM volume 2, 5.3; as
/// read through the sources in the vendors' READMEs. Levels: 0 = PTE (4 KiB leaves), 1 = PDE (2 MiB), 2 = PDPE (1 GiB), 3 = PML4E, 4 = PML5E.
/// </summary>
public readonly struct X64Format : IDirtyTrackingFormat
{
    /// <summary>Bit 0 (P): present; allows reading.</summary>
    public const ulong PresentBit = 1UL << 0;
    /// <summary>Bit 1 (R/W): writing is allowed.</summary>
    public const ulong WriteBit = 1UL << 1;
    /// <summary>Bit 2 (U/S): users are allowed; a device without privileged requests is one.</summary>
    public const ulong UserBit = 1UL << 2;
    /// <summary>Bit 5 (A): accessed.</summary>
    public const ulong AccessedBit = 1UL << 5;
    /// <summary>Bit 6 (D): dirty, leaves only.</summary>
    public const ulong DirtyBit = 1UL << 6;
    /// <summary>Bit 7 (PS): a leaf at level 1 or 2. At level 0 the bit is PAT.</summary>
    public const ulong PageSizeBit = 1UL << 7;
    /// <summary>Bit 10 (EA): extended accessed, set by VT-d hardware where EAFE asks for it.</summary>
    public const ulong ExtendedAccessedBit = 1UL << 10;
    /// <summary>Bits 51:12: physical address of the page or table.</summary>
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    // In a large leaf bit 12 is PAT, not address.
    private const ulong LargePatBit = 1UL << 12;

    /// <inheritdoc/>
    public static string Name => "x86-64";
    /// <inheritdoc/>
    public static int MaxLevels => 5;
    /// <inheritdoc/>
    public static int IndexBits => 9;
    /// <inheritdoc/>
    public static bool IsSigned => true;
    /// <inheritdoc/>
    public static bool MarksTablesAccessed => true;

    /// <inheritdoc/>
    public static int Shift(int level) => unchecked(12 + (9 * level));
    /// <inheritdoc/>
    public static ulong LeafSizes(int level) => level <= 2 ? 1UL << Shift(level) : 0;

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry, int level) => (entry & PresentBit) != 0;
    /// <inheritdoc/>
    public static bool IsLeaf(ulong entry, int level) => level == 0 || (entry & PageSizeBit) != 0;

    /// <summary>PS must be 0 at levels 3 and 4, and a large page's address must be aligned to its size.</summary>
    public static bool HasReservedBits(ulong entry, int level) => level switch
    {
        0 => false,
        > 2 => (entry & PageSizeBit) != 0,
        _ => (entry & PageSizeBit) != 0 && (entry & AddressMask & ~LargePatBit & ((1UL << Shift(level)) - 1)) != 0,
    };

    /// <summary>U/S = 0 allows a user nothing; R/W = 0 allows reading.</summary>
    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty) =>
        (entry & UserBit) == 0 ? Permission.None : (entry & WriteBit) == 0 ? Permission.Read : Permission.ReadWrite;

    /// <inheritdoc/>
    public static ulong TableAddress(ulong entry) => entry & AddressMask;
    /// <inheritdoc/>
    public static ulong LeafAddress(ulong entry, int level) => entry & AddressMask & unchecked(0 - (1UL << Shift(level)));
    /// <inheritdoc/>
    public static int LeafSizeLog2(ulong entry, int level) => Shift(level);

    /// <summary>There is no write-only page: what may be written may be read.</summary>
    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission) =>
        address | PresentBit | UserBit | ((permission & Permission.Write) != 0 ? WriteBit : 0) | (level > 0 ? PageSizeBit : 0);

    /// <summary>PAT is bit 7 of the smallest leaves and bit 12 of large ones, where bit 7 is PS.</summary>
    public static ulong MoveAttributes(ulong attributes, int fromLevel, int toLevel)
    {
        if (fromLevel == 0 == (toLevel == 0)) return attributes;
        (ulong from, ulong to) = fromLevel == 0 ? (PageSizeBit, LargePatBit) : (LargePatBit, PageSizeBit);
        return (attributes & from) == 0 ? attributes : attributes & ~from | to;
    }

    /// <summary>Table entries allow everything: permission is decided at the leaf.</summary>
    public static ulong EncodeTable(ulong address, int level) => address | PresentBit | WriteBit | UserBit;

    /// <summary>A present entry allows reading: levels that allow nothing together have U/S = 0 in one of them.</summary>
    public static FaultKind RefusalOfAnything => FaultKind.SupervisorOnly;

    /// <inheritdoc/>
    public static FaultKind RefusalOf(ulong entry, int level, bool isWrite) =>
        (entry & UserBit) == 0 ? FaultKind.SupervisorOnly : isWrite ? FaultKind.NoWritePermission : FaultKind.NoReadPermission;

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
    public static EntryPattern DirtyPattern(int level) => EntryPattern.AllOf(PresentBit | DirtyBit | (level > 0 ? PageSizeBit : 0));
    /// <summary>There are no runs.</summary>
    public static EntryPattern DirtySinglePattern(int level) => DirtyPattern(level);
    /// <inheritdoc/>
    public static EntryPattern TablePattern(int level) => new(PresentBit | PageSizeBit, PresentBit);
    /// <inheritdoc/>
    public static EntryPattern OrdinaryTable(int level) => new(PresentBit | WriteBit | UserBit | PageSizeBit, PresentBit | WriteBit | UserBit);
    /// <inheritdoc/>
    public static EntryPattern OrdinaryLeaf(int level) => level switch
    {
        0 => EntryPattern.AllOf(PresentBit | UserBit),
        > 2 => EntryPattern.None,
        _ => new(PresentBit | UserBit | PageSizeBit | (AddressMask & ~LargePatBit & ((1UL << Shift(level)) - 1)), PresentBit | UserBit | PageSizeBit),
    };
}
