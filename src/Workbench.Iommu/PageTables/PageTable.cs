using System.Diagnostics;
using System.Numerics;
using Workbench.Display;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Display;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>
/// The write side of a table: what a driver does to it. Entries change by single 64-bit exchanges, so hardware may walk meanwhile. A leaf
/// that fills a run of entries is one leaf in every count and report.
/// </summary>
[TypeFormatterSource(typeof(SelfFormatter<IPageTable, PageTableDisplay>))]
public sealed unsafe partial class PageTable<TFormat> : IPageTable
    where TFormat : struct, IDirtyTrackingFormat
{
    private readonly PhysicalMemory memory;
    private readonly LeafState state;
    private readonly int mostLevels;
    private readonly ulong leafSizes;
    private TableShape shape;

    /// <summary>Creates an empty table of <paramref name="levels"/> whole levels, 1 to the format's most.</summary>
    public PageTable(PhysicalMemory memory, int levels)
        : this(memory, TableShape.OfLevels<TFormat>(levels))
    {
    }

    /// <summary>
    /// Creates an empty table. New leaves are written in <paramref name="state"/>. With <paramref name="growsToLevels"/> above the shape's own, a map
    /// beyond the top adds levels there, as far as that. <paramref name="leafSizes"/> are those the driver uses of the format's (bit n set means 2^n bytes).
    /// </summary>
    public PageTable(PhysicalMemory memory, TableShape shape, LeafState state = LeafState.Clean, int growsToLevels = 0, ulong leafSizes = ulong.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(growsToLevels, TFormat.MaxLevels);
        (this.memory, this.shape, this.state, this.leafSizes) = (memory, shape, state, leafSizes);
        mostLevels = Math.Max(growsToLevels, shape.RootLevel + 1);
        // The old top becomes a table like any other, so it must be one.
        if (mostLevels > shape.RootLevel + 1 && shape != TableShape.OfLevels<TFormat>(shape.RootLevel + 1))
            throw new ArgumentException($"A {TFormat.Name} table of {shape.InputBits} bits at level {shape.RootLevel} cannot grow; only one of whole levels ({TableShape.OfLevels<TFormat>(shape.RootLevel + 1).InputBits} bits) can.", nameof(growsToLevels));
        Root = memory.Allocate(shape.RootSizeLog2<TFormat>());
    }

    /// <inheritdoc/>
    public Spa Root { get; private set; }
    /// <inheritdoc/>
    public int RootLevel => shape.RootLevel;
    /// <inheritdoc/>
    public int InputBits => shape.InputBits;
    /// <inheritdoc/>
    public ulong LastIova => (mostLevels > shape.RootLevel + 1 ? TableShape.OfLevels<TFormat>(mostLevels) : shape).LastInput<TFormat>();
    /// <inheritdoc/>
    public long Leaves { get; private set; }
    /// <inheritdoc/>
    public int SmallestLeafLog2 => TFormat.Shift(0);

    /// <summary>Entries of a table of a level; the top one has as many as the width leaves it.</summary>
    private int EntriesOf(int level) => 1 << (level == shape.RootLevel ? shape.InputBits - TFormat.Shift(level) : TFormat.IndexBits);

    private int IndexOf(ulong iova, int level) => (int)((iova >> TFormat.Shift(level)) & (ulong)(EntriesOf(level) - 1));

    private ulong* TableAt(ulong address)
    {
        ulong* table = memory.PointerOrNull(address);
        Debug.Assert(table != null, "a table entry of our own points into table memory");
        return table;
    }

    private ulong NewTable() => memory.Allocate(TFormat.IndexBits + 3).Value;

    /// <inheritdoc/>
    public MapResult Map(ulong iova, ulong physical, ulong length, Permission permission, int largestLeafLog2, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(gather);
        ArgumentOutOfRangeException.ThrowIfLessThan(largestLeafLog2, TFormat.Shift(0));
        if (permission == Permission.None || !TFormat.IsPresent(Leaf(0, 0, TFormat.Shift(0), permission), 0))
            throw new ArgumentOutOfRangeException(nameof(permission), $"{TFormat.Name} has no present leaf with permission '{permission}'; leave the range unmapped instead.");
        if (length == 0 || ((iova | physical | length) & Iommu.Bits.Mask(TFormat.Shift(0))) != 0 || iova > LastIova || length - 1 > LastIova - iova) return MapResult.OutOfRange;
        if (length - 1 > ulong.MaxValue - physical || !Holds(physical + (length - 1))) return MapResult.OutOfRange;
        ulong last = iova + (length - 1);
        while (last > shape.LastInput<TFormat>()) Grow();
        if (hole is { } open && open.FirstByte <= last && open.LastByte >= iova) return MapResult.AlreadyMapped;
        if (HoldsLeaf(Root.Value, RootLevel, iova, last)) return MapResult.AlreadyMapped;
        remaps++;
        unchecked
        {
            MapRange(Root.Value, RootLevel, iova, last, physical - iova, permission, largestLeafLog2, gather);
        }
        return MapResult.Mapped;
    }

    /// <summary>Puts a new top table over the old one, whose addresses it holds at index 0. What is cached of the old one stays right.</summary>
    private void Grow()
    {
        Spa old = Root;
        TableShape grown = TableShape.OfLevels<TFormat>(shape.RootLevel + 2);
        Spa top = memory.Allocate(grown.RootSizeLog2<TFormat>());
        *TableAt(top.Value) = TFormat.EncodeTable(old.Value, grown.RootLevel);
        (Root, shape) = (top, grown);
    }

    private ulong Leaf(ulong address, int level, int sizeLog2, Permission permission)
    {
        ulong leaf = TFormat.EncodeLeaf(address, level, sizeLog2, permission);
        return state switch
        {
            LeafState.Dirty when (permission & Permission.Write) != 0 => TFormat.MarkDirty(leaf),
            LeafState.Clean => leaf,
            _ => TFormat.MarkAccessed(leaf),
        };
    }

    /// <summary>Has an entry room for all bits of a physical address?</summary>
    private static bool Holds(ulong physical)
    {
        ulong page = physical & ~Iommu.Bits.Mask(TFormat.Shift(0));
        return TFormat.LeafAddress(TFormat.EncodeLeaf(page, 0, TFormat.Shift(0), Permission.Read), 0) == page;
    }

    private bool HoldsLeaf(ulong table, int level, ulong first, ulong last)
    {
        ulong* entries = TableAt(table);
        int shift = TFormat.Shift(level);
        for (int i = IndexOf(first, level), end = IndexOf(last, level); i <= end; i++)
        {
            if (entries[i] == 0) continue;
            if (!TFormat.IsPresent(entries[i], level) || TFormat.IsLeaf(entries[i], level)) return true;
            ulong start = Start(first, level, i), stop = start | ((1UL << shift) - 1);
            if (HoldsLeaf(TFormat.TableAddress(entries[i]), level - 1, Math.Max(first, start), Math.Min(last, stop))) return true;
        }
        return false;
    }

    /// <summary>First IOVA under entry <paramref name="index"/> of the table that holds <paramref name="within"/>.</summary>
    private ulong Start(ulong within, int level, int index)
    {
        int shift = TFormat.Shift(level);
        return level == shape.RootLevel ? (ulong)index << shift : (within & ~Iommu.Bits.Mask(shift + TFormat.IndexBits)) | ((ulong)index << shift);
    }

    /// <summary>The largest leaf of a level that may begin at an address: aligned on both sides and within the range; 0 if there is none.</summary>
    private int LargestFit(int level, ulong iova, ulong last, ulong displacement, int largest)
    {
        unchecked
        {
            for (ulong sizes = TFormat.LeafSizes(level) & leafSizes & Iommu.Bits.Mask(Math.Min(63, largest) + 1); sizes != 0;)
            {
                int log2 = BitOperations.Log2(sizes);
                ulong inside = (1UL << log2) - 1;
                if (((iova | (iova + displacement)) & inside) == 0 && last - iova >= inside) return log2;
                sizes &= ~(1UL << log2);
            }
            return 0;
        }
    }

    private void MapRange(ulong table, int level, ulong first, ulong last, ulong displacement, Permission permission, int largest, InvalidationGather gather)
    {
        unchecked
        {
            ulong* entries = TableAt(table);
            int shift = TFormat.Shift(level);
            for (int i = IndexOf(first, level), end = IndexOf(last, level); i <= end; i++)
            {
                ulong start = Start(first, level, i), stop = start | ((1UL << shift) - 1);
                if (start >= first && LargestFit(level, start, last, displacement, largest) is > 0 and int log2)
                {
                    int run = 1 << (log2 - shift);
                    for (int member = 0; member < run; member++) PutLeaf(ref entries[i + member], start + ((ulong)member << shift), level, log2, displacement, permission, gather);
                    Leaves++;
                    i += run - 1;
                    continue;
                }
                if (entries[i] == 0) Volatile.Write(ref entries[i], TFormat.EncodeTable(NewTable(), level));
                MapRange(TFormat.TableAddress(entries[i]), level - 1, Math.Max(first, start), Math.Min(last, stop), displacement, permission, largest, gather);
            }
        }
    }

    private void PutLeaf(ref ulong slot, ulong iova, int level, int log2, ulong displacement, Permission permission, InvalidationGather gather)
    {
        ulong before = slot;
        Volatile.Write(ref slot, Leaf(unchecked(iova + displacement), level, log2, permission));
        if (before == 0) return;
        // Only empty tables are left here: a leaf below would have been found before.
        FreeTables(TFormat.TableAddress(before), level - 1);
        gather.TablesFreed = true;
        gather.Add(iova, iova | Iommu.Bits.Mask(TFormat.Shift(level)));
    }

    /// <inheritdoc/>
    public ulong Unmap(ulong iova, ulong length, IDirtySink? dirty, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(gather);
        ulong top = shape.LastInput<TFormat>();
        if (length == 0 || iova > top) return 0;
        ulong last = length - 1 > top - iova ? top : iova + (length - 1);
        remaps++;
        ulong removed = UnmapRange(Root.Value, RootLevel, iova, last, dirty, gather);
        if (hole is not { } open || open.FirstByte < iova || open.FirstByte > last) return removed;
        (open.IsUnmapped, hole) = (true, null);
        Leaves -= open.Leaves;
        if (open.IsDirty) dirty?.Report(open.FirstByte >> 12, open.Log2);
        return removed + (open.LastByte - open.FirstByte) + 1;
    }

    private ulong UnmapRange(ulong table, int level, ulong first, ulong last, IDirtySink? dirty, InvalidationGather gather)
    {
        unchecked
        {
            ulong removed = 0;
            ulong* entries = TableAt(table);
            int shift = TFormat.Shift(level);
            for (int i = IndexOf(first, level), end = IndexOf(last, level); i <= end; i++)
            {
                if (!TFormat.IsPresent(entries[i], level)) continue;
                ulong start = Start(first, level, i), stop = start | ((1UL << shift) - 1);
                if (TFormat.IsLeaf(entries[i], level))
                {
                    int log2 = TFormat.LeafSizeLog2(entries[i], level), run = 1 << (log2 - shift), head = i & -run;
                    i = head + run - 1;
                    start &= ~((1UL << log2) - 1);
                    if (start < first) continue;
                    bool wasDirty = RemoveRun(entries + head, run);
                    Leaves--;
                    removed += 1UL << log2;
                    gather.Add(start, start | ((1UL << log2) - 1), log2);
                    if (dirty is not null && wasDirty) dirty.Report(start >> 12, log2);
                    continue;
                }
                ulong child = TFormat.TableAddress(entries[i]);
                removed += UnmapRange(child, level - 1, Math.Max(first, start), Math.Min(last, stop), dirty, gather);
                if (start < first || stop > last) continue;
                // As Linux does: a table goes when the range covers all of it, not when it happens to be empty.
                Volatile.Write(ref entries[i], 0);
                FreeTables(child, level - 1);
                gather.TablesFreed = true;
                gather.Add(start, stop);
            }
            return removed;
        }
    }

    /// <summary>Takes every member of a run out; was any of them dirty? Hardware may set D in any one.</summary>
    private static bool RemoveRun(ulong* head, int run)
    {
        bool dirty = false;
        for (int member = 0; member < run; member++) dirty |= TFormat.IsDirty(Interlocked.Exchange(ref head[member], 0));
        return dirty;
    }

    /// <summary>Frees a table and those below it; returns how many.</summary>
    private long FreeTables(ulong table, int level)
    {
        long freed = 1;
        ulong* entries = TableAt(table);
        if (level > 0)
        {
            for (int i = 0, count = EntriesOf(level); i < count; i++)
                if (TFormat.IsPresent(entries[i], level) && !TFormat.IsLeaf(entries[i], level)) freed += FreeTables(TFormat.TableAddress(entries[i]), level - 1);
        }
        memory.Free(new(table), level == shape.RootLevel ? shape.RootSizeLog2<TFormat>() : TFormat.IndexBits + 3);
        return freed;
    }

    /// <inheritdoc/>
    public bool TryGetLeaf(ulong iova, out ulong entry, out int leafLog2)
    {
        (entry, leafLog2) = (0, 0);
        if (iova > shape.LastInput<TFormat>()) return false;
        ulong table = Root.Value;
        for (int level = RootLevel; ; level--)
        {
            ulong found = Volatile.Read(ref TableAt(table)[IndexOf(iova, level)]);
            if (!TFormat.IsPresent(found, level)) return false;
            if (TFormat.IsLeaf(found, level))
            {
                (entry, leafLog2) = (found, TFormat.LeafSizeLog2(found, level));
                return true;
            }
            table = TFormat.TableAddress(found);
        }
    }

    /// <inheritdoc/>
    public ulong EncodeLeaf(ulong physical, int leafLog2, Permission permission)
    {
        for (int level = 0; level < TFormat.MaxLevels; level++)
            if ((TFormat.LeafSizes(level) & (1UL << leafLog2)) != 0) return Leaf(physical, level, leafLog2, permission);
        throw new ArgumentOutOfRangeException(nameof(leafLog2), $"{TFormat.Name} has no leaf of 2^{leafLog2} bytes.");
    }

    /// <inheritdoc/>
    public void Free()
    {
        FreeTables(Root.Value, RootLevel);
        Leaves = 0;
    }
}
