using Workbench.Iommu.Caches;

namespace Workbench.Iommu.Tests.Models;

/// <summary>
/// The oracle of both IOTLBs: lists of slots, searched from front to back. A set-associative cache fills its lowest free way; a fully
/// associative one the slot freed last. Random replacement draws from the same stream, since that is what a seed promises.
/// </summary>
internal sealed class NaiveIotlb(IotlbGeometry geometry)
{
    private sealed class Slot
    {
        public bool IsUsed;
        public ulong Owner;
        public ulong Page;
        public int PageLog2;
        public ulong Leaf;
        public long FilledAt;
        public long UsedAt;

        public ulong FirstByte => Page << PageLog2;
        public ulong LastByte => FirstByte + ((1UL << PageLog2) - 1);
    }

    private readonly Slot[][] sets = [.. Enumerable.Range(0, geometry.Sets).Select(_ => NewSet(geometry.Ways))];
    private readonly int[] turns = new int[geometry.Sets];
    // For the fully associative cache: free slots, the next to be filled last.
    private readonly List<int> free = [.. Enumerable.Range(0, geometry.Ways).Reverse()];
    private long clock;
    private ulong random = geometry.Seed;

    public long FullFlushes { get; private set; }

    /// <summary>What the last invalidation, or the last fill that made room for itself, dropped.</summary>
    public IReadOnlyList<(ulong Owner, ulong FirstByte, ulong LastByte)> LastDropped { get; private set; } = [];

    private static Slot[] NewSet(int ways) => [.. Enumerable.Range(0, ways).Select(_ => new Slot())];

    private Slot[] SetOf(ulong owner, ulong page, int pageLog2)
    {
        if (geometry.Sets == 1) return sets[0];
        if (geometry.Index == IndexFunction.Modulo) return sets[page % (ulong)geometry.Sets];
        // The tag, rotated so that its low bits are the upper ones.
        UInt128 tag = ((UInt128)owner << 8) + (UInt128)pageLog2;
        UInt128 product = (UInt128)(page ^ (ulong)((tag << 40 & ulong.MaxValue) + (tag >> 24))) * 0x9E3779B97F4A7C15;
        ulong low = (ulong)(product & ulong.MaxValue);
        return sets[(int)((UInt128)low * (UInt128)geometry.Sets >> 64)];
    }

    private Slot? Look(ulong owner, ulong iova, int pageLog2) =>
        Array.Find(SetOf(owner, iova >> pageLog2, pageLog2), s => s.IsUsed && s.Owner == owner && s.PageLog2 == pageLog2 && s.Page == iova >> pageLog2);

    /// <summary>The smallest page that holds the address; its leaf word and size, or null.</summary>
    public (ulong Leaf, int PageLog2)? Find(ulong owner, ulong iova)
    {
        for (int pageLog2 = 12; pageLog2 < 64; pageLog2++)
        {
            if (Look(owner, iova, pageLog2) is not { } slot) continue;
            slot.UsedAt = ++clock;
            return (slot.Leaf, slot.PageLog2);
        }
        return null;
    }

    public void Fill(ulong owner, ulong iova, int pageLog2, ulong leaf)
    {
        if (Look(owner, iova, pageLog2) is { } known)
        {
            known.Leaf = leaf;
            return;
        }
        Slot[] set = SetOf(owner, iova >> pageLog2, pageLog2);
        if (set.All(s => s.IsUsed)) MakeRoom(set);
        Slot slot;
        if (geometry.Sets == 1)
        {
            slot = set[free[^1]];
            free.RemoveAt(free.Count - 1);
        }
        else slot = set.First(s => !s.IsUsed);
        (slot.IsUsed, slot.Owner, slot.Page, slot.PageLog2, slot.Leaf) = (true, owner, iova >> pageLog2, pageLog2, leaf);
        slot.FilledAt = slot.UsedAt = ++clock;
    }

    private void MakeRoom(Slot[] set)
    {
        int number = Array.IndexOf(sets, set);
        switch (geometry.Replacement)
        {
            case Replacement.Lru: Drop(set.MinBy(s => s.UsedAt)!); break;
            case Replacement.Fifo: Drop(set.MinBy(s => s.FilledAt)!); break;
            case Replacement.RoundRobin:
                Drop(set[turns[number]]);
                turns[number] = (turns[number] + 1) % geometry.Ways;
                break;
            case Replacement.Random:
                random = unchecked(random + 0x9E3779B97F4A7C15);
                Drop(set[(int)(unchecked((random ^ (random >> 30)) * 0xBF58476D1CE4E5B9) >> 33) % geometry.Ways]);
                break;
            default:
                FullFlushes++;
                InvalidateAll();
                break;
        }
    }

    private void Drop(Slot slot)
    {
        if (geometry.Sets == 1) free.Add(Array.IndexOf(sets[0], slot));
        slot.IsUsed = false;
    }

    private int DropAll(IEnumerable<Slot> condemned)
    {
        Slot[] slots = [.. condemned];
        LastDropped = [.. slots.Select(s => (s.Owner, s.FirstByte, s.LastByte))];
        foreach (Slot slot in slots) Drop(slot);
        return slots.Length;
    }

    private IEnumerable<Slot> Used => sets.SelectMany(set => set).Where(s => s.IsUsed);

    // Which of several freed slots is filled first matters to round-robin and random: newest first, or by size and page in a short range.
    private IEnumerable<Slot> NewestFirst(IEnumerable<Slot> slots) => slots.OrderByDescending(s => geometry.Replacement == Replacement.Lru ? s.UsedAt : s.FilledAt);

    /// <summary>Is something of these sizes cached that overlaps the range?</summary>
    public bool HoldsOverlap(ulong owner, ulong firstByte, ulong lastByte, ulong sizes) =>
        Used.Any(s => s.Owner == owner && (sizes >> s.PageLog2 & 1) != 0 && s.FirstByte <= lastByte && s.LastByte >= firstByte);

    public int InvalidateRange(ulong owner, ulong firstByte, ulong lastByte)
    {
        IEnumerable<Slot> hit = Used.Where(s => s.Owner == owner && s.FirstByte <= lastByte && s.LastByte >= firstByte);
        return DropAll((lastByte - firstByte) >> 12 <= 16 ? hit.OrderBy(s => s.PageLog2).ThenBy(s => s.Page) : NewestFirst(hit));
    }

    /// <summary>Drops what several owners have of a range.</summary>
    public int InvalidateRange(Func<ulong, bool> owners, ulong firstByte, ulong lastByte) =>
        DropAll(NewestFirst(Used.Where(s => owners(s.Owner) && s.FirstByte <= lastByte && s.LastByte >= firstByte)));

    public int InvalidateOwner(ulong owner) => InvalidateOwners(o => o == owner);

    public int InvalidateOwners(Func<ulong, bool> owners) => DropAll(NewestFirst(Used.Where(s => owners(s.Owner))));

    public int InvalidateAll()
    {
        int dropped = DropAll(Used);
        free.Clear();
        free.AddRange(Enumerable.Range(0, geometry.Ways).Reverse());
        return dropped;
    }
}
