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
    public bool HasRacingThreads
    {
        get => memory.HasRacingThreads;
        set => memory.HasRacingThreads = value;
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
                    if (level == 0 && i % EntrySearch.GroupEntries == 0) i = ScanGroups(entries, i, end, origin, scan);
                    if (i == end) break;
                    int candidate = search.Next(i);
                    i = Pass(entries, i, candidate, count, level, ref budget);
                    if (i == end) break;
                    if (i == candidate)
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
                else if (isPresent)
                {
                    ulong child = TFormat.TableAddress(entry);
                    // Most tables are of the lowest level and scanned from end to end, without the way down.
                    int most = 1 << TFormat.IndexBits, done = level == 1 && start > scan.Began && (start | Iommu.Bits.Mask(shift)) <= scan.Last ? ScanGroups(TableAt(child), 0, most, start, scan) : 0;
                    if (done < most && ScanTable(child, level - 1, Math.Max(start, from) + ((ulong)done << TFormat.Shift(0)), scan) is { } next) return next;
                }
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
            if (to < count) to = Math.Max(from, HeadOf(entries, to, level));
            Pay(ref budget, to - from);
            return to;
        }
    }

    /// <summary>The first member of the run that an entry is in; the entry itself if it is in none.</summary>
    private static int HeadOf(ulong* entries, int index, int level)
    {
        ulong entry = Volatile.Read(ref entries[index]);
        return TFormat.IsPresent(entry, level) && TFormat.IsLeaf(entry, level) ? unchecked(index & -(1 << (TFormat.LeafSizeLog2(entry, level) - TFormat.Shift(level)))) : index;
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

    /// <summary>
    /// Scans the dirty leaves of one entry each among the candidates of a group (bit n is entry <paramref name="from"/> + n), up to the first that is something
    /// else or that the budget does not reach: sink, budget and gather hear of all of them at once. Returns where to go on.
    /// </summary>
    private int ScanSingles(ulong* entries, int from, ulong candidates, ulong origin, int level, in Scan scan)
    {
        unchecked
        {
            int first = from & -EntrySearch.GroupEntries;
            EntryPattern single = TFormat.DirtySinglePattern(level);
            ulong leaves = candidates << (from - first), others = leaves & ~EntrySearch.Matches(entries + first, single);
            if (others != 0) leaves &= Iommu.Bits.Mask(BitOperations.TrailingZeroCount(others));
            ref ScanBudget budget = ref scan.Budget;
            leaves = Affordable(leaves, from - first, scan.Clears, budget);
            if (leaves == 0) return from;
            int shift = TFormat.Shift(level), next = first + EntrySearch.GroupEntries - BitOperations.LeadingZeroCount(leaves), cleared = 0;
            // Reported first, cleared second: a bit set in between is of a page that is in this report already.
            scan.Dirty.Report((origin | ((ulong)first << shift)) >> 12, shift, leaves);
            Pay(ref budget, next - from);
            if (!scan.Clears) return next;
            if (HasRacingThreads)
            {
                for (ulong left = leaves; left != 0; left &= left - 1)
                {
                    ref ulong slot = ref entries[first + BitOperations.TrailingZeroCount(left)];
                    if (ClearDirty(ref slot, Volatile.Read(ref slot))) cleared++;
                }
            }
            else cleared = EntrySearch.Flip(entries + first, leaves, single, TFormat.Clean(single.Value) ^ single.Value);
            budget.RemainingNs -= (long)budget.ClearNs * cleared;
            budget.EntriesCleared += cleared;
            scan.Gather.Add(origin | ((ulong)(first + BitOperations.TrailingZeroCount(leaves)) << shift), origin | ((ulong)(next - 1) << shift) | ((1UL << shift) - 1), shift);
            return next;
        }
    }

    /// <summary>
    /// Scans whole groups of the lowest level, as long as the budget is sure to reach beyond one and all that is dirty in it is leaves of one entry each. What nearly
    /// every entry of a harvest goes through: nothing is kept up to date in memory within a table. Returns where to go on.
    /// </summary>
    private int ScanGroups(ulong* entries, int from, int end, ulong origin, in Scan scan)
    {
        unchecked
        {
            const int Group = EntrySearch.GroupEntries;
            ref ScanBudget budget = ref scan.Budget;
            int shift = TFormat.Shift(0), i = from, afterDirty = from, firstDirty = -1;
            bool clears = scan.Clears;
            EntryPattern dirty = TFormat.DirtyPattern(0), single = TFormat.DirtySinglePattern(0);
            ulong flip = TFormat.Clean(single.Value) ^ single.Value;
            long groupNs = (long)Group * budget.ScanNs, mostNs = groupNs + ((long)Group * budget.ClearNs), remaining = budget.RemainingNs, cleared = 0;
            if (clears && HasRacingThreads) return from;
            for (; i + Group <= end && remaining > mostNs; i += Group)
            {
                ulong leaves = EntrySearch.Matches(entries + i, dirty);
                if (leaves != 0)
                {
                    if (dirty != single && EntrySearch.Matches(entries + i, single) != leaves) break;
                    // Reported first, cleared second: what the sink lets hardware do in between stays.
                    scan.Dirty.Report((origin | ((ulong)i << shift)) >> 12, shift, leaves);
                    if (clears)
                    {
                        int flipped = EntrySearch.Flip(entries + i, leaves, single, flip);
                        cleared += flipped;
                        remaining -= (long)flipped * budget.ClearNs;
                    }
                    if (firstDirty < 0) firstDirty = i + BitOperations.TrailingZeroCount(leaves);
                    afterDirty = i + BitOperations.Log2(leaves) + 1;
                }
                remaining -= groupNs;
            }
            if (i < end)
            {
                int head = Math.Max(afterDirty, HeadOf(entries, i, 0));
                remaining += (long)(i - head) * budget.ScanNs;
                i = head;
            }
            budget.RemainingNs = remaining;
            budget.EntriesScanned += i - from;
            budget.EntriesCleared += cleared;
            if (clears && firstDirty >= 0) scan.Gather.Add(origin | ((ulong)firstDirty << shift), origin | ((ulong)(afterDirty - 1) << shift) | ((1UL << shift) - 1), shift);
            return i;
        }
    }

    /// <summary>Those of a group's dirty leaves that are begun before the budget is used up, coming from entry <paramref name="from"/> of the group.</summary>
    private static ulong Affordable(ulong leaves, int from, bool clears, in ScanBudget budget)
    {
        unchecked
        {
            long clearNs = clears ? budget.ClearNs : 0;
            if (budget.RemainingNs - (EntrySearch.GroupEntries * (budget.ScanNs + clearNs)) > 0) return leaves;
            while (leaves != 0)
            {
                int last = BitOperations.Log2(leaves);
                ulong before = leaves ^ (1UL << last);
                if (budget.RemainingNs - ((long)(last - from) * budget.ScanNs) - (BitOperations.PopCount(before) * clearNs) > 0) break;
                leaves = before;
            }
            return leaves;
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
