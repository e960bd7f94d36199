using System.Numerics;
using System.Runtime.CompilerServices;
using Workbench.Display;
using Workbench.Iommu.Display;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Dirty;

/// <summary>
/// A set of page numbers for sparse address spaces: bitmaps of 2^15 pages (128 MiB of 4 KiB pages, 4 KiB of memory each),
/// found through a hash of their numbers. Any 64-bit page number is allowed.
/// </summary>
[TypeFormatterSource(typeof(SelfFormatter<PageSet, PageSetDisplay>))]
public sealed partial class PageSet
{
    private const int ChunkPagesLog2 = 15;
    private const ulong ChunkPages = 1UL << ChunkPagesLog2;
    private const int ChunkWords = 1 << (ChunkPagesLog2 - 6);
    // No chunk has this number: chunk numbers have 49 bits.
    private const ulong NoChunk = ulong.MaxValue;

    // Open addressing, at most half of the slots used: one probe gives a chunk without a detour through the lists.
    private Slot[] slots = new Slot[16];
    private ulong[] numbers = new ulong[8];
    private ulong[][] chunks = new ulong[8][];
    private int chunkCount;
    private ulong lastNumber = NoChunk;
    private ulong[] lastWords = [];
    // Positions in order of chunk number, made when first needed and void when a chunk is added.
    private int[]? ascending;

    private struct Slot
    {
        public ulong Number;
        public ulong[]? Words;
    }

    /// <summary>Pages in the set.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a page; true when it was not in the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, seq2m: one for each write
    public bool Add(ulong page)
    {
        unchecked
        {
            ulong number = page >> ChunkPagesLog2;
            ulong[] words = number == lastNumber ? lastWords : Chunk(number);
            ref ulong word = ref words[(int)(page >> 6) & (ChunkWords - 1)];
            ulong bit = 1UL << (int)page;
            if ((word & bit) != 0) return false;
            word |= bit;
            Count++;
            return true;
        }
    }

    /// <summary>Fetches what adding this page will need; changes nothing.</summary>
    public void Prefetch(ulong page)
    {
        if (Find(page >> ChunkPagesLog2) is { } words) Hints.Prefetch(ref words[(int)((page >> 6) & (ChunkWords - 1))]);
    }

    /// <summary>Adds consecutive pages; returns how many were not in the set. The range must end at or below 2^64.</summary>
    public long AddRange(ulong first, ulong count)
    {
        if (count == 0) return 0;
        if (count - 1 > ulong.MaxValue - first) throw new ArgumentOutOfRangeException(nameof(count), $"0x{count:x} pages from page 0x{first:x} go beyond page 2^64 - 1.");
        long before = Count;
        ulong page = first;
        ulong left = count;
        while (left > 0)
        {
            ulong inChunk = Math.Min(left, ChunkPages - (page & (ChunkPages - 1)));
            FillPages(Chunk(page >> ChunkPagesLog2), (int)(page & (ChunkPages - 1)), (int)inChunk);
            page = unchecked(page + inChunk);
            left -= inChunk;
        }
        return Count - before;
    }

    /// <summary>Adds pages among 64: bit n of <paramref name="pages"/> is page <paramref name="first"/> + n, where first is a multiple of 64. Returns how many were not in the set.</summary>
    public int AddMask(ulong first, ulong pages)
    {
        if ((first & 63) != 0) throw new ArgumentOutOfRangeException(nameof(first), $"Page 0x{first:x} is no multiple of 64.");
        unchecked
        {
            ref ulong word = ref Chunk(first >> ChunkPagesLog2)[(int)(first >> 6) & (ChunkWords - 1)];
            int added = BitOperations.PopCount(pages & ~word);
            word |= pages;
            Count += added;
            return added;
        }
    }

    /// <summary>Removes a page; true when it was in the set.</summary>
    public bool Remove(ulong page)
    {
        unchecked
        {
            ulong bit = 1UL << (int)page;
            if (Find(page >> ChunkPagesLog2) is not { } words || (words[(int)(page >> 6) & (ChunkWords - 1)] & bit) == 0) return false;
            words[(int)(page >> 6) & (ChunkWords - 1)] ^= bit;
            Count--;
            return true;
        }
    }

    /// <summary>Is a page in the set?</summary>
    public bool Contains(ulong page) =>
        Find(page >> ChunkPagesLog2) is { } words && (words[(int)((page >> 6) & (ChunkWords - 1))] >> (int)(page & 63) & 1) != 0;

    /// <summary>Removes every page and keeps the memory for the next use.</summary>
    public void Clear()
    {
        for (int i = 0; i < chunkCount; i++) Array.Clear(chunks[i]);
        Count = 0;
    }

