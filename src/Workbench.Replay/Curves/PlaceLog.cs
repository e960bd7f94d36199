using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbench.Replay.Curves;

/// <summary>
/// An order of use as bits: every use takes the next position of a log, and leaves the one it had. How many of the positions taken are newer than another is a count of bits. What an
/// invalidation drops leaves its place empty: nobody's, and counted all the same.
/// </summary>
internal sealed unsafe class PlaceLog
{
    private const int BlockLog2 = 8;

    // Without bounds checks, of which there were five for each use: places come from this class alone (curve benchmark, nic1024).
    private readonly ulong* taken;
    private readonly ulong* empty;
    // Of taken bits in blocks of 256, for counts over long ranges; with some zeros behind the last.
    private readonly int* inBlock;
    private readonly int* owners;
    private readonly int positions;
    // What the pointers point into; it does not move.
    private readonly ulong[] memory;
    private int next, oldest, newestEmpty;

    /// <summary>A log without places, for at most so many at a time.</summary>
    public PlaceLog(int most)
    {
        // Six times as long: it is closed up after five uses for each place that then has to be moved.
        positions = Math.Max(1, (most * 6) >> BlockLog2) << BlockLog2;
        int words = positions >> 6, blocks = (positions >> BlockLog2) + Vector256<int>.Count;
        memory = GC.AllocateArray<ulong>((words * 2) + ((blocks + 1 + positions) / 2), pinned: true);
        taken = (ulong*)Unsafe.AsPointer(ref memory[0]);
        empty = taken + words;
        inBlock = (int*)(empty + words);
        owners = inBlock + blocks;
    }

    /// <summary>Places taken, empty ones too.</summary>
    public int Count { get; private set; }
    /// <summary>Empty places.</summary>
    public int Empty { get; private set; }
    /// <summary>Must the log be closed up before the next use?</summary>
    public bool IsFull => next == positions;

    /// <summary>Whose a place is.</summary>
    public ref int OwnerOf(int place) => ref owners[place];

    /// <summary>Is a place empty?</summary>
    public bool IsEmpty(int place) => ((empty[place >> 6] >> place) & 1) != 0;

    /// <summary>Takes the newest place for an owner that had none.</summary>
    public int Take(int owner)
    {
        unchecked
        {
            Count++;
            return TakeNext(owner);
        }
    }

    /// <summary>
    /// Takes the newest place for the owner of another. That one is left; the newest empty place above it, if there is one, takes up the shift, since a cache with a free entry evicts nothing.
    /// </summary>
    public int Renew(int place, int owner)
    {
        unchecked
        {
            if (Empty != 0 && NewestEmpty() > place)
            {
                Free(RemoveEmpty());
                MakeEmpty(place);
            }
            else Free(place);
            return TakeNext(owner);
        }
    }

    /// <summary>Whoever was here is here no more.</summary>
    public void MakeEmpty(int place)
    {
        unchecked
        {
            empty[place >> 6] |= 1UL << place;
            Empty++;
            newestEmpty = Math.Max(newestEmpty, place);
        }
    }

    /// <summary>Takes the newest empty place away.</summary>
    public void TakeEmpty()
    {
        Free(RemoveEmpty());
        Count--;
    }

    /// <summary>Takes the oldest place away, which is not empty, and says whose it was.</summary>
    public int TakeOldest()
    {
        unchecked
        {
            int word = oldest >> 6;
            ulong bits = taken[word] & (ulong.MaxValue << oldest);
            while (bits == 0) bits = taken[++word];
            oldest = (word << 6) | BitOperations.TrailingZeroCount(bits);
            Free(oldest);
            Count--;
            return owners[oldest];
        }
    }

    /// <summary>Whose place will be the oldest some time from now: a guess.</summary>
    public int SoonOldest => owners[Math.Min(unchecked(oldest + 16), positions - 1)];

    /// <summary>How many places are newer.</summary>
    public int NewerThan(int place)
    {
        unchecked
        {
            // Without branches on where in its block the place lies, which nobody can guess (curve benchmark, zipf1m).
            ulong* words = taken + ((place >> BlockLog2) << 2);
            int word = (place >> 6) & 3;
            int newer = BitOperations.PopCount((words[word] >> place) >> 1)
                + (BitOperations.PopCount(words[1]) & ((word - 1) >> 31)) + (BitOperations.PopCount(words[2]) & ((word - 2) >> 31)) + (BitOperations.PopCount(words[3]) & ((word - 3) >> 31));
            int block = (place >> BlockLog2) + 1, lastBlock = (next - 1) >> BlockLog2;
            if (block > lastBlock) return newer;
            // Beyond the newest place all counts are zero.
            Vector256<int> sums = default;
            for (; block <= lastBlock; block += Vector256<int>.Count) sums += Vector256.Load(inBlock + block);
            return newer + Vector256.Sum(sums);
        }
    }

    /// <summary>Closes the log up: places follow one another again, in the same order. Returns how many there are.</summary>
    public int CloseUp()
    {
        unchecked
        {
            // A place moves only towards the front, so what is still to be read is not overwritten.
            int places = 0;
            (Empty, newestEmpty) = (0, 0);
            for (int word = 0; word < positions >> 6; word++)
            {
                (ulong left, ulong nobodys) = (taken[word], empty[word]);
                (taken[word], empty[word]) = (0, 0);
                for (; left != 0; left &= left - 1)
                {
                    int place = BitOperations.TrailingZeroCount(left);
                    owners[places] = owners[(word << 6) | place];
                    if (((nobodys >> place) & 1) != 0) MakeEmpty(places);
                    places++;
                }
            }
            new Span<int>(inBlock, positions >> BlockLog2).Clear();
            (next, oldest) = (0, 0);
            while (next < places) TakeNext(owners[next]);
            return places;
        }
    }

    private int TakeNext(int owner)
    {
        unchecked
        {
            int place = next++;
            owners[place] = owner;
            taken[place >> 6] |= 1UL << place;
            inBlock[place >> BlockLog2]++;
            return place;
        }
    }

    private void Free(int place)
    {
        unchecked
        {
            taken[place >> 6] ^= 1UL << place;
            inBlock[place >> BlockLog2]--;
        }
    }

    private int RemoveEmpty()
    {
        int place = NewestEmpty();
        empty[place >> 6] ^= 1UL << place;
        Empty--;
        if (Empty == 0) newestEmpty = 0;
        return place;
    }

    private int NewestEmpty()
    {
        int word = newestEmpty >> 6;
        while (empty[word] == 0) word--;
        return newestEmpty = (word << 6) | BitOperations.Log2(empty[word]);
    }
}
