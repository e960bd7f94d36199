using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.LeafChanges;

namespace Workbench.Iommu.PageTables;

/// <summary>The driver's side of one domain's table, whatever its format. Addresses and lengths are bytes.</summary>
public interface IPageTable
{
    /// <summary>Physical address of the top table; a table that grows gets a new one.</summary>
    Spa Root { get; }
    /// <summary>Level of the top table.</summary>
    int RootLevel { get; }
    /// <summary>Width of input addresses in bits, as the table stands now.</summary>
    int InputBits { get; }
    /// <summary>Smallest leaf as a power of two of bytes: what is mapped is a multiple of it.</summary>
    int SmallestLeafLog2 { get; }
    /// <summary>Highest IOVA the table can map, grown as far as it may.</summary>
    ulong LastIova { get; }
    /// <summary>Leaves in the table now.</summary>
    long Leaves { get; }

    /// <summary>Maps a range with the largest leaves that alignment, length and <paramref name="largestLeafLog2"/> allow.</summary>
    MapResult Map(ulong iova, ulong physical, ulong length, Permission permission, int largestLeafLog2, InvalidationGather gather);

    /// <summary>
    /// Removes the leaves of a range and returns the bytes removed. Each entry is exchanged for zero, so D set up to that moment is reported
    /// to <paramref name="dirty"/>. A range that begins inside a leaf removes nothing there; one that ends inside a leaf removes the whole leaf.
    /// </summary>
    ulong Unmap(ulong iova, ulong length, IDirtySink? dirty, InvalidationGather gather);

    /// <summary>
    /// Do several threads of this process walk, change or scan tables of this machine at once? Then walks and scans set and clear bits one entry after the other, by locked exchanges; else by
    /// stores, and scans many at a time. A replay needs none: the threads of its harvests, and the DMA they race with, take turns in trace time between two calls. One setting for the
    /// machine's whole table memory.
    /// </summary>
    bool HasRacingThreads { get; set; }

    /// <summary>
    /// Looks for dirty leaves from an IOVA on, reports each and (if asked) clears it, until <paramref name="lastIova"/> is passed, the table ends or the budget is
    /// used up. A leaf that the range only touches is looked at, reported and cleared whole.
    /// Returns where to go on, with the same budget refilled, or null at the end.
    /// </summary>
    ulong? ScanDirty(ulong fromIova, ulong lastIova, bool clear, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather);

    /// <summary>
    /// Gives every leaf of a range, those it only touches too, the permission asked for, in place, and returns how many that changed. A and D stay, but where a
    /// format codes D as the right to write (Arm) a leaf that may not be written is clean: harvest it first. Until it is invalidated a cached entry may be used.
    /// </summary>
    long Protect(ulong firstIova, ulong lastIova, Permission permission, IPermissionSink? changed, InvalidationGather gather);

    /// <summary>First byte of the first leaf that holds an address or lies above it, and the leaf's size; null if there is none.</summary>
    ulong? NextLeaf(ulong fromIova, out int leafLog2);

    /// <summary>The leaf entry that maps an address, as memory holds it (of a run: the member for the address); false if there is none.</summary>
    bool TryGetLeaf(ulong iova, out ulong entry, out int leafLog2);

    /// <summary>The entry this table writes for a leaf of 2^<paramref name="leafLog2"/> bytes at a physical address (of a run: its first member).</summary>
    ulong EncodeLeaf(ulong physical, int leafLog2, Permission permission);

    /// <summary>
    /// Begins to split the leaf that maps an address into leaves of the largest size the table may have up to 2^<paramref name="targetLog2"/> bytes, and reads it.
    /// Null if no leaf maps the address or it is no larger than that. <paramref name="lost"/> hears of D that an unsound protocol throws away: first byte, last byte, step.
    /// </summary>
    ILeafChange? BeginSplit(ulong iova, int targetLog2, LeafChangeProtocol protocol, Action<ulong, ulong, string>? lost, ref LeafChangeCounts counts);

    /// <summary>
    /// Begins to make one leaf, of the largest size the table may have up to 2^<paramref name="targetLog2"/> bytes, of the leaves around an address, and reads them.
    /// Null if there is such a leaf already, or (told in the counts) if they cannot be one.
    /// </summary>
    ILeafChange? BeginCollapse(ulong iova, int targetLog2, LeafChangeProtocol protocol, Action<ulong, ulong, string>? lost, ref LeafChangeCounts counts);

    /// <summary>The largest leaf the table may have up to 2^<paramref name="log2"/> bytes, as a power of two; the smallest it has, if that is larger.</summary>
    int LargestLeafUpTo(int log2);

    /// <summary>Frees all tables; the table is of no use afterwards.</summary>
    void Free();
}
