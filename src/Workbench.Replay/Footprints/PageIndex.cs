using System.Runtime.CompilerServices;

namespace Workbench.Replay.Footprints;

/// <summary>Where the last write of each page stands: a hash table with open addressing that only grows.</summary>
internal sealed class PageIndex
{
    private const int LeastLog2 = 10;

    private Slot[] slots = new Slot[1 << LeastLog2];
    private int shift = 64 - LeastLog2;

    /// <summary>A page; one without a space stands for an empty slot.</summary>
    private struct Slot
    {
        public ulong Page;
        public int SpacePlusOne;
        public int Place;
    }

    /// <summary>Pages in it.</summary>
    public int Count { get; private set; }

    /// <summary>Places for pages, taken or not.</summary>
    public int Slots => slots.Length;

    /// <summary>Is it to grow before another page comes?</summary>
    public bool IsFull => 2 * Count >= slots.Length;

    /// <summary>The slot of a page, or -1.</summary>
    public int Find(int space, ulong page)
    {
        unchecked
        {
            Slot[] all = slots;
            for (int at = HashOf(space, page); ; at = (at + 1) & (all.Length - 1))
            {
                ref Slot slot = ref all[at];
                if (slot.Page == page && slot.SpacePlusOne == space + 1) return at;
                if (slot.SpacePlusOne == 0) return -1;
            }
        }
    }

    /// <summary>Adds a page that is not there; returns its slot.</summary>
    public int Insert(int space, ulong page, int place)
    {
        int at = HashOf(space, page);
        while (slots[at].SpacePlusOne != 0) at = (at + 1) & (slots.Length - 1);
        slots[at] = new() { Page = page, SpacePlusOne = space + 1, Place = place };
        Count++;
        return at;
    }

    /// <summary>The place of a slot's page; 0 if the slot is empty.</summary>
    public int PlaceOf(int slot) => slots[slot].Place;

    /// <summary>The page of a slot has another place.</summary>
    public void Move(int slot, int place) => slots[slot].Place = place;

    /// <summary>Doubles the table; every page has another slot.</summary>
    public void Grow()
    {
        Slot[] old = slots;
        if (old.Length >= Array.MaxLength / 2) throw new InsufficientMemoryException($"More than {Count:n0} pages are written. Count larger pages only, with --granules.");
        slots = new Slot[2 * old.Length];
        shift--;
        Count = 0;
        foreach (ref readonly Slot slot in old.AsSpan())
            if (slot.SpacePlusOne != 0) Insert(slot.SpacePlusOne - 1, slot.Page, slot.Place);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] // One multiplication: FootprintBenchmark.
    private int HashOf(int space, ulong page) => unchecked((int)(((page + ((ulong)(uint)space * 0x9E3779B1UL << 32)) * 0x9E3779B97F4A7C15UL) >> shift));
}
