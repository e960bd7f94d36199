namespace Workbench.Iommu.Memory;

/// <summary>Software's side of a queue in memory: a ring of entries of whole words, filled at the tail.</summary>
public sealed class CommandRing
{
    private readonly PhysicalMemory memory;
    private readonly int entryWords;

    /// <summary>Allocates a ring of <paramref name="length"/> entries (a power of two) of <paramref name="entryWords"/> words; together at most 2 MiB.</summary>
    public CommandRing(PhysicalMemory memory, int length, int entryWords)
    {
        ArgumentNullException.ThrowIfNull(memory);
        (this.memory, Length, this.entryWords) = (memory, length, entryWords);
        Base = memory.AllocateContiguous(Math.Max(1, length * entryWords * 8 / PhysicalMemory.FrameBytes));
    }

    /// <summary>Address of entry 0.</summary>
    public Spa Base { get; }
    /// <summary>Entries.</summary>
    public int Length { get; }
    /// <summary>Where the next entry goes, 0 to Length - 1.</summary>
    public int Tail { get; private set; }

    /// <summary>Puts an entry at the tail and moves the tail on. That there is room is the caller's to see.</summary>
    public void Enqueue(ReadOnlySpan<ulong> words)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(words.Length, entryWords);
        memory.Write(new(Base.Value + ((ulong)Tail * (ulong)entryWords * 8)), words);
        Tail = (Tail + 1) % Length;
    }
}
