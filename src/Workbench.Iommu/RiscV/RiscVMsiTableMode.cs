namespace Workbench.Iommu.RiscV;

/// <summary>How MSIs of a device are found: msiptp.MODE, bits 63:60. RISC-V IOMMU, "MSI page table pointer" [S][M][L]. Not acted upon.</summary>
public enum RiscVMsiTableMode : byte
{
    /// <summary>No address is taken for an interrupt file.</summary>
    Off = 0,
    /// <summary>A flat MSI page table.</summary>
    Flat = 1,
}
