using System.Runtime.CompilerServices;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>
/// Where walks found the lowest table of each region last, so that the lines which the next leaves lie in can be asked for before they are walked to. That may have changed: then a line is
/// fetched in vain, and nothing else is different.
/// </summary>
internal sealed unsafe class LeafTables(int pageLog2, int indexBits)
{
    /// <summary>256 KiB: the lowest tables of 64 GiB of 4 KiB pages.</summary>
    private const int Remembered = 1 << 15;

    private readonly nint[] tables = new nint[Remembered];
    private readonly ulong indexMask = Iommu.Bits.Mask(indexBits);

    /// <summary>The lowest table of an address's region lies here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, uni64g: one for each walk
    public void Remember(ulong tag, ulong address, ulong* table) => tables[Place(tag, address)] = (nint)table;

    /// <summary>Asks for the line of an address's leaf, if its region's table is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as Remember
    public void Prefetch(ulong tag, ulong address)
    {
        byte* table = (byte*)tables[Place(tag, address)];
        if (table != null) Hints.Prefetch(unchecked(table + (((address >> pageLog2) & indexMask) << 3)));
    }

    private int Place(ulong tag, ulong address) => unchecked((int)((address >> (pageLog2 + indexBits)) + (tag * 0x9E5)) & (Remembered - 1));
}
