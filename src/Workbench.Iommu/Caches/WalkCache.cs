using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbench.Iommu.Caches;

/// <summary>
/// Paging-structure caches: for each level above the leaf tables, where the next table of a region lies and what the levels so far allow.
/// Least recently used of 4 ways, sets chosen by the hash of the IOTLB. A level has one page size, so a probe is one set of one array.
/// </summary>
public struct WalkCache
{
    private const int Ways = 4;
    // A set's words: the regions' numbers, their tags, the table addresses with permissions, the times of use. Side by side, so that no branch has to guess the way.
    private const int Tags = Ways, Tables = 2 * Ways, Stamps = 3 * Ways, SetWords = 4 * Ways;
    private const int Hints = 64;

    // The sets of all levels, one level after the other. An empty entry has stamp 0, so it is older than any other.
    private readonly ulong[] words;
    // The set that the last probe found nothing in, by level: what is missing is put there next.
    private readonly int[] missed;
    private readonly Level[] levels;
    // By the low bits of a region's number: which entry held its lowest table last. A guess, checked when it is used.
    private readonly ushort[] hints;
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
        words = new ulong[sets * SetWords];
        hints = new ushort[Hints];
        missed = new int[levels.Length];
    }

    /// <summary>Does the IOMMU have these caches at all?</summary>
    public readonly bool Exists => levels is not null;

    /// <summary>
    /// The place of an address's lowest table, if it is where the lowest table of a region like this was found last; else -1, and <see cref="TryFind"/> may find it. No use yet: see
    /// <see cref="Use"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, nic1024
    internal readonly int Likely(ulong owner, ulong iova)
    {
        unchecked
        {
            int shift = levels[0].PageLog2;
            ulong page = iova >> shift;
            int place = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(hints), (int)page & (Hints - 1));
            return Word(place) == page && Word(place + Tags) == IotlbEntry.TagOf(owner, shift) ? place : -1;
        }
    }

    /// <summary>The table at a place.</summary>
    internal readonly ulong TableAt(int place) => Word(place + Tables) & ~0xFFFUL;

    /// <summary>What the levels above the table at a place allow.</summary>
    internal readonly Permission PermissionAt(int place) => (Permission)(byte)(Word(place + Tables) & 3);

    /// <summary>Counts as a use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as Likely
    internal void Use(int place) => Word(place + Stamps) = unchecked(++clock);

    /// <summary>The lowest cached table on the way to an address, below <paramref name="rootLevel"/>: its level, place and permission.</summary>
    public bool TryFind(ulong owner, ulong iova, int rootLevel, out int tableLevel, out ulong table, out Permission permission)
    {
        unchecked
        {
            ref Level levelZero = ref MemoryMarshal.GetArrayDataReference(levels);
            for (int i = 0; i < rootLevel; i++)
            {
                ref readonly Level level = ref Unsafe.Add(ref levelZero, i);
                ulong page = iova >> level.PageLog2;
                ulong tag = IotlbEntry.TagOf(owner, level.PageLog2);
                int first = FirstOfSet(level, page, tag);
                uint ways = WaysOf(first, page, tag);
                if (ways != 0)
                {
                    int place = first + BitOperations.TrailingZeroCount(ways);
                    if (i == 0) Remember(page, place);
                    Use(place);
                    (tableLevel, table, permission) = (i, TableAt(place), PermissionAt(place));
                    return true;
                }
                Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(missed), i) = first;
            }
            (tableLevel, table, permission) = (0, 0, Permission.None);
            return false;
        }
    }

    /// <summary>Which ways of a set hold a region: one, or none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, zipf1m
    private readonly uint WaysOf(int first, ulong page, ulong tag) =>
        (Vector256.Equals(Vector256.LoadUnsafe(ref Word(first)), Vector256.Create(page)) & Vector256.Equals(Vector256.LoadUnsafe(ref Word(first + Tags)), Vector256.Create(tag))).ExtractMostSignificantBits();

    private readonly void Remember(ulong page, int place) => hints[unchecked((int)page) & (Hints - 1)] = unchecked((ushort)place);

    // The hash's top bits; two shifts, because a count of 64 (one set) would be taken for 0.
    private static int FirstOfSet(in Level level, ulong page, ulong tag) => unchecked((level.FirstSet + (int)(IotlbEntry.HashOf(page, tag) >> 1 >> (63 - level.SetsLog2))) * SetWords);

    // Unsafe as in SetAssociativeIotlb, set and way being in range by construction; to be judged by the Workloads benchmark, zipf1m.
    private readonly ref ulong Word(int index) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(words), index);

    /// <summary>Remembers that the table of <paramref name="tableLevel"/> for an address lies at <paramref name="table"/>; <see cref="TryFind"/>, asked for this address last, has not found it.</summary>
    public void Fill(ulong owner, ulong iova, int tableLevel, ulong table, Permission permission)
    {
        unchecked
        {
            int shift = levels[tableLevel].PageLog2;
            ulong page = iova >> shift;
            int first = missed[tableLevel];
            int victim = first + Oldest.OfFour(Word(first + Stamps), Word(first + Stamps + 1), Word(first + Stamps + 2), Word(first + Stamps + 3));
            if (tableLevel == 0) Remember(page, victim);
            Word(victim) = page;
            Word(victim + Tags) = IotlbEntry.TagOf(owner, shift);
            Word(victim + Tables) = IotlbEntry.LeafOf(table, permission, dirtyKnown: false);
            Use(victim);
        }
    }

    private readonly void Drop(int place) => (Word(place), Word(place + Tags), Word(place + Tables), Word(place + Stamps)) = (0, 0, 0, 0);

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
                    for (int way = 0; way < sets * Ways; way++)
                    {
                        int place = PlaceOf((level.FirstSet * Ways) + way);
                        if (Covers(owners, place) && Word(place) - page <= last - page) Drop(place);
                    }
                    continue;
                }
                for (; ; page++)
                {
                    int first = FirstOfSet(level, page, tag);
                    uint ways = WaysOf(first, page, tag);
                    if (ways != 0) Drop(first + BitOperations.TrailingZeroCount(ways));
                    if (page == last) break;
                }
            }
        }
    }

    private static int PlaceOf(int entry) => (entry / Ways * SetWords) + (entry % Ways);

    private readonly bool Covers(TagMatch owners, int place) => Word(place + Tags) != 0 && owners.Covers(Word(place + Tags) >> 8);

    /// <summary>Drops the matching owners' entries.</summary>
    public readonly void InvalidateOwners(TagMatch owners)
    {
        if (!Exists) return;
        for (int entry = 0; entry < words.Length / SetWords * Ways; entry++)
            if (Covers(owners, PlaceOf(entry))) Drop(PlaceOf(entry));
    }

    /// <summary>Drops everything.</summary>
    public readonly void InvalidateAll()
    {
        if (Exists) words.AsSpan().Clear();
    }
}
