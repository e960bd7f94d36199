using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbench.Iommu.Caches;

/// <summary>
/// Paging-structure caches: for each level above the leaf tables, where the next table of a region lies and what the levels so far allow.
/// Least recently used of 4 ways, sets chosen by the hash of the IOTLB. A level has one page size, so a probe is one set of one array.
/// </summary>
public struct WalkCache
{
    private const int Ways = 4;

    // The sets of all levels, one level after the other. An empty entry has stamp 0, so it is older than any other.
    private readonly IotlbEntry[] entries;
    private readonly Level[] levels;
    private ulong clock;

    private readonly record struct Level(int PageLog2, int FirstSet, int SetsLog2);

    /// <summary>
    /// Builds caches for entries of level 1 and up (a level 1 entry of x86-style tables is a PDE and spares all reads but the leaf's).
    /// Sizes 64, 16, 4, 4 of 4 ways, the same shape as published simulators use; real sizes are not established.
    /// </summary>
    public WalkCache(IReadOnlyList<int> shiftsOfLevelOneAndUp)
    {
        ArgumentNullException.ThrowIfNull(shiftsOfLevelOneAndUp);
        levels = new Level[shiftsOfLevelOneAndUp.Count];
        int sets = 0;
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = new(shiftsOfLevelOneAndUp[i], sets, i switch { 0 => 4, 1 => 2, _ => 0 });
            sets += 1 << levels[i].SetsLog2;
        }
        entries = new IotlbEntry[sets * Ways];
    }

    /// <summary>Does the IOMMU have these caches at all?</summary>
    public readonly bool Exists => levels is not null;

    /// <summary>The lowest cached table on the way to an address, below <paramref name="rootLevel"/>: its level, place and permission.</summary>
    public bool TryFind(ulong owner, ulong iova, int rootLevel, out int tableLevel, out ulong table, out Permission permission)
    {
        unchecked
        {
            for (int i = 0; i < rootLevel; i++)
            {
                ref readonly Level level = ref levels[i];
                ulong page = iova >> level.PageLog2;
                ulong tag = IotlbEntry.TagOf(owner, level.PageLog2);
                ref IotlbEntry entry = ref FirstOfSet(level, page, tag);
                for (int way = 0; way < Ways; way++, entry = ref Unsafe.Add(ref entry, 1))
                {
                    if (entry.Page != page || entry.Tag != tag) continue;
                    entry.Stamp = ++clock;
                    (tableLevel, table, permission) = (i, entry.PhysicalBase, (Permission)(entry.Leaf & 3));
                    return true;
                }
            }
            (tableLevel, table, permission) = (0, 0, Permission.None);
            return false;
        }
    }

    // The hash's top bits; two shifts, because a count of 64 (one set) would be taken for 0.
    // Unsafe as in SetAssociativeIotlb, set and way being in range by construction; to be judged by the Workloads benchmark, zipf1m.
    private readonly ref IotlbEntry FirstOfSet(in Level level, ulong page, ulong tag)
    {
        unchecked
        {
            uint set = (uint)level.FirstSet + (uint)(IotlbEntry.HashOf(page, tag) >> 1 >> (63 - level.SetsLog2));
            return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(entries), (nint)(set * Ways));
        }
    }

    /// <summary>Remembers that the table of <paramref name="tableLevel"/> for an address lies at <paramref name="table"/>; a walk has just found it missing.</summary>
    public void Fill(ulong owner, ulong iova, int tableLevel, ulong table, Permission permission)
    {
        unchecked
        {
            ref readonly Level level = ref levels[tableLevel];
            ulong page = iova >> level.PageLog2;
            ulong tag = IotlbEntry.TagOf(owner, level.PageLog2);
            ref IotlbEntry first = ref FirstOfSet(level, page, tag);
            ref IotlbEntry second = ref Unsafe.Add(ref first, 1);
            ref IotlbEntry third = ref Unsafe.Add(ref first, 2);
            ref IotlbEntry fourth = ref Unsafe.Add(ref first, 3);
            ref IotlbEntry victim = ref first;
            if (second.Stamp < victim.Stamp) victim = ref second;
            if (third.Stamp < victim.Stamp) victim = ref third;
            if (fourth.Stamp < victim.Stamp) victim = ref fourth;
            victim.Page = page;
            victim.Tag = tag;
            victim.Leaf = IotlbEntry.LeafOf(table, permission, dirtyKnown: false);
            victim.Stamp = ++clock;
        }
    }

    /// <summary>Drops what overlaps a range.</summary>
    public readonly void InvalidateRange(TagMatch owners, ulong firstByte, ulong lastByte)
    {
        if (!Exists) return;
        foreach (ref readonly Level level in levels.AsSpan())
        {
            unchecked
            {
                ulong tag = IotlbEntry.TagOf(owners.Value, level.PageLog2), page = firstByte >> level.PageLog2, last = lastByte >> level.PageLog2;
                int sets = 1 << level.SetsLog2;
                if (!owners.IsExact || last - page >= (uint)sets)
                {
                    foreach (ref IotlbEntry entry in entries.AsSpan(level.FirstSet * Ways, sets * Ways))
                        if (entry.Tag != 0 && owners.Covers(entry.Owner) && entry.Page - page <= last - page) entry = default;
                    continue;
                }
                for (; ; page++)
                {
                    ref IotlbEntry entry = ref FirstOfSet(level, page, tag);
                    for (int way = 0; way < Ways; way++, entry = ref Unsafe.Add(ref entry, 1))
                        if (entry.Page == page && entry.Tag == tag) entry = default;
                    if (page == last) break;
                }
            }
        }
    }

    /// <summary>Drops the matching owners' entries.</summary>
    public readonly void InvalidateOwners(TagMatch owners)
    {
        if (!Exists) return;
        foreach (ref IotlbEntry entry in entries.AsSpan())
            if (entry.Tag != 0 && owners.Covers(entry.Owner)) entry = default;
    }

    /// <summary>Drops everything.</summary>
    public readonly void InvalidateAll()
    {
        if (Exists) entries.AsSpan().Clear();
    }
}
