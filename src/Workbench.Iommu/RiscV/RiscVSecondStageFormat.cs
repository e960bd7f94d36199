using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.RiscV;

/// <summary>
/// Second-stage tables: Sv39x4, Sv48x4, Sv57x4, whose root has two more index bits. RISC-V privileged architecture, "Guest physical address
/// translation". Levels as for the first stage.
/// </summary>
public readonly struct RiscVSecondStageFormat : IDirtyTrackingFormat
{
    /// <summary>Bit 4 (U): users are allowed; must be set, as every access of a guest counts as a user's.</summary>
    public const ulong UserBit = RiscVPageTableEntry.User;
    /// <summary>Bit 6 (A): accessed; leaves only.</summary>
    public const ulong AccessedBit = RiscVPageTableEntry.Accessed;
    /// <summary>Bit 7 (D): dirty; leaves only.</summary>
    public const ulong DirtyBit = RiscVPageTableEntry.Dirty;
    /// <summary>Bit 63 (N): a member of a run of 16 entries, 64 KiB; level 0 only.</summary>
    public const ulong NapotBit = RiscVPageTableEntry.Napot;

    /// <inheritdoc/>
    public static string Name => "RISC-V second stage";
    /// <inheritdoc/>
    public static int MaxLevels => 5;
    /// <inheritdoc/>
    public static int IndexBits => 9;
    /// <inheritdoc/>
    public static bool IsSigned => false;
    /// <summary>Never: A is reserved in entries that point to tables.</summary>
    public static bool MarksTablesAccessed => false;

    /// <inheritdoc/>
    public static int Shift(int level) => RiscVPageTableEntry.Shift(level);
    /// <summary>A leaf at every level, and runs of 64 KiB at level 0 (Svnapot).</summary>
    public static ulong LeafSizes(int level) => RiscVPageTableEntry.LeafSizes(level);

    /// <inheritdoc/>
    public static bool IsPresent(ulong entry, int level) => (entry & RiscVPageTableEntry.Valid) != 0;
    /// <summary>R, W and X all clear make a pointer to a table.</summary>
    public static bool IsLeaf(ulong entry, int level) => RiscVPageTableEntry.IsLeaf(entry);
    /// <summary>W without R, bits 58:54, PBMT = 3, A, D, U, PBMT or N in a table's entry, a misaligned large page, N with another code than 64 KiB.</summary>
    public static bool HasReservedBits(ulong entry, int level) => RiscVPageTableEntry.HasReservedBits(entry, level);
    /// <inheritdoc/>
    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty) => RiscVPageTableEntry.PermissionOf(entry);
    /// <inheritdoc/>
    public static ulong TableAddress(ulong entry) => RiscVPageTableEntry.AddressOf(entry);
    /// <inheritdoc/>
    public static ulong LeafAddress(ulong entry, int level) => RiscVPageTableEntry.LeafAddress(entry, level);
    /// <inheritdoc/>
    public static int LeafSizeLog2(ulong entry, int level) => RiscVPageTableEntry.LeafSizeLog2(entry, level);

    /// <summary>W without R is reserved, so a page that may be written may be read.</summary>
    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission) => RiscVPageTableEntry.EncodeLeaf(address, level, sizeLog2, permission);
    /// <inheritdoc/>
    public static ulong EncodeTable(ulong address, int level) => RiscVPageTableEntry.EncodeTable(address);

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
    public static EntryPattern DirtyPattern(int level) => RiscVPageTableEntry.DirtyPattern;
    /// <inheritdoc/>
    public static EntryPattern DirtySinglePattern(int level) => RiscVPageTableEntry.DirtySinglePattern;
    /// <inheritdoc/>
    public static EntryPattern TablePattern(int level) => RiscVPageTableEntry.TablePattern;
    /// <inheritdoc/>
    public static EntryPattern OrdinaryTable(int level) => RiscVPageTableEntry.OrdinaryTable;
    /// <inheritdoc/>
    public static EntryPattern OrdinaryLeaf(int level) => RiscVPageTableEntry.OrdinaryLeaf(level);
}
