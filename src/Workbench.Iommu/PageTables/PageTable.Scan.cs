using System.Numerics;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.PageTables;

/// <summary>Reading and clearing dirty bits.</summary>
public sealed unsafe partial class PageTable<TFormat>
{
    /// <summary>What stays the same through all tables of one scan.</summary>
    private readonly ref struct Scan(ulong began, ulong last, bool clears, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather)
    {
        /// <summary>Where the last call stopped, and this one goes on.</summary>
        public readonly ulong Began = began;
        public readonly ulong Last = last;
        public readonly bool Clears = clears;
        public readonly ref ScanBudget Budget = ref budget;
        public readonly IDirtySink Dirty = dirty;
        public readonly InvalidationGather Gather = gather;
    }

    /// <inheritdoc/>
    public ulong? ScanDirty(ulong fromIova, ulong lastIova, bool clear, ref ScanBudget budget, IDirtySink dirty, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(dirty);
        ArgumentNullException.ThrowIfNull(gather);
        if (fromIova > Math.Min(lastIova, shape.LastInput<TFormat>())) return null;
        if (budget.RemainingNs <= 0) return fromIova;
        ulong? next = ScanTable(Root.Value, RootLevel, fromIova, new(fromIova, lastIova, clear, ref budget, dirty, gather));
        if (next is null) budget.LevelsPaid = 0;
        return next;
    }

    private ulong? ScanTable(ulong table, int level, ulong from, in Scan scan)
    {
        unchecked
        {
            ulong* entries = TableAt(table);
            ref ScanBudget budget = ref scan.Budget;
            int shift = TFormat.Shift(level), all = EntriesOf(level), count = TFormat.IsSigned && level == shape.RootLevel ? all / 2 : all;
            int end = Start(from, level, all - 1) <= scan.Last ? count : Math.Min(count, IndexOf(scan.Last, level) + 1);
            ulong origin = Start(from, level, 0);
            EntrySearch search = new(entries, end, TFormat.DirtyPattern(level), level > 0 ? TFormat.TablePattern(level) : EntryPattern.None);
            int i = IndexOf(from, level);
            // Where the last call stopped, the first entry may be paid for, or in the middle of a run.
            bool isFirst = from == scan.Began;
            while (i < end)
            {
                if (!isFirst)
                {
                    int candidate = search.Next(i);
                    i = Pass(entries, i, candidate, count, level, ref budget);
                    if (i == end) break;
                    if (i == candidate && ReachesBeyondGroup(budget))
                    {
                        i = ScanSingles(entries, i, search.Candidates(i), origin, level, scan);
                        if (i != candidate) continue;
                    }
                }
                isFirst = false;
                ulong start = origin | ((ulong)i << shift);
                // On the way down to where the last call stopped, what it looked at is paid for: each entry costs once, at its own time.
                bool pays = start > scan.Began || (start == scan.Began && RootLevel - level >= budget.LevelsPaid);
                if (pays && budget.RemainingNs <= 0)
                {
                    budget.LevelsPaid = RootLevel - level;
                    return start;
                }
                ulong entry = Volatile.Read(ref entries[i]);
                bool isPresent = TFormat.IsPresent(entry, level), isLeaf = isPresent && TFormat.IsLeaf(entry, level);
                int log2 = isLeaf ? TFormat.LeafSizeLog2(entry, level) : shift, run = 1 << (log2 - shift);
                if (pays) Pay(ref budget, run);
                if (isLeaf) ScanLeaf(entries + (i & -run), run, start, log2, scan);
                else if (isPresent && ScanTable(TFormat.TableAddress(entry), level - 1, Math.Max(start, from), scan) is { } next) return next;
                i = (i | (run - 1)) + 1;
            }
            return null;
        }
    }

    /// <summary>
    /// Goes past entries that are neither dirty nor tables, at what they cost, up to a candidate or as far as the budget reaches. A run is looked
    /// at from its first member on, wherever in it the way ends.
    /// </summary>
    private static int Pass(ulong* entries, int from, int to, int count, int level, ref ScanBudget budget)
    {
        unchecked
        {
            to = from + Affordable(to - from, budget);
            if (to < count)
            {
                ulong entry = Volatile.Read(ref entries[to]);
                if (TFormat.IsPresent(entry, level) && TFormat.IsLeaf(entry, level)) to = Math.Max(from, to & -(1 << (TFormat.LeafSizeLog2(entry, level) - TFormat.Shift(level))));
            }
            Pay(ref budget, to - from);
            return to;
        }
    }

