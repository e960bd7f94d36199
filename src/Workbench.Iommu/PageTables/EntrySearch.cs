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

    /// <summary>The candidates of the group, entry by entry from bit 0 up. A lane is an aligned word, which is read whole.</summary>
    private readonly ulong Look()
    {
        unchecked
        {
            ulong candidates = 0;
            Vector256<ulong> dirtyMask = Vector256.Create(dirty.Mask), dirtyValue = Vector256.Create(dirty.Value);
            if (table == EntryPattern.None)
            {
                for (int i = 0; i < GroupEntries; i += Vector256<ulong>.Count)
                    candidates |= (ulong)Vector256.Equals(Vector256.Load(entries + group + i) & dirtyMask, dirtyValue).ExtractMostSignificantBits() << i;
                return candidates;
            }
            Vector256<ulong> tableMask = Vector256.Create(table.Mask), tableValue = Vector256.Create(table.Value);
            for (int i = 0; i < GroupEntries; i += Vector256<ulong>.Count)
            {
                Vector256<ulong> four = Vector256.Load(entries + group + i);
                Vector256<ulong> isTable = Vector256.AndNot(Vector256.Equals(four & tableMask, tableValue), Vector256.Equals(four, Vector256<ulong>.Zero));
                candidates |= (ulong)(Vector256.Equals(four & dirtyMask, dirtyValue) | isTable).ExtractMostSignificantBits() << i;
            }
            return candidates;
        }
    }
}
