using Workbench.Races.Model;

namespace Workbench.Races.Search;

/// <summary>The states met so far, each with the one it was first reached from, in the order in which they were met: which is breadth first, so the set is its own queue.</summary>
internal sealed class StateSet
{
    private const int ChunkLog2 = 12;
    private readonly List<RaceState[]> chunks = [];
    private readonly List<int[]> parents = [];
    // Number of the state plus one in the low half, some of its hash in the high half; 0 is free.
    private ulong[] table = new ulong[1 << 12];

    public int Count { get; private set; }

    public ref RaceState this[int number] => ref chunks[number >> ChunkLog2][number & ((1 << ChunkLog2) - 1)];

    public int ParentOf(int number) => parents[number >> ChunkLog2][number & ((1 << ChunkLog2) - 1)];

    /// <summary>Bytes that the set holds.</summary>
    public long Bytes => ((long)table.Length * 8) + ((long)chunks.Count << ChunkLog2) * (System.Runtime.CompilerServices.Unsafe.SizeOf<RaceState>() + 4);

    /// <summary>The number of a state, which is added unless it is known.</summary>
    public int NumberOf(in RaceState state, int parent)
    {
        unchecked
        {
            if (Count * 2 >= table.Length) Grow();
            ulong stirred = state.Stir(), tag = stirred & 0xFFFF_FFFF_0000_0000;
            uint mask = (uint)table.Length - 1;
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
            if (inChunk == 0)
            {
                chunks.Add(new RaceState[1 << ChunkLog2]);
                parents.Add(new int[1 << ChunkLog2]);
            }
            chunks[^1][inChunk] = state;
            parents[^1][inChunk] = parent;
            return Count++;
        }
    }

    private void Grow()
    {
        unchecked
        {
            table = new ulong[table.Length * 2];
            uint mask = (uint)table.Length - 1;
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