    /// <summary>How many of so many entries are begun before the budget is used up.</summary>
    private static int Affordable(int entries, in ScanBudget budget)
    {
        unchecked
        {
            if (budget.RemainingNs - ((long)(entries - 1) * budget.ScanNs) > 0) return entries;
            return budget.RemainingNs <= 0 ? 0 : (int)Math.Min(entries, ((budget.RemainingNs - 1) / budget.ScanNs) + 1);
        }
    }

    private static void Pay(ref ScanBudget budget, int entries)
    {
        unchecked
        {
            budget.RemainingNs -= (long)budget.ScanNs * entries;
            budget.EntriesScanned += entries;
        }
    }

    private static bool ReachesBeyondGroup(in ScanBudget budget) => unchecked(budget.RemainingNs - (EntrySearch.GroupEntries * ((long)budget.ScanNs + budget.ClearNs)) > 0);

    /// <summary>
    /// Scans the dirty leaves of one entry each among the candidates (bit n is entry <paramref name="from"/> + n), up to the first that is something
    /// else: most dirty leaves are such, so budget and gather hear of all of them at once. Returns where to go on.
    /// </summary>
    private static int ScanSingles(ulong* entries, int from, ulong candidates, ulong origin, int level, in Scan scan)
    {
        unchecked
        {
            int shift = TFormat.Shift(level), next = from, cleared = 0;
            for (; candidates != 0; candidates &= candidates - 1)
            {
                int i = from + BitOperations.TrailingZeroCount(candidates);
                ulong entry = Volatile.Read(ref entries[i]);
                if (!TFormat.IsPresent(entry, level) || !TFormat.IsLeaf(entry, level) || TFormat.LeafSizeLog2(entry, level) != shift || !TFormat.IsDirty(entry)) break;
                scan.Dirty.Report((origin | ((ulong)i << shift)) >> 12, shift);
                if (scan.Clears && ClearDirty(ref entries[i], entry)) cleared++;
                next = i + 1;
            }
            if (next == from) return from;
            ref ScanBudget budget = ref scan.Budget;
            Pay(ref budget, next - from);
            budget.RemainingNs -= (long)budget.ClearNs * cleared;
            budget.EntriesCleared += cleared;
            if (scan.Clears) scan.Gather.Add(origin | ((ulong)from << shift), origin | ((ulong)(next - 1) << shift) | ((1UL << shift) - 1), shift);
            return next;
        }
    }

    private static void ScanLeaf(ulong* head, int run, ulong start, int log2, in Scan scan)
    {
        unchecked
        {
            if (!AnyDirty(head, run)) return;
            // Reported first, cleared second: a bit set in between is of a page that is in this report already.
            start &= ~((1UL << log2) - 1);
            scan.Dirty.Report(start >> 12, log2);
            if (!scan.Clears) return;
            scan.Gather.Add(start, start | ((1UL << log2) - 1), log2);
            for (int member = 0; member < run; member++)
            {
                if (!ClearDirty(ref head[member], Volatile.Read(ref head[member]))) continue;
                scan.Budget.RemainingNs -= scan.Budget.ClearNs;
                scan.Budget.EntriesCleared++;
            }
        }
    }

    private static bool AnyDirty(ulong* head, int run)
    {
        for (int member = 0; member < run; member++)
            if (TFormat.IsDirty(Volatile.Read(ref head[member]))) return true;
        return false;
    }

    /// <summary>Clears D in an entry last seen with it set; false if somebody else did. What hardware sets meanwhile stays.</summary>
    private static bool ClearDirty(ref ulong slot, ulong seen)
    {
        while (TFormat.IsDirty(seen))
        {
            ulong now = Interlocked.CompareExchange(ref slot, TFormat.Clean(seen), seen);
            if (now == seen) return true;
            seen = now;
        }
        return false;
    }
}
