using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Tests.PageTables;

/// <summary>
/// A format of no hardware with large tables: granules of 64 KiB, 13 index bits, so tables of 64 KiB. Runs of 2 and of 32 entries at level 0 all hold
/// one word, which codes the size in the address (as replicas do). Dirty is coded as permission: what may be written but was not lacks
/// a bit that writing gives. Levels: 0 to 2, leaves up to level 1. Signed.
/// </summary>
public readonly struct WideFormat : IDirtyTrackingFormat
{
    private const ulong PresentBit = 1, ReadBit = 2, MayBecomeWritableBit = 4, CleanBit = 8, AccessedBit = 16, LeafBit = 32;
    private const ulong AddressMask = 0x0000_FFFF_FFFF_0000;
    private const int SizeShift = 56;

    public static string Name => "wide";
    public static int MaxLevels => 3;
    public static int IndexBits => 13;
    public static bool IsSigned => true;
    public static bool MarksTablesAccessed => true;

    public static int Shift(int level) => 16 + (13 * level);
    public static ulong LeafSizes(int level) => level switch { 0 => (1UL << 16) | (1UL << 17) | (1UL << 21), 1 => 1UL << 29, _ => 0 };

    public static bool IsPresent(ulong entry, int level) => (entry & PresentBit) != 0;
    public static bool IsLeaf(ulong entry, int level) => (entry & LeafBit) != 0;
    public static bool HasReservedBits(ulong entry, int level) => (entry & LeafBit) != 0 && (level > 1 || (entry & AddressMask & Bits.Mask(Shift(level))) != 0);

    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty)
    {
        if ((entry & LeafBit) == 0) return Permission.ReadWrite;
        bool mayWrite = (entry & MayBecomeWritableBit) != 0 && (hardwareKeepsDirty || (entry & CleanBit) == 0);
        return ((entry & ReadBit) != 0 ? Permission.Read : 0) | (mayWrite ? Permission.Write : 0);
    }

    public static ulong TableAddress(ulong entry) => entry & AddressMask;
    public static int LeafSizeLog2(ulong entry, int level) => Shift(level) + (int)(entry >> SizeShift & 7);
    public static ulong LeafAddress(ulong entry, int level) => entry & AddressMask & ~Bits.Mask(LeafSizeLog2(entry, level));

    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission) =>
        (address & ~Bits.Mask(sizeLog2)) | PresentBit | LeafBit | ((ulong)(sizeLog2 - Shift(level)) << SizeShift)
        | ((permission & Permission.Read) != 0 ? ReadBit : 0) | ((permission & Permission.Write) != 0 ? MayBecomeWritableBit | CleanBit : 0);

    public static ulong EncodeTable(ulong address, int level) => address | PresentBit;

    public static bool IsAccessed(ulong entry) => (entry & AccessedBit) != 0;
    public static bool IsDirty(ulong entry) => (entry & (MayBecomeWritableBit | CleanBit)) == MayBecomeWritableBit;
    public static ulong MarkAccessed(ulong entry) => entry | AccessedBit;
    public static ulong MarkDirty(ulong entry) => (entry | AccessedBit) & ~CleanBit;
    public static ulong Clean(ulong entry) => (entry & MayBecomeWritableBit) != 0 ? entry | CleanBit : entry;
    public static EntryPattern DirtyPattern(int level) => new(PresentBit | LeafBit | MayBecomeWritableBit | CleanBit, PresentBit | LeafBit | MayBecomeWritableBit);
    public static EntryPattern DirtySinglePattern(int level) => new(DirtyPattern(level).Mask | (7UL << SizeShift), DirtyPattern(level).Value);
    public static EntryPattern TablePattern(int level) => new(PresentBit | LeafBit, PresentBit);
    public static EntryPattern OrdinaryTable(int level) => TablePattern(level);
    public static EntryPattern OrdinaryLeaf(int level) => level > 1 ? EntryPattern.None
        : new(PresentBit | LeafBit | ReadBit | (7UL << SizeShift) | (AddressMask & Bits.Mask(Shift(level))), PresentBit | LeafBit | ReadBit);
}
