using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.RiscV;

/// <summary>
/// The 64-bit page-table entry that first and second stage share. RISC-V privileged architecture, "Sv39", "Svnapot", "Svpbmt" and "Hypervisor
/// extension: two-stage address translation"; bits 60:59 are RISC-V IOMMU's Svrsw60t59b. [S][M]
/// </summary>
internal static class RiscVPageTableEntry
{
    internal const ulong Valid = 1UL << 0;
    internal const ulong Read = 1UL << 1;
    internal const ulong Write = 1UL << 2;
    internal const ulong Execute = 1UL << 3;
    internal const ulong User = 1UL << 4;
    internal const ulong Accessed = 1UL << 6;
    internal const ulong Dirty = 1UL << 7;
    internal const ulong PageNumber = 0x003F_FFFF_FFFF_FC00;
    internal const ulong SoftwareBits = 3UL << 59;
    internal const ulong MemoryType = 3UL << 61;
    internal const ulong Napot = 1UL << 63;

    // 64 KiB is the one run that Svnapot defines: PPN[3:0] = 1000b.
    private const int RunLog2 = 16;
    private const ulong RunCodeMask = 0xFUL << 10;
    private const ulong RunCode = 8UL << 10;
    private const ulong AlwaysReserved = 0x1FUL << 54;
    private const ulong LeafBits = Read | Write | Execute;
    private const ulong ReservedInTables = Accessed | Dirty | User | MemoryType | Napot;

    internal static int Shift(int level) => unchecked(12 + (9 * level));

    internal static ulong LeafSizes(int level) => (1UL << Shift(level)) | (level == 0 ? 1UL << RunLog2 : 0);

    internal static bool IsLeaf(ulong entry) => (entry & LeafBits) != 0;

    internal static bool HasReservedBits(ulong entry, int level)
    {
        if ((entry & AlwaysReserved) != 0 || (entry & (Read | Write)) == Write || (entry & MemoryType) == MemoryType) return true;
        if (!IsLeaf(entry)) return (entry & ReservedInTables) != 0;
        if (level == 0) return (entry & Napot) != 0 && (entry & RunCodeMask) != RunCode;
        return (entry & Napot) != 0 || (AddressOf(entry) & ((1UL << Shift(level)) - 1)) != 0;
    }

    // A table says nothing about permission; a page without U is for supervisors, and no request here is one.
    internal static Permission PermissionOf(ulong entry) =>
        !IsLeaf(entry) ? Permission.ReadWrite
        : (entry & User) == 0 ? Permission.None
        : ((entry & Read) != 0 ? Permission.Read : Permission.None) | ((entry & Write) != 0 ? Permission.Write : Permission.None);

    internal static ulong AddressOf(ulong entry) => (entry & PageNumber) << 2;

    internal static ulong LeafAddress(ulong entry, int level) => AddressOf(entry) & ~((1UL << LeafSizeLog2(entry, level)) - 1);

    internal static int LeafSizeLog2(ulong entry, int level) => level == 0 && (entry & Napot) != 0 ? RunLog2 : Shift(level);

    internal static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission)
    {
        // W without R is reserved: what may be written may be read.
        ulong bits = Valid | User | Read | ((permission & Permission.Write) != 0 ? Write : 0);
        // Every member of a run holds the same page number, that of the run with the code of its size.
        return level == 0 && sizeLog2 == RunLog2 ? PageNumberOf(address & ~((1UL << RunLog2) - 1)) | RunCode | Napot | bits : PageNumberOf(address) | bits;
    }

    internal static ulong EncodeTable(ulong address) => PageNumberOf(address) | Valid;

    // D is reserved in a table's entry.
    internal static EntryPattern DirtyPattern => EntryPattern.AllOf(Valid | Dirty);

    // What was written may be read, which makes it a leaf; N makes a run of it.
    internal static EntryPattern DirtySinglePattern => new(Valid | Read | Dirty | Napot, Valid | Read | Dirty);

    internal static EntryPattern TablePattern => new(Valid | LeafBits, Valid);

    internal static EntryPattern OrdinaryTable => new(Valid | LeafBits | ReservedInTables | AlwaysReserved, Valid);

    internal static EntryPattern OrdinaryLeaf(int level) =>
        new(Valid | Read | User | Napot | MemoryType | AlwaysReserved | PageNumberOf((1UL << Shift(level)) - 1), Valid | Read | User);

    private static ulong PageNumberOf(ulong address) => (address >> 2) & PageNumber;
}
