using Workbench.Iommu.Memory;

namespace Workbench.Iommu.RiscV;

/// <summary>A queue in memory that the unit fills and software empties: the fault queue and the page-request queue. RISC-V IOMMU, "In-memory queue interface" [S].</summary>
public sealed class RiscVRecordQueue
{
    private readonly PhysicalMemory memory;
    private readonly int recordWords;

    internal RiscVRecordQueue(PhysicalMemory memory, int recordWords) => (this.memory, this.recordWords) = (memory, recordWords);

    /// <summary>Address of record 0 (fqb, pqb).</summary>
    public Spa Base { get; private set; }
    /// <summary>Records the queue has places for; 0 while it is off, when records are dropped without a trace (fqcsr.fqon, pqcsr.pqon).</summary>
    public int Length { get; private set; }
    /// <summary>The record that software takes next (fqh, pqh).</summary>
    public int Head { get; private set; }
    /// <summary>Where the unit puts the next record (fqt, pqt).</summary>
    public int Tail { get; private set; }
    /// <summary>A record was dropped because the queue was full; until software clears this all are (fqof, pqof).</summary>
    public bool Overflowed { get; private set; }
    /// <summary>A record was dropped because the queue lies where there is no memory; until software clears this all are (fqmf, pqmf).</summary>
    public bool MemoryFaulted { get; private set; }
    /// <summary>Records now in the queue.</summary>
    public int Count => Length == 0 ? 0 : (Tail - Head + Length) % Length;

    /// <summary>Turns the queue on, empty and without errors: a power of two of records, at least 2, aligned to 4 KiB and to its own size. Length 0 turns it off.</summary>
    public void Set(Spa queueBase, int length)
    {
        if (length != 0) RiscVWords.RequireQueue(queueBase, length, recordWords * 8);
        (Base, Length, Head, Tail, Overflowed, MemoryFaulted) = (queueBase, length, 0, 0, false, false);
    }

    /// <summary>Puts a record at the tail, or notes why not.</summary>
    internal bool TryPut(ReadOnlySpan<ulong> words)
    {
        if (Length == 0 || Overflowed || MemoryFaulted) return false;
        if ((Tail + 1) % Length == Head)
        {
            Overflowed = true;
            return false;
        }
        Spa at = PlaceOf(Tail);
        if (!memory.Contains(at) || !memory.Contains(new(unchecked(at.Value + ((ulong)(recordWords - 1) * 8)))))
        {
            MemoryFaulted = true;
            return false;
        }
        memory.Write(at, words);
        Tail = (Tail + 1) % Length;
        return true;
    }

    /// <summary>What software does: reads the record at the head and moves the head on; false if the queue is empty.</summary>
    public bool TryTake(Span<ulong> words)
    {
        if (Count == 0 || !memory.TryRead(PlaceOf(Head), words[..recordWords])) return false;
        Head = (Head + 1) % Length;
        return true;
    }

    /// <summary>Clears both error bits (write 1 to clear); records are taken again.</summary>
    public void ClearErrors() => (Overflowed, MemoryFaulted) = (false, false);

    private Spa PlaceOf(int index) => new(unchecked(Base.Value + ((ulong)index * (ulong)recordWords * 8)));
}
