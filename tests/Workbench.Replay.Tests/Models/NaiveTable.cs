using Workbench.Iommu;

namespace Workbench.Replay.Tests.Models;

/// <summary>A leaf as anyone would write it down.</summary>
internal sealed class NaiveLeaf(ulong start, int level, Permission permission)
{
    public ulong Start { get; } = start;
    public int Log2 { get; } = 12 + (9 * level);
    public Permission Permission { get; } = permission;
    public bool Dirty { get; set; }
    public ulong Last => Start + ((1UL << Log2) - 1);
    public ulong FirstPage => Start >> 12;
}

/// <summary>The hull of what was removed or cleaned, and whether tables went.</summary>
internal sealed class NaiveHull
{
    public ulong First { get; private set; } = ulong.MaxValue;
    public ulong Last { get; private set; }
    public bool TablesFreed { get; set; }
    public bool IsEmpty => First > Last;

    public void Add(ulong first, ulong last) => (First, Last) = (Math.Min(First, first), Math.Max(Last, last));
}

/// <summary>
/// A page table as two plain collections: leaves, and which tables exist, each by level and first address. Tables matter only because a
/// scan looks at their entries one by one, and because a freed table is invalidated whole.
/// </summary>
internal sealed class NaiveTable
{
    private readonly Dictionary<(int Level, ulong Start), NaiveLeaf> leaves = [];
    private readonly HashSet<(int Level, ulong Start)> tables = [];
    private readonly int rootLevel;

    public NaiveTable(int levels)
    {
        rootLevel = levels - 1;
        tables.Add((rootLevel, 0));
    }

    public int RootLevel => rootLevel;
    public ulong LastIova => (1UL << (12 + (9 * (rootLevel + 1)))) - 1;
    public int Leaves => leaves.Count;
    public bool IsEmpty => leaves.Count == 0;
    public ulong MappedBytes => (ulong)leaves.Values.Sum(l => 1L << l.Log2);

    private static ulong EntryBytes(int level) => 1UL << (12 + (9 * level));
    private static ulong TableBytes(int level) => EntryBytes(level + 1);
    private static ulong Align(ulong iova, ulong bytes) => iova & ~(bytes - 1);

    public NaiveLeaf? Find(ulong iova)
    {
        for (int level = 0; level <= 2; level++)
            if (leaves.TryGetValue((level, Align(iova, EntryBytes(level))), out NaiveLeaf? leaf)) return leaf;
        return null;
    }

    /// <summary>Maps with the largest leaves possible; what is mapped there already goes first, whole. True if something was.</summary>
    public bool Map(ulong iova, ulong physical, ulong length, Permission permission, int largestLog2, Action<NaiveLeaf> onDirty, NaiveHull hull)
    {
        ulong last = iova + (length - 1);
        bool remap = leaves.Values.Any(leaf => leaf.Start <= last && leaf.Last >= iova);
        if (remap)
        {
            ulong from = Find(iova)?.Start ?? iova;
            Unmap(from, last - from + 1, onDirty, hull);
        }
        for (ulong at = iova; at <= last;)
        {
            int level = 2;
            while (level > 0 && (12 + (9 * level) > largestLog2 || ((at | (physical + (at - iova))) & (EntryBytes(level) - 1)) != 0 || last - at < EntryBytes(level) - 1)) level--;
            if (level > 0 && tables.Contains((level - 1, at)))
            {
                RemoveTables(at, at + (EntryBytes(level) - 1), level);
                hull.TablesFreed = true;
                hull.Add(at, at + (EntryBytes(level) - 1));
            }
            leaves.Add((level, at), new(at, level, permission));
            for (int table = level; table < rootLevel; table++) tables.Add((table, Align(at, TableBytes(table))));
            at += EntryBytes(level);
        }
        return remap;
    }

    private void RemoveTables(ulong first, ulong last, int below) =>
        tables.RemoveWhere(t => t.Level < below && t.Start >= first && t.Start + (TableBytes(t.Level) - 1) <= last);

    /// <summary>Removes the leaves that begin in the range; a table goes when the range covers all of it.</summary>
    public void Unmap(ulong iova, ulong length, Action<NaiveLeaf> onDirty, NaiveHull hull)
    {
        if (iova > LastIova) return;
        ulong last = length - 1 > LastIova - iova ? LastIova : iova + (length - 1);
        foreach (NaiveLeaf leaf in leaves.Values.Where(leaf => leaf.Start >= iova && leaf.Start <= last).OrderBy(leaf => leaf.Start).ToList())
        {
            leaves.Remove(((leaf.Log2 - 12) / 9, leaf.Start));
            hull.Add(leaf.Start, leaf.Last);
            if (leaf.Dirty) onDirty(leaf);
        }
        foreach ((int level, ulong start) in tables.Where(t => t.Level < rootLevel && t.Start >= iova && t.Start + (TableBytes(t.Level) - 1) <= last).ToList())
        {
            tables.Remove((level, start));
            hull.TablesFreed = true;
            hull.Add(start, start + (TableBytes(level) - 1));
        }
    }

    /// <summary>
    /// One step of a scan in table order: the entry of a level at an address. Where the tables on the way there went meanwhile, the entry
    /// above that was paid for already is what is looked at. Returns whether an entry is to be paid for and the leaf it holds.
    /// </summary>
    public (bool Paid, NaiveLeaf? Leaf) Step(ref ulong at, ref int level)
    {
        int seen = rootLevel;
        while (seen > level && tables.Contains((seen - 1, Align(at, TableBytes(seen - 1))))) seen--;
        bool paid = seen == level;
        if (paid && level > 0 && tables.Contains((level - 1, at)))
        {
            level--;
            return (true, null);
        }
        leaves.TryGetValue((seen, Align(at, EntryBytes(seen))), out NaiveLeaf? leaf);
        at = Align(at, EntryBytes(seen)) + EntryBytes(seen);
        level = seen;
        while (level < rootLevel && at % TableBytes(level) == 0) level++;
        return (paid, leaf);
    }
}
