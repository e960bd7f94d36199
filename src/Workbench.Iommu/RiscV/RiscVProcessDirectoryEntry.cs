namespace Workbench.Iommu.RiscV;

/// <summary>Non-leaf entry of a process directory, 64 bits: leads to the table one level down. RISC-V IOMMU, "Non-leaf PDT entry" [S][M].</summary>
public readonly record struct RiscVProcessDirectoryEntry(ulong Word)
{
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 8;
    /// <summary>Entries in one 4 KiB table; a root of PD20 uses the first 8.</summary>
    public const int EntriesPerTable = 512;

    private const ulong LayoutReserved = 0xFFC0_0000_0000_03FE;

    /// <summary>Whether the entry leads to a table (V). Bit 0.</summary>
    public bool IsValid { get => Word.Bit(0); init => Word = Word.WithBit(0, value); }

    /// <summary>The next table, a guest address if the device has a second stage. Bits 53:10 (PPN).</summary>
    public ulong Table { get => Word.TableAddress; init => Word = Word.WithTableAddress(value); }

    /// <summary>Whether a reserved bit is set: 9:1 or 63:54. Matters only if valid: <see cref="RiscVFaultCause.ProcessEntryMisconfigured"/>.</summary>
    public bool ReservedBitsSet => (Word & LayoutReserved) != 0;
}
