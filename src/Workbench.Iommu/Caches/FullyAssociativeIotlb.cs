using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbench.Iommu.Caches;

/// <summary>
/// A fully associative cache found by a hash of chains; use order is an intrusive list. Exact for every replacement, at a cost that does
/// not grow with the size (a scan of the tags does).
/// </summary>
public struct FullyAssociativeIotlb : IIotlb
{
    private const int None = -1;

    private readonly IotlbEntry[] entries;
    private readonly int[] heads;
    private readonly int[] nextInChain;
    private readonly int[] newer;
    private readonly int[] older;
    private readonly int hashShift;
    private readonly Replacement replacement;
    private int newest;
    private int oldest;
    private int free;
    private int used;
    private int turn;
    private ulong random;
    private ulong sizes;

    /// <summary>Builds an empty cache of a geometry with one set.</summary>
    public FullyAssociativeIotlb(IotlbGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        int capacity = geometry.Entries;
        entries = new IotlbEntry[capacity];
        int buckets = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity * 2));
        heads = new int[buckets];
        hashShift = 64 - BitOperations.Log2((uint)buckets);
        nextInChain = new int[capacity];
        newer = new int[capacity];
        older = new int[capacity];
        replacement = geometry.Replacement;
        random = geometry.Seed;
        Empty();
    }

    /// <inheritdoc/>
    public long FullFlushes { get; private set; }
    /// <inheritdoc/>
    public readonly int Capacity => entries.Length;

    private void Empty()
    {
        entries.AsSpan().Clear();
        heads.AsSpan().Fill(None);
        for (int i = 0; i < entries.Length; i++) nextInChain[i] = i + 1 < entries.Length ? i + 1 : None;
        (newest, oldest, free, used, sizes) = (None, None, 0, 0, 0);
    }

    private readonly int Bucket(ulong page, ulong tag) => unchecked((int)(IotlbEntry.HashOf(page, tag) >> hashShift));

    private readonly int Slot(ulong page, ulong tag)
    {
        int slot = heads[Bucket(page, tag)];
        while (slot >= 0 && (entries[slot].Page != page || entries[slot].Tag != tag)) slot = nextInChain[slot];
        return slot;
    }

    /// <inheritdoc/>
    public ref IotlbEntry Find(ulong owner, ulong iova)
    {
        unchecked
        {
            for (ulong left = sizes; left != 0; left &= left - 1)
            {
                int pageLog2 = BitOperations.TrailingZeroCount(left);
                int slot = Slot(iova >> pageLog2, IotlbEntry.TagOf(owner, pageLog2));
                if (slot < 0) continue;
                if (replacement == Replacement.Lru && slot != newest)
                {
                    Unlink(slot);
                    LinkNewest(slot);
                }
                return ref entries[slot];
            }
            return ref Unsafe.NullRef<IotlbEntry>();
        }
    }

    /// <inheritdoc/>
    public readonly bool HoldsOverlap(ulong owner, ulong iova, int pageLog2, ulong pageSizes)
    {
        if ((sizes & pageSizes) == 0) return false;
        ulong inside = Bits.Mask(pageLog2), first = iova & ~inside, last = iova | inside;
        for (int slot = newest; slot >= 0; slot = older[slot])
            if (entries[slot].Owner == owner && ((pageSizes >> entries[slot].PageLog2) & 1) != 0 && entries[slot].Overlaps(first, last)) return true;
        return false;
    }

    /// <summary>Entries held now.</summary>
    internal int Used => used;

    /// <inheritdoc/>
    public void Fill(ulong owner, ulong iova, int pageLog2, ulong leaf, bool mayHold = true)
    {
        unchecked
        {
            ulong page = iova >> pageLog2;
            ulong tag = IotlbEntry.TagOf(owner, pageLog2);
            int slot = mayHold ? Slot(page, tag) : None;
            if (slot >= 0)
            {
                entries[slot].Leaf = leaf;
                return;
            }
            if (free < 0) MakeRoom();
            slot = free;
            free = nextInChain[slot];
            entries[slot] = new() { Page = page, Tag = tag, Leaf = leaf };
            ref int head = ref heads[Bucket(page, tag)];
            nextInChain[slot] = head;
            head = slot;
            LinkNewest(slot);
            used++;
            sizes |= 1UL << pageLog2;
        }
    }

    private void MakeRoom()
    {
        switch (replacement)
        {
            case Replacement.FlushWhenFull:
                FullFlushes++;
                Empty();
                break;
            case Replacement.RoundRobin:
                int victim = turn;
                turn = (turn + 1) % entries.Length;
                Drop(victim);
                break;
            case Replacement.Random:
                random = unchecked(random + 0x9E3779B97F4A7C15);
                ulong mixed = unchecked((random ^ (random >> 30)) * 0xBF58476D1CE4E5B9);
                Drop((int)((mixed >> 33) % (uint)entries.Length));
                break;
            default:
                Drop(oldest);
                break;
        }
    }

    private void Drop(int slot)
    {
        ref int link = ref heads[Bucket(entries[slot].Page, entries[slot].Tag)];
        while (link != slot) link = ref nextInChain[link];
        link = nextInChain[slot];
        Unlink(slot);
        entries[slot] = default;
        nextInChain[slot] = free;
        free = slot;
        used--;
    }

    private void LinkNewest(int slot)
    {
        newer[slot] = None;
        older[slot] = newest;
        if (newest >= 0) newer[newest] = slot;
        else oldest = slot;
        newest = slot;
    }

    private void Unlink(int slot)
    {
        int before = newer[slot], after = older[slot];
        if (before >= 0) older[before] = after;
        else newest = after;
        if (after >= 0) newer[after] = before;
        else oldest = before;
    }

    private int Invalidate(int slot, DroppedEntries? dropped)
    {
        dropped?.Add(entries[slot]);
        Drop(slot);
        return 1;
    }

    /// <inheritdoc/>
    public int InvalidateRange(TagMatch owners, ulong firstByte, ulong lastByte, ulong leafSizes = ulong.MaxValue, DroppedEntries? dropped = null)
    {
        int count = 0;
        if (owners.IsExact && (lastByte - firstByte) >> 12 <= 16)
        {
            for (ulong left = sizes; left != 0; left &= left - 1)
            {
                int pageLog2 = BitOperations.TrailingZeroCount(left);
                ulong last = lastByte >> pageLog2;
                for (ulong page = firstByte >> pageLog2; ; page++)
                {
                    int slot = Slot(page, IotlbEntry.TagOf(owners.Value, pageLog2));
                    if (slot >= 0 && entries[slot].IsOf(leafSizes)) count += Invalidate(slot, dropped);
                    if (page == last) break;
                }
            }
            return count;
        }
        for (int slot = newest; slot >= 0;)
        {
            int next = older[slot];
            if (owners.Covers(entries[slot].Owner) && entries[slot].Overlaps(firstByte, lastByte) && entries[slot].IsOf(leafSizes)) count += Invalidate(slot, dropped);
            slot = next;
        }
        return count;
    }

    /// <inheritdoc/>
    public int InvalidateOwners(TagMatch owners, DroppedEntries? dropped = null)
    {
        int count = 0;
        for (int slot = newest; slot >= 0;)
        {
            int next = older[slot];
            if (owners.Covers(entries[slot].Owner)) count += Invalidate(slot, dropped);
            slot = next;
        }
        return count;
    }

    /// <inheritdoc/>
    public int InvalidateAll(DroppedEntries? dropped = null)
    {
        int count = used;
        if (dropped is not null)
            for (int slot = newest; slot >= 0; slot = older[slot]) dropped.Add(entries[slot]);
        Empty();
        return count;
    }
}
