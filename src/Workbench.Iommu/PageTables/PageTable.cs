using System.Diagnostics;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>The write side of a table: what a driver does to it. Entries change by single 64-bit exchanges, so hardware may walk meanwhile.</summary>
public sealed unsafe class PageTable<TFormat> : IPageTable
    where TFormat : struct, IDirtyTrackingFormat
{
    private readonly PhysicalMemory memory;

    /// <summary>Creates an empty table of <paramref name="levels"/> levels, 1 to the format's most.</summary>
    public PageTable(PhysicalMemory memory, int levels)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels, TFormat.MaxLevels);
        this.memory = memory;
        RootLevel = levels - 1;
        Root = memory.AllocateFrame();
    }

    /// <inheritdoc/>
    public Spa Root { get; }
    /// <inheritdoc/>
    public int RootLevel { get; }
    /// <inheritdoc/>
    public ulong LastIova => Iommu.Bits.Mask(Math.Min(64, TFormat.Shift(RootLevel) + TFormat.IndexBits));
    /// <inheritdoc/>
    public long Leaves { get; private set; }

    private static int Entries => 1 << TFormat.IndexBits;

    private static int IndexOf(ulong iova, int level) => (int)((iova >> TFormat.Shift(level)) & (ulong)(Entries - 1));

    private ulong* TableAt(ulong address)
    {
        ulong* table = memory.PointerOrNull(address);
        Debug.Assert(table != null, "a table entry of our own points into table memory");
        return table;
    }

    /// <inheritdoc/>
    public MapResult Map(ulong iova, ulong physical, ulong length, Permission permission, int largestLeafLog2, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(gather);
        ArgumentOutOfRangeException.ThrowIfLessThan(largestLeafLog2, TFormat.Shift(0));
        if (!TFormat.IsPresent(TFormat.EncodeLeaf(0, 0, permission))) throw new ArgumentOutOfRangeException(nameof(permission), $"{TFormat.Name} has no present leaf with permission '{permission}'; leave the range unmapped instead.");
        if (length == 0 || ((iova | physical | length) & 0xFFF) != 0 || iova > LastIova || length - 1 > LastIova - iova) return MapResult.OutOfRange;
        if (length - 1 > ulong.MaxValue - physical || !Holds(physical + (length - 1))) return MapResult.OutOfRange;
        ulong last = iova + (length - 1);
        if (HoldsLeaf(Root.Value, RootLevel, iova, last)) return MapResult.AlreadyMapped;
        unchecked
        {
            MapRange(Root.Value, RootLevel, iova, last, physical - iova, permission, largestLeafLog2, gather);
        }
        return MapResult.Mapped;
    }

    /// <summary>Has an entry room for all bits of a physical address?</summary>
    private static bool Holds(ulong physical) => TFormat.LeafAddress(TFormat.EncodeLeaf(physical & ~0xFFFUL, 0, Permission.Read), 0) == (physical & ~0xFFFUL);

    private bool HoldsLeaf(ulong table, int level, ulong first, ulong last)
    {
        ulong* entries = TableAt(table);
        int shift = TFormat.Shift(level);
        for (int i = IndexOf(first, level), end = IndexOf(last, level); i <= end; i++)
        {
            if (entries[i] == 0) continue;
            if (!TFormat.IsPresent(entries[i]) || TFormat.IsLeaf(entries[i], level)) return true;
            ulong start = Start(first, level, i), stop = start | ((1UL << shift) - 1);
            if (HoldsLeaf(TFormat.TableAddress(entries[i]), level - 1, Math.Max(first, start), Math.Min(last, stop))) return true;
        }
        return false;
    }

    /// <summary>First IOVA under entry <paramref name="index"/> of the table that holds <paramref name="within"/>.</summary>
    private static ulong Start(ulong within, int level, int index)
    {
        int shift = TFormat.Shift(level);
        return (within & ~Iommu.Bits.Mask(Math.Min(64, shift + TFormat.IndexBits))) | ((ulong)index << shift);
    }

    private void MapRange(ulong table, int level, ulong first, ulong last, ulong displacement, Permission permission, int largest, InvalidationGather gather)
    {
        unchecked
        {
            ulong* entries = TableAt(table);
            int shift = TFormat.Shift(level);
            bool leafPossible = shift <= largest && (TFormat.LeafSizes(level) & (1UL << shift)) != 0;
            for (int i = IndexOf(first, level), end = IndexOf(last, level); i <= end; i++)
            {
                ulong start = Start(first, level, i), stop = start | ((1UL << shift) - 1);
                bool covered = start >= first && stop <= last;
                if (covered && leafPossible && ((start + displacement) & ((1UL << shift) - 1)) == 0)
                {
                    if (entries[i] != 0)
                    {
                        // Only empty tables are left here: a leaf below would have been found before.
                        FreeTables(TFormat.TableAddress(entries[i]), level - 1);
                        gather.TablesFreed = true;
                        gather.Add(start, stop);
                    }
                    Volatile.Write(ref entries[i], TFormat.EncodeLeaf(start + displacement, level, permission));
                    Leaves++;
                    continue;
                }
                if (entries[i] == 0) Volatile.Write(ref entries[i], TFormat.EncodeTable(memory.AllocateFrame().Value));
                MapRange(TFormat.TableAddress(entries[i]), level - 1, Math.Max(first, start), Math.Min(last, stop), displacement, permission, largest, gather);
            }
        }
    }

    /// <inheritdoc/>
    public ulong Unmap(ulong iova, ulong length, IDirtySink? dirty, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(gather);
        if (length == 0 || iova > LastIova) return 0;
        ulong last = length - 1 > LastIova - iova ? LastIova : iova + (length - 1);
        return UnmapRange(Root.Value, RootLevel, iova, last, dirty, gather);
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
                if (!TFormat.IsPresent(entries[i])) continue;
                ulong start = Start(first, level, i), stop = start | ((1UL << shift) - 1);
                if (TFormat.IsLeaf(entries[i], level))
                {
                    if (start < first) continue;
                    ulong old = Interlocked.Exchange(ref entries[i], 0);
                    Leaves--;
                    removed += stop - start + 1;
                    gather.Add(start, stop);
                    if (dirty is not null && TFormat.IsDirty(old)) dirty.Report(start >> 12, shift);
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

    private void FreeTables(ulong table, int level)
    {
        ulong* entries = TableAt(table);
        if (level > 0)
        {
            for (int i = 0; i < Entries; i++)
                if (TFormat.IsPresent(entries[i]) && !TFormat.IsLeaf(entries[i], level)) FreeTables(TFormat.TableAddress(entries[i]), level - 1);
        }
        memory.FreeFrame(new(table));
    }

    /// <inheritdoc/>
    public ulong? ScanDirty(ulong fromIova, bool clear, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(dirty);
        ArgumentNullException.ThrowIfNull(gather);
        if (fromIova > LastIova) return null;
        if (budget.RemainingNs <= 0) return fromIova;
        ulong? next = ScanTable(Root.Value, RootLevel, fromIova, fromIova, clear, ref budget, dirty, gather);
        if (next is null) budget.LevelsPaid = 0;
        return next;
    }

    /// <summary>Scans from <paramref name="from"/> on, in a call that <paramref name="began"/> where the last one stopped.</summary>
    private ulong? ScanTable(ulong table, int level, ulong began, ulong from, bool clear, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather)
    {
        unchecked
        {
            ulong* entries = TableAt(table);
            int shift = TFormat.Shift(level);
            for (int i = IndexOf(from, level); i < Entries; i++)
            {
                ulong start = Start(from, level, i);
                // On the way down to where the last call stopped, what it looked at is paid for: each entry costs once, at its own time.
                if (start > began || (start == began && RootLevel - level >= budget.LevelsPaid))
                {
                    if (budget.RemainingNs <= 0)
                    {
                        budget.LevelsPaid = RootLevel - level;
                        return start;
                    }
                    budget.RemainingNs -= budget.ScanNs;
                    budget.EntriesScanned++;
                }
                ulong entry = Volatile.Read(ref entries[i]);
                if (!TFormat.IsPresent(entry)) continue;
                if (!TFormat.IsLeaf(entry, level))
                {
                    if (ScanTable(TFormat.TableAddress(entry), level - 1, began, Math.Max(start, from), clear, ref budget, dirty, gather) is { } next) return next;
                    continue;
                }
                if (!TFormat.IsDirty(entry)) continue;
                // Reported first, cleared second: a bit set in between is of a page that is in this report already.
                dirty.Report(start >> 12, shift);
                if (!clear) continue;
                gather.Add(start, start | ((1UL << shift) - 1));
                budget.RemainingNs -= budget.ClearNs;
                budget.EntriesCleared++;
                ClearDirty(ref entries[i], entry);
            }
            return null;
        }
    }

    private static void ClearDirty(ref ulong slot, ulong entry)
    {
        while (true)
        {
            ulong seen = Interlocked.CompareExchange(ref slot, TFormat.Clean(entry), entry);
            if (seen == entry) return;
            entry = seen;
        }
    }

    /// <inheritdoc/>
    public bool TryGetLeaf(ulong iova, out ulong entry, out int leafLog2)
    {
        (entry, leafLog2) = (0, 0);
        if (iova > LastIova) return false;
        ulong table = Root.Value;
        for (int level = RootLevel; ; level--)
        {
            ulong found = Volatile.Read(ref TableAt(table)[IndexOf(iova, level)]);
            if (!TFormat.IsPresent(found)) return false;
            if (TFormat.IsLeaf(found, level))
            {
                (entry, leafLog2) = (found, TFormat.LeafSizeLog2(found, level));
                return true;
            }
            table = TFormat.TableAddress(found);
        }
    }

    /// <inheritdoc/>
    public void Free()
    {
        FreeTables(Root.Value, RootLevel);
        Leaves = 0;
    }
}
