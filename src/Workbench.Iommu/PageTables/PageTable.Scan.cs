using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.PageTables;

/// <summary>Reading and clearing dirty bits.</summary>
public sealed unsafe partial class PageTable<TFormat>
{
    /// <inheritdoc/>
    public ulong? ScanDirty(ulong fromIova, ulong lastIova, bool clear, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(dirty);
        ArgumentNullException.ThrowIfNull(gather);
        if (fromIova > Math.Min(lastIova, shape.LastInput<TFormat>())) return null;
        if (budget.RemainingNs <= 0) return fromIova;
        ulong? next = ScanTable(Root.Value, RootLevel, fromIova, fromIova, lastIova, clear, ref budget, dirty, gather);
        if (next is null) budget.LevelsPaid = 0;
        return next;
    }

    /// <summary>Scans from <paramref name="from"/> on, in a call that <paramref name="began"/> where the last one stopped.</summary>
    private ulong? ScanTable(ulong table, int level, ulong began, ulong from, ulong last, bool clear, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather)
    {
        unchecked
        {
            ulong* entries = TableAt(table);
            int shift = TFormat.Shift(level);
            int count = TFormat.IsSigned && level == shape.RootLevel ? EntriesOf(level) / 2 : EntriesOf(level);
            for (int i = IndexOf(from, level); i < count; i++)
            {
                ulong start = Start(from, level, i);
                if (start > last) return null;
                // On the way down to where the last call stopped, what it looked at is paid for: each entry costs once, at its own time.
                bool pays = start > began || (start == began && RootLevel - level >= budget.LevelsPaid);
                if (pays && budget.RemainingNs <= 0)
                {
                    budget.LevelsPaid = RootLevel - level;
                    return start;
                }
                ulong entry = Volatile.Read(ref entries[i]);
                bool isLeaf = TFormat.IsPresent(entry, level) && TFormat.IsLeaf(entry, level);
                int log2 = isLeaf ? TFormat.LeafSizeLog2(entry, level) : shift, run = 1 << (log2 - shift);
                if (pays)
                {
                    budget.RemainingNs -= (long)budget.ScanNs * run;
                    budget.EntriesScanned += run;
                }
                if (!TFormat.IsPresent(entry, level)) continue;
                if (!isLeaf)
                {
                    if (ScanTable(TFormat.TableAddress(entry), level - 1, began, Math.Max(start, from), last, clear, ref budget, dirty, gather) is { } next) return next;
                    continue;
                }
                ulong* head = entries + (i & -run);
                i |= run - 1;
                if (!AnyDirty(head, run)) continue;
                // Reported first, cleared second: a bit set in between is of a page that is in this report already.
                start &= ~((1UL << log2) - 1);
                dirty.Report(start >> 12, log2);
                if (!clear) continue;
                gather.Add(start, start | ((1UL << log2) - 1), log2);
                for (int member = 0; member < run; member++)
                {
                    if (!ClearDirty(ref head[member])) continue;
                    budget.RemainingNs -= budget.ClearNs;
                    budget.EntriesCleared++;
                }
            }
            return null;
        }
    }

    private static bool AnyDirty(ulong* head, int run)
    {
        for (int member = 0; member < run; member++)
            if (TFormat.IsDirty(Volatile.Read(ref head[member]))) return true;
        return false;
    }

    private static bool ClearDirty(ref ulong slot)
    {
        while (true)
        {
            ulong entry = Volatile.Read(ref slot);
            if (!TFormat.IsDirty(entry)) return false;
            if (Interlocked.CompareExchange(ref slot, TFormat.Clean(entry), entry) == entry) return true;
        }
    }
}
