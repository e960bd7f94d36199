using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Tests.PageTables;

/// <summary>
/// A format of no hardware with leaves of any power of two and 64-bit addresses: 9 index bits, six levels, runs of up to 256 entries that all hold
/// one word, which says the size (as AMD's replicas do). Levels: 0 to 5, leaves up to 2^51 bytes.
/// </summary>
public readonly struct ReplicaFormat : IDirtyTrackingFormat
{
    private const ulong LeafBit = 1UL << 4, AccessedBit = 1UL << 5, DirtyBit = 1UL << 6;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const int SizeShift = 58;

    public static string Name => "replicas";
    public static int MaxLevels => 6;
    public static int IndexBits => 9;
    public static bool IsSigned => false;
    public static bool MarksTablesAccessed => true;

    public static int Shift(int level) => 12 + (9 * level);
    public static ulong LeafSizes(int level) => (0x1FFUL << Shift(level)) & Bits.Mask(52);

    public static bool IsPresent(ulong entry, int level) => (entry & 3) != 0;
    public static bool IsLeaf(ulong entry, int level) => (entry & LeafBit) != 0;
    public static bool HasReservedBits(ulong entry, int level) => IsLeaf(entry, level) && (LeafSizes(level) >> LeafSizeLog2(entry, level) & 1) == 0;
    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty) => (Permission)(entry & 3);
    public static ulong TableAddress(ulong entry) => entry & AddressMask;
    public static int LeafSizeLog2(ulong entry, int level) => (int)(entry >> SizeShift);
    public static ulong LeafAddress(ulong entry, int level) => entry & AddressMask;
    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission) =>
        (address & ~Bits.Mask(sizeLog2)) | (ulong)permission | LeafBit | ((ulong)sizeLog2 << SizeShift);
    public static ulong EncodeTable(ulong address, int level) => address | 3;

    public static bool IsAccessed(ulong entry) => (entry & AccessedBit) != 0;
    public static bool IsDirty(ulong entry) => (entry & DirtyBit) != 0;
    public static ulong MarkAccessed(ulong entry) => entry | AccessedBit;
    public static ulong MarkDirty(ulong entry) => entry | AccessedBit | DirtyBit;
    public static ulong Clean(ulong entry) => entry & ~DirtyBit;
    public static EntryPattern DirtyPattern(int level) => EntryPattern.AllOf(LeafBit | DirtyBit);
    public static EntryPattern DirtySinglePattern(int level) => new(2 | LeafBit | DirtyBit | (ulong.MaxValue << SizeShift), 2 | LeafBit | DirtyBit | ((ulong)Shift(level) << SizeShift));
    public static EntryPattern TablePattern(int level) => new(LeafBit, 0);
    public static EntryPattern OrdinaryTable(int level) => new(LeafBit | 3, 3);
    public static EntryPattern OrdinaryLeaf(int level) => Shift(level) > 51 ? EntryPattern.None : new(LeafBit | 1 | (63UL << SizeShift), LeafBit | 1 | ((ulong)Shift(level) << SizeShift));
}
