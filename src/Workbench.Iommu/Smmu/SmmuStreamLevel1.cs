namespace Workbench.Iommu.Smmu;

/// <summary>First-level descriptor of a two-level stream table (L1STD), 64 bits. IHI 0070 §5.1 [S].</summary>
public readonly record struct SmmuStreamLevel1(ulong Word)
{
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 8;

    /// <summary>Log2 of the leaf table in entries, plus 1 (Span): 1 to 11; 0 and the reserved 12 to 31 make it invalid. Bits 4:0.</summary>
    public int Span { get => (int)Word.Field(4, 0); init => Word = Word.WithField(4, 0, unchecked((ulong)value)); }

    /// <summary>The leaf table as programmed (L2Ptr); hardware aligns it to its size. Bits 55:6.</summary>
    public Spa LeafTable { get => new(Word.Address(55, 6)); init => Word = Word.WithAddress(55, 6, value.Value); }

    /// <summary>A descriptor of a leaf table of 2^log2Entries entries, 0 to 10.</summary>
    public static SmmuStreamLevel1 Of(Spa leafTable, int log2Entries) => log2Entries is >= 0 and <= 10
        ? new() { Span = log2Entries + 1, LeafTable = leafTable }
        : throw new ArgumentOutOfRangeException(nameof(log2Entries), $"A leaf table of 2^{log2Entries} entries; 2^0 to 2^10.");

    /// <summary>Number of entries in the leaf table: 1 to 1024; 0 if invalid.</summary>
    public int LeafEntries => Span is >= 1 and <= 11 ? 1 << (Span - 1) : 0;

    /// <summary>The leaf table as hardware uses it, aligned down to its size.</summary>
    public Spa AlignedLeafTable => new(LeafTable.Value & ~(((ulong)Math.Max(1, LeafEntries) * SmmuStreamTableEntry.SizeBytes) - 1));

    /// <summary>
    /// Whether an entry can be reached through the descriptor: the span is no larger than the split allows and holds the index.
    /// If not the transaction ends with C_BAD_STREAMID.
    /// </summary>
    public bool Reaches(uint leafIndex, int split) => Span >= 1 && Span <= Math.Min(11, split + 1) && leafIndex < (uint)LeafEntries;

    /// <summary>Address of an entry of the leaf table.</summary>
    public Spa EntryAt(uint leafIndex) =>
        new(unchecked(AlignedLeafTable.Value + ((ulong)leafIndex * SmmuStreamTableEntry.SizeBytes)));
}
