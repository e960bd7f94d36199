using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Tests.Models;

/// <summary>The oracle of a scan for dirty leaves: one entry after the other, each looked at, paid for and cleared by itself.</summary>
internal sealed class NaiveScan<TFormat>(PhysicalMemory memory, Spa root, TableShape shape)
    where TFormat : struct, IDirtyTrackingFormat
{
    public ulong? Scan(ulong from, ulong last, bool clear, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather)
    {
        if (from > Math.Min(last, shape.LastInput<TFormat>())) return null;
        if (budget.RemainingNs <= 0) return from;
        ulong? next = ScanTable(root.Value, shape.RootLevel, from, from, last, clear, ref budget, dirty, gather);
        if (next is null) budget.LevelsPaid = 0;
        return next;
    }

    /// <summary>Every word of every table, with its level, in order.</summary>
    public IEnumerable<(Spa Word, int Level)> Words() => Words(root.Value, shape.RootLevel);

    private int EntriesOf(int level) => 1 << (level == shape.RootLevel ? shape.InputBits - TFormat.Shift(level) : TFormat.IndexBits);

    private IEnumerable<(Spa Word, int Level)> Words(ulong table, int level)
    {
        for (int i = 0; i < EntriesOf(level); i++)
        {
            Spa at = new(table + ((ulong)i * 8));
            ulong entry = memory.Word(at);
            yield return (at, level);
            if (!TFormat.IsPresent(entry, level) || TFormat.IsLeaf(entry, level)) continue;
            foreach ((Spa, int) below in Words(TFormat.TableAddress(entry), level - 1)) yield return below;
        }
    }

    private ulong? ScanTable(ulong table, int level, ulong began, ulong from, ulong last, bool clear, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather)
    {
        int shift = TFormat.Shift(level), count = EntriesOf(level), depth = shape.RootLevel - level;
        ulong origin = level == shape.RootLevel ? 0 : from & ~Bits.Mask(shift + TFormat.IndexBits);
        for (int i = (int)((from - origin) >> shift); i < (TFormat.IsSigned && depth == 0 ? count / 2 : count); i++)
        {
            ulong start = origin + ((ulong)i << shift);
            if (start > last) return null;
            bool pays = start > began || (start == began && depth >= budget.LevelsPaid);
            if (pays && budget.RemainingNs <= 0)
            {
                budget.LevelsPaid = depth;
                return start;
            }
            ulong entry = memory.Word(new(table + ((ulong)i * 8)));
            bool isPresent = TFormat.IsPresent(entry, level), isLeaf = isPresent && TFormat.IsLeaf(entry, level);
            int log2 = isLeaf ? TFormat.LeafSizeLog2(entry, level) : shift, run = 1 << (log2 - shift);
            if (pays)
            {
                budget.RemainingNs -= (long)budget.ScanNs * run;
                budget.EntriesScanned += run;
            }
            if (!isPresent) continue;
            if (!isLeaf)
            {
                if (ScanTable(TFormat.TableAddress(entry), level - 1, began, Math.Max(start, from), last, clear, ref budget, dirty, gather) is { } next) return next;
                continue;
            }
            int head = i / run * run;
            i = head + run - 1;
            Spa[] members = [.. Enumerable.Range(head, run).Select(member => new Spa(table + ((ulong)member * 8)))];
            if (!members.Any(member => TFormat.IsDirty(memory.Word(member)))) continue;
            start = start >> log2 << log2;
            dirty.Report(start >> 12, log2);
            if (!clear) continue;
            gather.Add(start, start + Bits.Mask(log2), log2);
            foreach (Spa member in members.Where(member => TFormat.IsDirty(memory.Word(member))))
            {
                memory.Word(member) = TFormat.Clean(memory.Word(member));
                budget.RemainingNs -= budget.ClearNs;
                budget.EntriesCleared++;
            }
        }
        return null;
    }
}
