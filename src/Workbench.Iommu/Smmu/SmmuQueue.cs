using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Smmu;

/// <summary>One queue in memory as its registers describe it: indexes run over twice the length, their top bit being WRAP. IHI 0070 §3.5.1 [S].</summary>
internal sealed class SmmuQueue(PhysicalMemory memory, int entryWords)
{
    /// <summary>Address of entry 0 (BASE.ADDR).</summary>
    public Spa Base { get; private set; }
    /// <summary>Log2 of the entries (BASE.LOG2SIZE).</summary>
    public int Log2Size { get; private set; }
    /// <summary>Where the next entry is written (PROD.WR with WRAP).</summary>
    public uint Producer { get; private set; }
    /// <summary>Where the next entry is read (CONS.RD with WRAP).</summary>
    public uint Consumer { get; private set; }

    public int Length => 1 << Log2Size;
    public uint IndexMask => (2u << Log2Size) - 1;
    public bool IsEmpty => Producer == Consumer;
    public bool IsFull => (Producer ^ Consumer) == 1u << Log2Size;
    /// <summary>Entries written and not read; more than the length if software wrote nonsense.</summary>
    public int Count => (int)(unchecked(Producer - Consumer) & IndexMask);

    public void Set(Spa address, int log2Size)
    {
        (Base, Log2Size, Producer, Consumer) = (address, log2Size, 0, 0);
    }

    public void SetProducer(uint value) => Producer = value & IndexMask;

    public void SetConsumer(uint value) => Consumer = value & IndexMask;

    public void Advance() => Producer = unchecked(Producer + 1) & IndexMask;

    public void Consume() => Consumer = unchecked(Consumer + 1) & IndexMask;

    public Spa AddressOf(uint index) => new(unchecked(Base.Value + ((ulong)(index & (uint)(Length - 1)) * (ulong)entryWords * 8)));

    public bool TryRead(Span<ulong> words) => memory.TryRead(AddressOf(Consumer), words);

    /// <summary>Writes an entry at the producer index; where there is no memory it is lost.</summary>
    public void Append(ReadOnlySpan<ulong> words)
    {
        Spa at = AddressOf(Producer);
        if (memory.Contains(at) && memory.Contains(new(unchecked(at.Value + (8UL * (ulong)(words.Length - 1)))))) memory.Write(at, words);
        Advance();
    }
}
