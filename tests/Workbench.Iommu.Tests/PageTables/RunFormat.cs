using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Tests.PageTables;

/// <summary>
/// A format of no hardware whose leaves may fill runs: 4 KiB granules, 9 index bits, and beside the natural sizes runs of 16 entries, marked by a
/// bit, each entry with its own address (as Arm's contiguous bit). Only leaves have A and D. Levels: 0 to 3, leaves up to level 2.
/// </summary>
public readonly struct RunFormat : IDirtyTrackingFormat
{
    private const ulong AccessedBit = 1UL << 8, DirtyBit = 1UL << 9, LeafBit = 1UL << 7, RunBit = 1UL << 10;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    public static string Name => "runs of 16";
    public static int MaxLevels => 4;
    public static int IndexBits => 9;
    public static bool IsSigned => false;
    public static bool MarksTablesAccessed => false;

    public static int Shift(int level) => 12 + (9 * level);
    public static ulong LeafSizes(int level) => level <= 2 ? (1UL << Shift(level)) | (1UL << (Shift(level) + 4)) : 0;

    public static bool IsPresent(ulong entry, int level) => (entry & 3) != 0;
    public static bool IsLeaf(ulong entry, int level) => (entry & LeafBit) != 0;
    public static bool HasReservedBits(ulong entry, int level) => (entry & LeafBit) != 0 && (level > 2 || (entry & AddressMask & Bits.Mask(Shift(level))) != 0);
    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty) => (Permission)(entry & 3);
    public static ulong TableAddress(ulong entry) => entry & AddressMask;
    public static int LeafSizeLog2(ulong entry, int level) => Shift(level) + ((entry & RunBit) != 0 ? 4 : 0);
    public static ulong LeafAddress(ulong entry, int level) => entry & AddressMask & ~Bits.Mask(LeafSizeLog2(entry, level));
    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission) => address | (ulong)permission | LeafBit | (sizeLog2 > Shift(level) ? RunBit : 0);
    public static ulong EncodeTable(ulong address, int level) => address | 3;

    public static bool IsAccessed(ulong entry) => (entry & AccessedBit) != 0;
    public static bool IsDirty(ulong entry) => (entry & DirtyBit) != 0;
    public static ulong MarkAccessed(ulong entry) => entry | AccessedBit;
    public static ulong MarkDirty(ulong entry) => entry | AccessedBit | DirtyBit;
    public static ulong Clean(ulong entry) => entry & ~DirtyBit;
    public static EntryPattern DirtyPattern(int level) => EntryPattern.AllOf(LeafBit | DirtyBit);
    public static EntryPattern DirtySinglePattern(int level) => new(2 | LeafBit | DirtyBit | RunBit, 2 | LeafBit | DirtyBit);
    public static EntryPattern TablePattern(int level) => new(LeafBit, 0);
    public static EntryPattern OrdinaryTable(int level) => new(LeafBit | 3, 3);
    public static EntryPattern OrdinaryLeaf(int level) => level > 2 ? EntryPattern.None : new(LeafBit | 1 | RunBit | (AddressMask & Bits.Mask(Shift(level))), LeafBit | 1);
}
