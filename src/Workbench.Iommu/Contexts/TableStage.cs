namespace Workbench.Iommu.Contexts;

/// <summary>One stage of translation: where its table is and how it is to be walked.</summary>
public sealed record TableStage
{
    /// <summary>Address of the top table: system physical, or guest physical for the first of two stages.</summary>
    public required ulong Root { get; init; }
    /// <summary>Level of the top table.</summary>
    public required int RootLevel { get; init; }
    /// <summary>Highest input address; in a signed space the highest of its lower half.</summary>
    public required ulong LastInput { get; init; }
    /// <summary>Is the input space signed, its upper half at the top of the 64-bit space?</summary>
    public bool IsSigned { get; init; }
    /// <summary>Largest leaf the part has, as a power of two of bytes; a larger one is a reserved bit.</summary>
    public int LargestLeafLog2 { get; init; } = 63;
    /// <summary>What the device entry allows before any paging entry is asked.</summary>
    public Permission Allowed { get; init; } = Permission.ReadWrite;
    /// <summary>What happens to Accessed.</summary>
    public BitKeeping Accessed { get; init; }
    /// <summary>What happens to Dirty.</summary>
    public BitKeeping Dirty { get; init; }
    /// <summary>Does hardware set Accessed in entries that point to tables?</summary>
    public bool MarksTables { get; init; }
    /// <summary>May walks update entries coherently? If not, a needed A/D update faults.</summary>
    public bool CoherentWalks { get; init; } = true;
    /// <summary>May the update for a plain write become visible after the write itself, at the next fence (Arm)?</summary>
    public bool DirtyMayLag { get; init; }
    /// <summary>Bits of any entry that are reserved on this part, besides those the format reserves.</summary>
    public ulong MustBeZero { get; init; }
    /// <summary>Bits that hardware sets together with Accessed, in tables' entries too (VT-d's Extended Accessed); 0 for none.</summary>
    public ulong AlsoAccessed { get; init; }
    /// <summary>Highest output address the part has.</summary>
    public ulong LastOutput { get; init; } = Bits.Mask(52);
}
