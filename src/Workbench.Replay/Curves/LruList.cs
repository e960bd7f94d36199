using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Workbench.Iommu.Dirty;

namespace Workbench.Replay.Curves;

/// <summary>
/// Fully associative LRU caches of several sizes at once: one list in order of use, cut into segments, one for each step from a size to the next. Invariant: the cache
/// of size n holds the pages of the segments up to n, and no others. What an invalidation drops leaves room in its segment; the next page that comes to the front shifts
/// the segments only as far as the first with room, since a cache with a free entry evicts nothing. So which entry of a segment is free never matters.
/// </summary>
internal sealed class LruList : ICurveModel
{
    private const int Ahead = 8;

    private readonly ulong firstKey;
    // Node 0 is the list's head: its older neighbour is the newest page, its newer one the oldest.
    private readonly Node[] nodes;
    private readonly int[] slots;
    private readonly int hashShift;
    private readonly int[] capacity;
    private readonly int[] count;
    private readonly int[] tail;
    private readonly long[] hits;
    private readonly PageSet seen = new();
    // Looked up many at a time, so that their memory is fetched at the same time.
    private readonly ulong[] missed = new ulong[256];
    private int missedCount;
    private long cold;
    private ulong touched;
    private uint room;
    private int free;

    private struct Node
    {
        public ulong Key;
        public int Newer;
        public int Older;
        public int Segment;
    }

    /// <summary>Empty caches of ascending sizes, 32 at most. Keys are <paramref name="firstKey"/> and above.</summary>
    public LruList(IReadOnlyList<int> sizes, ulong firstKey)
    {
        this.firstKey = firstKey;
        Sizes = sizes;
        capacity = [.. sizes.Select((size, i) => i == 0 ? size : size - sizes[i - 1])];
        count = new int[sizes.Count];
        tail = new int[sizes.Count];
        hits = new long[sizes.Count];
        room = unchecked((uint)((1UL << sizes.Count) - 1));
        int largest = sizes[^1];
        nodes = new Node[largest + 1];
        for (int i = 1; i <= largest; i++) nodes[i].Older = i == largest ? 0 : i + 1;
        free = 1;
        // A quarter full at most: most look-ups end at the first slot.
        int slotCount = (int)BitOperations.RoundUpToPowerOf2((uint)largest * 4);
        slots = new int[slotCount];
        hashShift = 64 - BitOperations.Log2((uint)slotCount);
    }

    /// <summary>Entries of each cache.</summary>
    public IReadOnlyList<int> Sizes { get; }
    /// <summary>Entries that invalidations dropped from the largest cache.</summary>
    public long Dropped { get; private set; }
    /// <summary>Touches of entries that the tables know nothing of any more.</summary>
    public long StaleTouches { get; private set; }
    /// <summary>References to pages that were not used before.</summary>
    public long Cold
    {
        get
        {
            CountCold();
            return cold;
        }
    }

    /// <summary>Hits of the cache of one size, by its place among the sizes.</summary>
    public long HitsOf(int size) => hits.AsSpan(0, size + 1).ToArray().Sum();

