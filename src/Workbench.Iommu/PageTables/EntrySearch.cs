using System.Numerics;
using System.Runtime.Intrinsics;

namespace Workbench.Iommu.PageTables;

/// <summary>
/// Finds the entries of one table that may be dirty leaves or point to tables, 64 at a time, at the speed of memory (harvest benchmark). A search only
/// picks candidates: hardware may change an entry meanwhile, so whoever asks reads it again.
/// </summary>
internal unsafe ref struct EntrySearch
{
    /// <summary>Entries looked at together.</summary>
    public const int GroupEntries = 64;

    private readonly ulong* entries;
    private readonly int end;
    private readonly EntryPattern dirty;
    private readonly EntryPattern table;
    private int group = -GroupEntries;
    private ulong found;

    /// <summary>
    /// A search in entries 0 to <paramref name="end"/> - 1. The memory from <paramref name="entries"/> on is at least a frame, so whole groups can be read.
    /// </summary>
    public EntrySearch(ulong* entries, int end, EntryPattern dirty, EntryPattern table)
    {
        this.entries = entries;
        (this.end, this.dirty, this.table) = (end, dirty, table);
    }

    /// <summary>The first candidate at or after <paramref name="from"/>, which is below the end and never goes back; the end if there is none.</summary>
    public int Next(int from)
    {
        unchecked
        {
            if (from >= group + GroupEntries)
            {
                group = from & -GroupEntries;
                found = Look();
            }
            ulong left = from > group ? found & (ulong.MaxValue << (from - group)) : found;
            while (left == 0)
            {
                group += GroupEntries;
                if (group >= end) return end;
                left = found = Look();
            }
            return Math.Min(end, group + BitOperations.TrailingZeroCount(left));
        }
    }

    /// <summary>The candidates from <paramref name="from"/>, the one found last, to the end of its group: bit n is entry from + n.</summary>
    public readonly ulong Candidates(int from) => unchecked(found >> (from - group)) & Iommu.Bits.Mask(Math.Min(GroupEntries, end - from));

    private readonly ulong Look() => table == EntryPattern.None ? Matches(entries + group, dirty) : Matches(entries + group, dirty) | Matches(entries + group, table) & ~Matches(entries + group, new(ulong.MaxValue, 0));

    /// <summary>Which entries of a group match, from bit 0 up. A lane is an aligned word, which is read whole.</summary>
    public static ulong Matches(ulong* group, EntryPattern pattern)
    {
        unchecked
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Vector512<ulong> mask = Vector512.Create(pattern.Mask), value = Vector512.Create(pattern.Value);
                // Written out: the compiler does not unroll it, and counting would take a third of the time.
                return Eight(group, mask, value) | Eight(group + 8, mask, value) << 8 | Eight(group + 16, mask, value) << 16 | Eight(group + 24, mask, value) << 24
                    | Eight(group + 32, mask, value) << 32 | Eight(group + 40, mask, value) << 40 | Eight(group + 48, mask, value) << 48 | Eight(group + 56, mask, value) << 56;
            }
            ulong found = 0;
            Vector256<ulong> halfMask = Vector256.Create(pattern.Mask), halfValue = Vector256.Create(pattern.Value);
            for (int i = 0; i < GroupEntries; i += Vector256<ulong>.Count)
                found |= (ulong)Vector256.Equals(Vector256.Load(group + i) & halfMask, halfValue).ExtractMostSignificantBits() << i;
            return found;
        }
    }

    private static ulong Eight(ulong* entries, Vector512<ulong> mask, Vector512<ulong> value) => Vector512.Equals(Vector512.Load(entries) & mask, value).ExtractMostSignificantBits();

    /// <summary>
    /// Flips bits of those of a group's <paramref name="chosen"/> entries that match still, and returns how many did. Eight entries are read and written at a time: only
    /// for tables that no other thread writes to.
    /// </summary>
    public static int Flip(ulong* group, ulong chosen, EntryPattern pattern, ulong bits)
    {
        unchecked
        {
            if (!Vector512.IsHardwareAccelerated || Matches(group, pattern) != chosen) return FlipSingly(group, chosen, pattern, bits);
            Vector512<ulong> mask = Vector512.Create(pattern.Mask), value = Vector512.Create(pattern.Value), flip = Vector512.Create(bits);
            int count = BitOperations.PopCount(chosen);
            if (count >= GroupEntries / 2)
            {
                // Hardly a line without a chosen entry.
                for (int at = 0; at < GroupEntries; at += Vector512<ulong>.Count) FlipEight(group + at, mask, value, flip);
                return count;
            }
            while (chosen != 0)
            {
                int at = BitOperations.TrailingZeroCount(chosen) & -Vector512<ulong>.Count;
                FlipEight(group + at, mask, value, flip);
                chosen &= (ulong.MaxValue << Vector512<ulong>.Count) << at;
            }
            return count;
        }
    }

    private static void FlipEight(ulong* entries, Vector512<ulong> mask, Vector512<ulong> value, Vector512<ulong> flip)
    {
        Vector512<ulong> eight = Vector512.Load(entries);
        (eight ^ (Vector512.Equals(eight & mask, value) & flip)).Store(entries);
    }

    /// <summary>For parts without wide vectors, where others than the chosen ones match, and where one was changed by whoever was told of it.</summary>
    private static int FlipSingly(ulong* group, ulong chosen, EntryPattern pattern, ulong bits)
    {
        int flipped = 0;
        for (; chosen != 0; chosen &= unchecked(chosen - 1))
        {
            ref ulong entry = ref group[BitOperations.TrailingZeroCount(chosen)];
            if (!pattern.Matches(entry)) continue;
            entry ^= bits;
            flipped++;
        }
        return flipped;
    }
}
