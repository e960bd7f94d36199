namespace Workbench.Iommu.RiscV;

/// <summary>
/// How a process_id, the PASID of PCIe, is split into the indices PDI of a process directory. RISC-V IOMMU, "Data Structures"
/// and "Process to locate the Process-context" [S][M]. Level 0 holds the contexts.
/// </summary>
public static class RiscVProcessDirectory
{
    /// <summary>Levels of the deepest directory, PD20.</summary>
    public const int MaxLevels = 3;

    /// <summary>The index at a level: PDI[0], PDI[1], PDI[2] are bits 7:0, 16:8, 19:17 of the id.</summary>
    public static int IndexOf(Pasid process, int level)
    {
        ulong id = process.Value;
        return (int)(level switch
        {
            0 => id.Field(7, 0),
            1 => id.Field(16, 8),
            2 => id.Field(19, 17),
            _ => throw new ArgumentOutOfRangeException(nameof(level), $"Level {level} is none of a process directory; 0 to {MaxLevels - 1}."),
        });
    }

    /// <summary>Byte offset in a table of the entry for a process: a context of 16 bytes at level 0, else a pointer of 8 bytes.</summary>
    public static ulong OffsetOf(Pasid process, int level) =>
        (ulong)IndexOf(process, level) * (ulong)(level > 0 ? RiscVProcessDirectoryEntry.SizeBytes : RiscVProcessContext.SizeBytes);

    /// <summary>Whether a directory of a mode reaches the process; if not the request faults with <see cref="RiscVFaultCause.TransactionTypeDisallowed"/>.</summary>
    public static bool Covers(Pasid process, RiscVProcessDirectoryMode mode) =>
        mode.Levels != 0 && (process.Value & ~Bits.Mask(mode.ProcessIdBits)) == 0;
}
