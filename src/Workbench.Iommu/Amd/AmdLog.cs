using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Amd;

/// <summary>
/// A log that the IOMMU writes in memory and software reads: a ring of entries of 128 bits with head, tail and an overflow bit. Event log and
/// page request log are two of them. AMD IOMMU §2.5, §2.6 [R].
/// </summary>
public sealed class AmdLog(PhysicalMemory memory)
{
    private const int EntryBytes = 16;

    /// <summary>Address of entry 0.</summary>
    public Spa Base { get; private set; }
    /// <summary>Entries in the ring; one fewer fit. 0: there is no log, and what would be written is lost.</summary>
    public int Length { get; private set; }
    /// <summary>The next entry software will read; software moves it.</summary>
    public int Head { get; private set; }
    /// <summary>Where hardware will write next.</summary>
    public int Tail { get; private set; }
    /// <summary>An entry found the log full: nothing more is written until software clears this.</summary>
    public bool HasOverflowed { get; private set; }

    /// <summary>Sets base and length in entries; the log is empty.</summary>
    public void Set(Spa logBase, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        (Base, Length, Head, Tail, HasOverflowed) = (logBase, length, 0, 0, false);
    }

    /// <summary>Clears the overflow bit, after which hardware writes again.</summary>
    public void ClearOverflow() => HasOverflowed = false;

    /// <summary>Hardware writes an entry. False if it is lost.</summary>
    internal bool TryAppend(ulong word0, ulong word1)
    {
        if (Length == 0 || HasOverflowed) return false;
        if ((Tail + 1) % Length == Head)
        {
            HasOverflowed = true;
            return false;
        }
        Spa at = At(Tail);
        // Where there is no memory the entry is lost, as a write to nowhere is.
        if (memory.Contains(at) && memory.Contains(new(at.Value + 8))) memory.Write(at, [word0, word1]);
        Tail = (Tail + 1) % Length;
        return true;
    }

    /// <summary>What software does in the log's interrupt: reads the oldest entry, zeroes its code for the next round, and moves the head.</summary>
    internal bool TryTake(out ulong word0, out ulong word1)
    {
        (word0, word1) = (0, 0);
        if (Head == Tail) return false;
        Span<ulong> words = stackalloc ulong[2];
        if (memory.TryRead(At(Head), words))
        {
            (word0, word1) = (words[0], words[1]);
            memory.Write(At(Head), [0, 0]);
        }
        Head = (Head + 1) % Length;
        return true;
    }

    private Spa At(int index) => new(unchecked(Base.Value + ((ulong)index * EntryBytes)));
}
