using Workbench.Races.Model;

namespace Workbench.Races.Search;

/// <summary>The states met so far, each with the one it was first reached from, in the order in which they were met: which is breadth first, so the set is its own queue.</summary>
internal sealed class StateSet
{
    private const int ChunkLog2 = 12;
    private readonly List<RaceState[]> chunks = [];
    private readonly List<int[]> parents = [];
    private const int FewestSlots = 1 << 12;
    // Number of the state plus one in the low half, some of its hash in the high half; 0 is free. Only the first slots are in use: a search after a larger one begins small again.
    private ulong[] table = new ulong[FewestSlots];
    private int slots = FewestSlots;

    public int Count { get; private set; }

    public ref RaceState this[int number] => ref chunks[number >> ChunkLog2][number & ((1 << ChunkLog2) - 1)];

    public int ParentOf(int number) => parents[number >> ChunkLog2][number & ((1 << ChunkLog2) - 1)];

    /// <summary>Forgets the states and keeps the memory.</summary>
    public void Clear()
    {
        (Count, slots) = (0, FewestSlots);
        Array.Clear(table, 0, slots);
    }

    /// <summary>The number of a state, which is added unless it is known.</summary>
    public int NumberOf(in RaceState state, int parent)
    {
        unchecked
        {
            if (Count * 2 >= slots) Grow();
            ulong stirred = state.Stir(), tag = stirred & 0xFFFF_FFFF_0000_0000;
            uint mask = (uint)slots - 1;
            for (uint at = (uint)stirred & mask; ; at = (at + 1) & mask)
            {
                ulong entry = table[at];
                if (entry == 0)
                {
                    table[at] = tag | (uint)(Count + 1);
                    break;
                }
                if ((entry & 0xFFFF_FFFF_0000_0000) == tag && this[(int)(uint)entry - 1].Equals(state)) return (int)(uint)entry - 1;
            }
            int inChunk = Count & ((1 << ChunkLog2) - 1);
            if (Count >> ChunkLog2 == chunks.Count)
            {
                chunks.Add(new RaceState[1 << ChunkLog2]);
                parents.Add(new int[1 << ChunkLog2]);
            }
            chunks[Count >> ChunkLog2][inChunk] = state;
            parents[Count >> ChunkLog2][inChunk] = parent;
            return Count++;
        }
    }

    private void Grow()
    {
        unchecked
        {
            slots *= 2;
            if (slots > table.Length) table = new ulong[slots];
            else Array.Clear(table, 0, slots);
            uint mask = (uint)slots - 1;
            for (int number = 0; number < Count; number++)
            {
                ulong stirred = this[number].Stir();
                uint at = (uint)stirred & mask;
                while (table[at] != 0) at = (at + 1) & mask;
                table[at] = (stirred & 0xFFFF_FFFF_0000_0000) | (uint)(number + 1);
            }
        }
    }
}
