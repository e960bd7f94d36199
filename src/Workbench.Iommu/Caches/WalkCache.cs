using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbench.Iommu.Caches;

/// <summary>
/// Paging-structure caches: for each level above the leaf tables, where the next table of a region lies and what the levels so far allow.
/// Least recently used of 4 ways, sets chosen by the hash of the IOTLB. A level has one page size, so a probe is one set of one array.
/// </summary>
public struct WalkCache
{
    private const int Ways = 4;
    private const int Hints = 64;

    // The first entry of the set that the last probe found nothing in, by level: what is missing is put there next.
    private readonly int[] missed;
    // The sets of all levels, one level after the other. An empty entry has stamp 0, so it is older than any other.
    private readonly IotlbEntry[] entries;
    private readonly Level[] levels;
    // By the low bits of a region's number: which entry held its lowest table last. A guess, checked when it is used.
    private readonly byte[] hints;
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
        entries = new IotlbEntry[sets * Ways];
        hints = new byte[Hints];
        missed = new int[levels.Length];
    }

    /// <summary>Does the IOMMU have these caches at all?</summary>
    public readonly bool Exists => levels is not null;

    /// <summary>
    /// The entry of an address's lowest table, if it is where the lowest table of a region like this was found last; else a null reference, and <see cref="TryFind"/> may find it. No use yet:
    /// see <see cref="Use"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, nic1024
    internal readonly ref IotlbEntry Likely(ulong owner, ulong iova)
    {
        unchecked
        {
            int shift = levels[0].PageLog2;
            ref IotlbEntry likely = ref At(Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(hints), (int)(iova >> shift) & (Hints - 1)));
            if (likely.Page == iova >> shift && likely.Tag == IotlbEntry.TagOf(owner, shift)) return ref likely;
            return ref Unsafe.NullRef<IotlbEntry>();
        }
    }

    /// <summary>Counts as a use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as Likely
    internal void Use(ref IotlbEntry entry) => entry.Stamp = unchecked(++clock);

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
                ref IotlbEntry entry = ref At(first);
                for (int way = 0; way < Ways; way++, entry = ref Unsafe.Add(ref entry, 1))
                {
                    if (entry.Page != page || entry.Tag != tag) continue;
                    if (i == 0) Remember(page, ref entry);
                    entry.Stamp = ++clock;
                    (tableLevel, table, permission) = (i, entry.PhysicalBase, (Permission)(entry.Leaf & 3));
                    return true;
                }
                Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(missed), i) = first;
            }
            (tableLevel, table, permission) = (0, 0, Permission.None);
            return false;
        }
    }

    private readonly void Remember(ulong page, ref IotlbEntry entry) =>
        hints[unchecked((int)page) & (Hints - 1)] = unchecked((byte)(Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(entries), ref entry) / Unsafe.SizeOf<IotlbEntry>()));

    // The hash's top bits; two shifts, because a count of 64 (one set) would be taken for 0.
    // Unsafe as in SetAssociativeIotlb, set and way being in range by construction; to be judged by the Workloads benchmark, zipf1m.
    private static int FirstOfSet(in Level level, ulong page, ulong tag) => unchecked((level.FirstSet + (int)(IotlbEntry.HashOf(page, tag) >> 1 >> (63 - level.SetsLog2))) * Ways);

    private readonly ref IotlbEntry At(int index) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(entries), index);

    /// <summary>Remembers that the table of <paramref name="tableLevel"/> for an address lies at <paramref name="table"/>; <see cref="TryFind"/>, asked for this address last, has not found it.</summary>
    public void Fill(ulong owner, ulong iova, int tableLevel, ulong table, Permission permission)
    {
        unchecked
        {
            ref readonly Level level = ref levels[tableLevel];
            ulong page = iova >> level.PageLog2;
            ulong tag = IotlbEntry.TagOf(owner, level.PageLog2);
            ref IotlbEntry first = ref At(missed[tableLevel]);
            ref IotlbEntry victim = ref Unsafe.Add(ref first, Oldest.OfFour(ref first));
            if (tableLevel == 0) Remember(page, ref victim);
            victim.Page = page;
            victim.Tag = tag;
            victim.Leaf = IotlbEntry.LeafOf(table, permission, dirtyKnown: false);
            victim.Stamp = ++clock;
        }
    }

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
                    foreach (ref IotlbEntry entry in entries.AsSpan(level.FirstSet * Ways, sets * Ways))
                        if (entry.Tag != 0 && owners.Covers(entry.Owner) && entry.Page - page <= last - page) entry = default;
                    continue;
                }
                for (; ; page++)
                {
                    ref IotlbEntry entry = ref At(FirstOfSet(level, page, tag));
                    for (int way = 0; way < Ways; way++, entry = ref Unsafe.Add(ref entry, 1))
                        if (entry.Page == page && entry.Tag == tag) entry = default;
                    if (page == last) break;
                }
            }
        }
    }

    /// <summary>Drops the matching owners' entries.</summary>
    public readonly void InvalidateOwners(TagMatch owners)
    {
        if (!Exists) return;
        foreach (ref IotlbEntry entry in entries.AsSpan())
            if (entry.Tag != 0 && owners.Covers(entry.Owner)) entry = default;
    }

    /// <summary>Drops everything.</summary>
    public readonly void InvalidateAll()
    {
        if (Exists) entries.AsSpan().Clear();
    }
}
