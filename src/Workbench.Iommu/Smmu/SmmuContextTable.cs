namespace Workbench.Iommu.Smmu;

/// <summary>
/// Where the context descriptors of a stream are: STE.S1ContextPtr, S1CDMax and S1Fmt. IHI 0070 §5.2 [S]. The base is physical,
/// or intermediate if the stream is nested. Address bits that the shape reserves are read as 0, one of the behaviours allowed.
/// </summary>
public readonly record struct SmmuContextTable(ulong Base, int ContextsLog2, SmmuContextFormat Format)
{
    /// <summary>Whether substreams are enabled: more than one descriptor.</summary>
    public bool HasSubstreams => ContextsLog2 != 0;

    /// <summary>Whether there is a first level; a table of one descriptor has none, nor has the reserved shape.</summary>
    public bool IsTwoLevel => HasSubstreams && Format is SmmuContextFormat.TwoLevel4K or SmmuContextFormat.TwoLevel64K;

    /// <summary>Log2 of the descriptors in one leaf table: 6 or 10 with two levels, else all of them.</summary>
    public int LeafLog2 => !IsTwoLevel ? ContextsLog2 : Format == SmmuContextFormat.TwoLevel4K ? 6 : 10;

    /// <summary>Number of first-level entries; 1 if there is no first level.</summary>
    public uint Level1Entries => 1u << Math.Max(0, ContextsLog2 - LeafLog2);

    /// <summary>Whether the table reaches a substream; if not the transaction ends with C_BAD_SUBSTREAMID.</summary>
    public bool Covers(Pasid substream) => ContextsLog2 >= 32 || substream.Value >> ContextsLog2 == 0;

    /// <summary>Place of a substream's entry in the first level; 0 if there is none.</summary>
    public uint Level1IndexOf(Pasid substream) => IsTwoLevel ? substream.Value >> LeafLog2 : 0;

    /// <summary>Place of a substream's descriptor in its leaf table.</summary>
    public uint LeafIndexOf(Pasid substream) => IsTwoLevel ? substream.Value & (uint)Bits.Mask(LeafLog2) : substream.Value;

    /// <summary>Address of a substream's first-level entry; the table is aligned to its size or 64 bytes.</summary>
    public ulong Level1EntryOf(Pasid substream) =>
        unchecked((Base & ~(Math.Max(64, (ulong)Level1Entries * SmmuContextLevel1.SizeBytes) - 1)) + ((ulong)Level1IndexOf(substream) * SmmuContextLevel1.SizeBytes));

    /// <summary>Address of a substream's descriptor in a linear table, which is aligned to its size.</summary>
    public ulong LinearEntryOf(Pasid substream) =>
        unchecked((Base & ~Bits.Mask(ContextsLog2 + 6)) + ((ulong)substream.Value * SmmuContextDescriptor.SizeBytes));
}
