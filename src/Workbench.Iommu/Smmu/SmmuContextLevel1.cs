namespace Workbench.Iommu.Smmu;

/// <summary>First-level entry of a two-level table of context descriptors (L1CD), 64 bits. IHI 0070 §5.3 [S].</summary>
public readonly record struct SmmuContextLevel1(ulong Word)
{
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 8;

    /// <summary>Whether the entry may be used (V); if not, a transaction ends with C_BAD_SUBSTREAMID. Bit 0.</summary>
    public bool IsValid { get => Word.Bit(0); init => Word = Word.WithBit(0, value); }

    /// <summary>The leaf table (L2Ptr), physical, or intermediate if nested. Bits 55:12.</summary>
    public ulong LeafTable { get => Word.Address(55, 12); init => Word = Word.WithAddress(55, 12, value); }

    /// <summary>Address of a descriptor of the leaf table.</summary>
    public ulong DescriptorAt(uint index) => unchecked(LeafTable + ((ulong)index * SmmuContextDescriptor.SizeBytes));

    /// <summary>Whether the leaf table lies above the address size, OAS or, if nested, IAS. Ends with C_BAD_SUBSTREAMID, or is truncated (§3.4.3).</summary>
    public bool LeafIsOutOfRange(int addressBits) => LeafTable >> addressBits != 0;
}
