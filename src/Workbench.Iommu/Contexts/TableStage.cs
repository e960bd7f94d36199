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
    /// <summary>Does hardware keep both?</summary>
    internal bool KeepsAccessedAndDirty => Accessed == BitKeeping.ByHardware && Dirty == BitKeeping.ByHardware;
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
    /// <summary>
    /// The leaf sizes of each level (bit n set means 2^n bytes), where cached leaves of different levels over one address conflict (SMMUv3 with
    /// IDR3.BBML below 2, IHI 0070 §3.21.1 [S]); null where they do not.
    /// </summary>
    public IReadOnlyList<ulong>? ConflictingLevels { get; init; }

    /// <summary>May leaves of different levels conflict in the TLB? One that is marked nT is then not cached.</summary>
    public bool SizesMayConflict => ConflictingLevels is not null;

    /// <summary>The leaf sizes that conflict with a leaf of 2^<paramref name="log2"/> bytes over the same address.</summary>
    public ulong SizesConflictingWith(int log2)
    {
        if (ConflictingLevels is not { } levels) return 0;
        ulong all = 0, own = 0;
        // By index: an enumerator would be an allocation for each walk.
        for (int i = 0; i < levels.Count; i++)
        {
            all |= levels[i];
            if (((levels[i] >> log2) & 1) != 0) own = levels[i];
        }
        return own == 0 ? 0 : all & ~own;
    }

    /// <summary>Highest output address the part has.</summary>
    public ulong LastOutput { get; init; } = Bits.Mask(52);
}
