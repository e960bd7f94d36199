namespace Workbench.Iommu.Caches;

/// <summary>Paging-structure caches: for each level above the leaf tables, where the next table of a region lies and what the levels so far allow.</summary>
public struct WalkCache
{
    private readonly SetAssociativeIotlb[] levels;
    private readonly int[] shifts;

    /// <summary>
    /// Builds caches for entries of level 1 and up (a level 1 entry of x86-style tables is a PDE and spares all reads but the leaf's).
    /// Sizes 64, 16, 4, 4 of 4 ways, the same shape as published simulators use; real sizes are not established.
    /// </summary>
    public WalkCache(IReadOnlyList<int> shiftsOfLevelOneAndUp)
    {
        ArgumentNullException.ThrowIfNull(shiftsOfLevelOneAndUp);
        shifts = [.. shiftsOfLevelOneAndUp];
        levels = new SetAssociativeIotlb[shifts.Length];
        for (int i = 0; i < levels.Length; i++)
            levels[i] = new(new() { Sets = i switch { 0 => 16, 1 => 4, _ => 1 }, Ways = 4, Index = IndexFunction.Hash });
    }

    /// <summary>Does the IOMMU have these caches at all?</summary>
    public readonly bool Exists => levels is not null;

    /// <summary>The lowest cached table on the way to an address, below <paramref name="rootLevel"/>: its level, place and permission.</summary>
    public readonly bool TryFind(uint owner, ulong iova, int rootLevel, out int tableLevel, out ulong table, out Permission permission)
    {
        for (int i = 0; i < rootLevel; i++)
        {
            ref IotlbEntry entry = ref levels[i].Find(owner, iova);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry)) continue;
            (tableLevel, table, permission) = (i, entry.PhysicalBase, (Permission)(entry.Leaf & 3));
            return true;
        }
        (tableLevel, table, permission) = (0, 0, Permission.None);
        return false;
    }

    /// <summary>Remembers that the table of <paramref name="tableLevel"/> for an address lies at <paramref name="table"/>.</summary>
    public readonly void Fill(uint owner, ulong iova, int tableLevel, ulong table, Permission permission) =>
        levels[tableLevel].Fill(owner, iova, shifts[tableLevel], IotlbEntry.LeafOf(table, permission, dirtyKnown: false));

    /// <summary>Drops what overlaps a range.</summary>
    public readonly void InvalidateRange(uint owner, ulong firstByte, ulong lastByte)
    {
        if (!Exists) return;
        for (int i = 0; i < levels.Length; i++) levels[i].InvalidateRange(owner, firstByte, lastByte);
    }

    /// <summary>Drops an owner's entries.</summary>
    public readonly void InvalidateOwner(uint owner)
    {
        if (!Exists) return;
        for (int i = 0; i < levels.Length; i++) levels[i].InvalidateOwner(owner);
    }

    /// <summary>Drops everything.</summary>
    public readonly void InvalidateAll()
    {
        if (!Exists) return;
        for (int i = 0; i < levels.Length; i++) levels[i].InvalidateAll();
    }
}
