using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Workbench.Iommu.Dirty;

namespace Workbench.Replay.Curves;

/// <summary>
/// Fully associative LRU caches of several sizes at once: one order of use. Invariant: the cache of size n holds the pages in the newest n places, and no others. A page that an
/// invalidation drops leaves its place empty; the next page that comes to the front shifts the others only down to the newest empty place, since a cache with a free entry evicts nothing.
/// </summary>
internal sealed class LruList : ICurveModel
{
    private const int Ahead = 8;

    private readonly ulong firstKey;
    private readonly PlaceLog log;
    // The pages' table: keys, 0 where a slot is free, and the places of their owners.
    private readonly ulong[] keys;
    private readonly int[] places;
    private readonly int hashShift;
    // The smallest cache that holds so many newer pages and one more, by its place among the sizes.
    private readonly byte[] sizeOf;
    private readonly long[] hits;
    private readonly PageSet seen = new();
    // Looked up many at a time, so that their memory is fetched at the same time.
    private readonly ulong[] missed = new ulong[256];
    private int missedCount;
    private long cold;

    /// <summary>Empty caches of ascending sizes, 32 at most. Keys are <paramref name="firstKey"/> and above.</summary>
    public LruList(IReadOnlyList<int> sizes, ulong firstKey)
    {
        this.firstKey = firstKey;
        Sizes = sizes;
        hits = new long[sizes.Count];
        int largest = sizes[^1];
        sizeOf = new byte[largest];
        for (int newer = 0, size = 0; newer < largest; newer++)
        {
            while (sizes[size] <= newer) size++;
            sizeOf[newer] = (byte)size;
        }
        log = new(largest);
        // An eighth full at most: nearly all look-ups end at the first slot.
        keys = new ulong[(int)BitOperations.RoundUpToPowerOf2((uint)largest * 6)];
        places = new int[keys.Length];
        hashShift = 64 - BitOperations.Log2((uint)keys.Length);
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
            if (i < words.Length - Ahead) Prefetch(HomeOf(words[i + Ahead]));
            if (word >= firstKey) Reference(word);
            else i += CurveFeed.Operate(this, words[i..]) - 1;
        }
    }

    /// <inheritdoc/>
    public void Reference(ulong key)
    {
        unchecked
        {
            int slot = SlotOf(key);
            if (KeyAt(slot) == key)
            {
                ref int place = ref PlaceAt(slot);
                int newer = log.NewerThan(place);
                hits[sizeOf[newer]]++;
                if (newer == 0) return;
                if (log.IsFull) CloseUp();
                place = log.Renew(place, slot);
            }
            else Fill(key, slot);
        }
    }

    private void Fill(ulong key, int slot)
    {
        unchecked
        {
            missed[missedCount++] = key;
            if (missedCount == missed.Length) CountCold();
            if (log.IsFull) CloseUp();
            if (log.Empty != 0) log.TakeEmpty();
            else if (log.Count == sizeOf.Length)
            {
                Prefetch(log.SoonOldest);
                Forget(log.TakeOldest());
                // Forgetting may have moved the slot that was free.
                slot = SlotOf(key);
            }
            KeyAt(slot) = key;
            PlaceAt(slot) = log.Take(slot);
        }
    }

    /// <inheritdoc/>
    public void Refuse(ulong key)
    {
        int slot = SlotOf(key);
        if (keys[slot] != key) return;
        hits[sizeOf[log.NewerThan(places[slot])]]++;
        Remove(slot);
    }

    /// <inheritdoc/>
    public bool Holds(ulong key) => keys[SlotOf(key)] == key;

    /// <inheritdoc/>
    public void Drop(ulong first, ulong last)
    {
        const ulong FewPages = 64;
        if (last - first < FewPages)
        {
            for (ulong key = first; key <= last; key++)
            {
                int slot = SlotOf(key);
                if (keys[slot] != key) continue;
                Remove(slot);
                Dropped++;
            }
            return;
        }
        for (int slot = 0; slot < keys.Length;)
        {
            if (keys[slot] < first || keys[slot] > last || keys[slot] == 0) slot++;
            else
            {
                // Another may have moved into the slot.
                Remove(slot);
                Dropped++;
            }
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
        ReadOnlySpan<ulong> all = missed.AsSpan(0, missedCount);
        // All at once: one after the other, each guess whether it was seen waits for its memory (curve benchmark, uni64g).
        foreach (ulong key in all) seen.Prefetch(key);
        foreach (ulong key in all)
            if (seen.Add(key)) cold++;
        missedCount = 0;
    }

    // Without bounds checks: slots come from this class alone (curve benchmark, nic1024).
    private ref ulong KeyAt(int slot) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(keys), unchecked((uint)slot));

    private ref int PlaceAt(int slot) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(places), unchecked((uint)slot));

    private unsafe void Prefetch(int slot)
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(Unsafe.AsPointer(ref KeyAt(slot)));
        Sse.Prefetch0(Unsafe.AsPointer(ref PlaceAt(slot)));
    }

    private int HomeOf(ulong key) => unchecked((int)((key * 0x9E3779B97F4A7C15) >> hashShift));

    /// <summary>The slot of a page, or the one it would get.</summary>
    private int SlotOf(ulong key)
    {
        unchecked
        {
            int slot = HomeOf(key);
            while (KeyAt(slot) is not 0 and ulong held && held != key) slot = (slot + 1) & (keys.Length - 1);
            return slot;
        }
    }

    private void Remove(int slot)
    {
        log.MakeEmpty(places[slot]);
        Forget(slot);
    }

    /// <summary>Takes a page out of the table.</summary>
    private void Forget(int slot)
    {
        unchecked
        {
            int mask = keys.Length - 1;
            // Linear probing without gravestones: what could have had the freed slot moves up.
            for (int next = (slot + 1) & mask; KeyAt(next) != 0; next = (next + 1) & mask)
            {
                int home = HomeOf(KeyAt(next));
                if (((next - home) & mask) < ((next - slot) & mask)) continue;
                (KeyAt(slot), PlaceAt(slot)) = (KeyAt(next), PlaceAt(next));
                log.OwnerOf(PlaceAt(slot)) = slot;
                slot = next;
            }
            KeyAt(slot) = 0;
        }
    }

    private void CloseUp()
    {
        int count = log.CloseUp();
        for (int place = 0; place < count; place++)
            if (!log.IsEmpty(place)) places[log.OwnerOf(place)] = place;
    }
}