    /// <inheritdoc/>
    public void Take(ReadOnlySpan<ulong> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            ulong word = words[i];
            // Fetched ahead, since a wrong guess whether a page is here costs what its look-up takes (curve benchmark, zipf1m).
            if (i + Ahead < words.Length) touched ^= At(slots[HomeOf(words[i + Ahead])]).Key;
            if (word >= firstKey) Reference(word);
            else i += CurveFeed.Operate(this, words[i..]) - 1;
        }
    }

    /// <inheritdoc/>
    public void Reference(ulong key)
    {
        unchecked
        {
            int slot = SlotOf(key, out int node);
            if (node != 0)
            {
                int segment = At(node).Segment;
                hits[segment]++;
                // The newest that is left need not be in front: what was before it may have been dropped.
                if (segment == 0 && At(0).Older == node) return;
                Unlink(node);
                LinkNewest(node);
                return;
            }
            missed[missedCount++] = key;
            if (missedCount == missed.Length) CountCold();
            if (room == 0)
            {
                node = tail[^1];
                Forget(node);
                // Forgetting may have moved the slot that was free.
                slot = SlotOf(key, out _);
            }
            node = free;
            free = At(node).Older;
            At(node).Key = key;
            slots[slot] = node;
            LinkNewest(node);
        }
    }

    /// <inheritdoc/>
    public void Refuse(ulong key)
    {
        SlotOf(key, out int node);
        if (node == 0) return;
        hits[nodes[node].Segment]++;
        Forget(node);
    }

    /// <inheritdoc/>
    public bool Holds(ulong key)
    {
        SlotOf(key, out int node);
        return node != 0;
    }

    /// <inheritdoc/>
    public void Drop(ulong first, ulong last)
    {
        const ulong FewPages = 64;
        if (last - first < FewPages)
        {
            for (ulong key = first; key <= last; key++)
            {
                SlotOf(key, out int node);
                if (node == 0) continue;
                Forget(node);
                Dropped++;
            }
            return;
        }
        for (int node = nodes[0].Older; node != 0;)
        {
            int older = nodes[node].Older;
            if (nodes[node].Key >= first && nodes[node].Key <= last)
            {
                Forget(node);
                Dropped++;
            }
            node = older;
        }
    }

    /// <inheritdoc/>
    public void NoteStale() => StaleTouches++;

    /// <inheritdoc/>
    public void Restart()
    {
        hits.AsSpan().Clear();
        CountCold();
        (Dropped, StaleTouches, cold) = (0, 0, 0);
    }

    private void CountCold()
    {
        foreach (ulong key in missed.AsSpan(0, missedCount))
            if (seen.Add(key)) cold++;
        missedCount = 0;
    }

    private ref Node At(int node) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), (uint)node);

    private int HomeOf(ulong key) => unchecked((int)((key * 0x9E3779B97F4A7C15) >> hashShift));

    /// <summary>The slot of a page and its node, or the slot it would get and 0.</summary>
    private int SlotOf(ulong key, out int node)
    {
        int slot = HomeOf(key);
        while ((node = slots[slot]) != 0 && At(node).Key != key) slot = (slot + 1) & (slots.Length - 1);
        return slot;
    }

    /// <summary>Takes a page out of list and table, and leaves room in its segment.</summary>
    private void Forget(int node)
    {
        int slot = SlotOf(nodes[node].Key, out _);
        // Linear probing without gravestones: what could have had the freed slot moves up.
        for (int next = (slot + 1) & (slots.Length - 1); slots[next] != 0; next = (next + 1) & (slots.Length - 1))
        {
            int home = HomeOf(nodes[slots[next]].Key);
            if (((next - home) & (slots.Length - 1)) < ((next - slot) & (slots.Length - 1))) continue;
            slots[slot] = slots[next];
            slot = next;
        }
        slots[slot] = 0;
        Unlink(node);
        nodes[node].Older = free;
        free = node;
    }

    private void Unlink(int node)
    {
        unchecked
        {
            ref Node gone = ref At(node);
            At(gone.Newer).Older = gone.Older;
            At(gone.Older).Newer = gone.Newer;
            int segment = gone.Segment;
            int left = --count[segment];
            if (tail[segment] == node) tail[segment] = left == 0 ? 0 : gone.Newer;
            room |= 1u << segment;
        }
    }

    /// <summary>Puts a page in front; full segments hand their last page on, up to the first that has room.</summary>
    private void LinkNewest(int node)
    {
        unchecked
        {
            ref Node head = ref At(0);
            ref Node added = ref At(node);
            added.Newer = 0;
            added.Older = head.Older;
            added.Segment = 0;
            At(head.Older).Newer = node;
            head.Older = node;
            int last = BitOperations.TrailingZeroCount(room), passed = node;
            for (int segment = 0; segment < last; segment++)
            {
                passed = tail[segment];
                ref Node moved = ref At(passed);
                tail[segment] = moved.Newer;
                moved.Segment = segment + 1;
            }
            if (count[last]++ == 0) tail[last] = passed;
            if (count[last] == capacity[last]) room &= ~(1u << last);
        }
    }
}