    /// <summary>Makes this set equal to another.</summary>
    public void CopyFrom(PageSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other)) return;
        Clear();
        UnionWith(other);
    }

    /// <summary>Adds every page of another set.</summary>
    public void UnionWith(PageSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other)) return;
        for (int i = 0; i < other.chunkCount; i++)
        {
            ReadOnlySpan<ulong> theirs = other.chunks[i];
            if (theirs.IndexOfAnyExcept(0UL) < 0) continue;
            Span<ulong> ours = Chunk(other.numbers[i]);
            long added = 0;
            for (int w = 0; w < ours.Length; w++)
            {
                added += BitOperations.PopCount(theirs[w] & ~ours[w]);
                ours[w] |= theirs[w];
            }
            Count += added;
        }
    }

    /// <summary>Removes every page of another set.</summary>
    public void ExceptWith(PageSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < chunkCount; i++)
        {
            if (other.Find(numbers[i]) is not { } theirs) continue;
            Span<ulong> ours = chunks[i];
            long removed = 0;
            for (int w = 0; w < ours.Length; w++)
            {
                ulong gone = ours[w] & theirs[w];
                removed += BitOperations.PopCount(gone);
                ours[w] ^= gone;
            }
            Count -= removed;
        }
    }

    /// <summary>How many pages are in both sets.</summary>
    public long CountCommon(PageSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        long common = 0;
        for (int i = 0; i < chunkCount; i++)
        {
            if (other.Find(numbers[i]) is not { } theirs) continue;
            ReadOnlySpan<ulong> ours = chunks[i];
            for (int w = 0; w < ours.Length; w++) common += BitOperations.PopCount(ours[w] & theirs[w]);
        }
        return common;
    }

    /// <summary>The pages in ascending order. The set must not change meanwhile.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the pages of a set in ascending order.</summary>
    public struct Enumerator
    {
        private readonly PageSet set;
        private readonly int[] order;
        private int orderAt = -1;
        private int wordAt = ChunkWords;
        private ulong word;

        internal Enumerator(PageSet set)
        {
            this.set = set;
            order = set.Ascending();
        }

        /// <summary>The page at the enumerator.</summary>
        public ulong Current { get; private set; }

        /// <summary>Moves to the next page; false at the end.</summary>
        public bool MoveNext()
        {
            while (word == 0)
            {
                if (++wordAt >= ChunkWords)
                {
                    if (++orderAt >= order.Length) return false;
                    wordAt = 0;
                }
                word = set.chunks[order[orderAt]][wordAt];
            }
            Current = (set.numbers[order[orderAt]] << ChunkPagesLog2) | ((ulong)wordAt << 6) | (uint)BitOperations.TrailingZeroCount(word);
            word &= word - 1;
            return true;
        }
    }

    private void FillPages(Span<ulong> words, int first, int count)
    {
        int end = first + count;
        while (first < end)
        {
            int take = Math.Min(end - first, 64 - (first & 63));
            ulong mask = Bits.Mask(take) << (first & 63);
            ref ulong word = ref words[first >> 6];
            Count += BitOperations.PopCount(mask & ~word);
            word |= mask;
            first += take;
        }
    }

    private ulong[]? Find(ulong number)
    {
        Slot[] table = slots;
        unchecked
        {
            for (int at = FirstSlot(number); ; at++)
            {
                ref readonly Slot slot = ref table[at & (table.Length - 1)];
                if (slot.Words is null || slot.Number == number) return slot.Words;
            }
        }
    }

    /// <summary>Finds or makes a chunk, which the next page is likely to lie in too.</summary>
    private ulong[] Chunk(ulong number)
    {
        lastWords = Find(number) ?? Insert(number);
        lastNumber = number;
        return lastWords;
    }

    private ulong[] Insert(ulong number)
    {
        ulong[] words = new ulong[ChunkWords];
        if (chunkCount == numbers.Length)
        {
            Array.Resize(ref numbers, chunkCount * 2);
            Array.Resize(ref chunks, chunkCount * 2);
            slots = new Slot[slots.Length * 2];
            for (int i = 0; i < chunkCount; i++) Place(numbers[i], chunks[i]);
        }
        numbers[chunkCount] = number;
        chunks[chunkCount] = words;
        chunkCount++;
        Place(number, words);
        ascending = null;
        return words;
    }

    private void Place(ulong number, ulong[] words)
    {
        int at = FirstSlot(number);
        while (slots[at & (slots.Length - 1)].Words is not null) at = unchecked(at + 1);
        slots[at & (slots.Length - 1)] = new() { Number = number, Words = words };
    }

    // Fibonacci hashing: consecutive chunk numbers spread over the table.
    private static int FirstSlot(ulong number) => unchecked((int)((number * 0x9E3779B97F4A7C15) >> 32));

    private int[] Ascending()
    {
        if (ascending is not null) return ascending;
        int[] order = new int[chunkCount];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        ulong[] keys = numbers.AsSpan(0, chunkCount).ToArray();
        Array.Sort(keys, order);
        return ascending = order;
    }
}
