namespace Workbench.Iommu.Amd;

/// <summary>
/// Entry of a GCR3 table, 64 bits: at the leaf it names the guest page table of one PASID, above it the next table.
/// AMD IOMMU §2.2.6 [R]; V and address [L]; levels count from 0, the leaf, and one table of 512 entries fills a 4 KiB page.
/// </summary>
public readonly record struct AmdGuestTableEntry(ulong Value)
{
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 8;
    /// <summary>Entries in one table.</summary>
    public const int EntriesPerTable = 512;
    /// <summary>Largest number of levels (GLX = 2); its top table uses only PASID bits 19:18.</summary>
    public const int MaximumLevels = 3;

    private const ulong LayoutReserved = 0xFFF0_0000_0000_0FFE;

    /// <summary>Whether the entry may be used (V). Bit 0.</summary>
    public bool IsValid { get => Value.Bit(0); init => Value = Value.WithBit(0, value); }

    /// <summary>
    /// The guest page table (GCR3, guest-physical if a host table translates it) or the next table, 4 KiB aligned.
    /// Bits 51:12.
    /// </summary>
    public ulong Address { get => Value.PageAddress; init => Value = Value.WithPageAddress(value); }

    /// <summary>Whether one of bits 11:1 or 63:52 is set. That they are reserved is inferred [I]: Linux leaves them 0.</summary>
    public bool ReservedBitsSet => (Value & LayoutReserved) != 0;

    /// <summary>The place of a PASID's entry at a level, 0 to 2: nine PASID bits each, the leaf takes bits 8:0.</summary>
    public static int IndexOf(Pasid pasid, int level)
    {
        if (level is < 0 or >= MaximumLevels)
            throw new ArgumentOutOfRangeException(nameof(level), $"Level {level} is none of a GCR3 table; 0 (leaf) to {MaximumLevels - 1}.");
        return (int)((pasid.Value >> (9 * level)) & (EntriesPerTable - 1));
    }

    /// <summary>Whether a table of 1 to 3 levels reaches a PASID: 2^9, 2^18 or all of them.</summary>
    public static bool Covers(Pasid pasid, int levels)
    {
        if (levels is < 1 or > MaximumLevels)
            throw new ArgumentOutOfRangeException(nameof(levels), $"A GCR3 table of {levels} levels does not exist; 1 to {MaximumLevels}.");
        return pasid.Value >> (9 * levels) == 0;
    }
}
