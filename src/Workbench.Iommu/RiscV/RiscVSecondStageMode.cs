namespace Workbench.Iommu.RiscV;

/// <summary>Second-stage scheme: iohgatp.MODE, bits 63:60. RISC-V IOMMU, "IO hypervisor guest address translation and protection", encodings for GXL = 0 [S][M][L].</summary>
public enum RiscVSecondStageMode : byte
{
    /// <summary>No second stage.</summary>
    Bare = 0,
    /// <summary>41-bit guest addresses, 3 levels. With GXL = 1 the same number means Sv32x4.</summary>
    Sv39x4 = 8,
    /// <summary>50-bit guest addresses, 4 levels.</summary>
    Sv48x4 = 9,
    /// <summary>59-bit guest addresses, 5 levels.</summary>
    Sv57x4 = 10,
}

/// <summary>What a second-stage mode means in levels and bits.</summary>
public static class RiscVSecondStageModeExtensions
{
    extension(RiscVSecondStageMode mode)
    {
        /// <summary>Number of table levels with GXL = 0: 3, 4 or 5; 0 for Bare and for reserved codes.</summary>
        public int Levels => mode is >= RiscVSecondStageMode.Sv39x4 and <= RiscVSecondStageMode.Sv57x4 ? (int)mode - 5 : 0;

        /// <summary>Number of guest address bits with GXL = 0: 41, 50 or 59, two more than the root index of one page has; 0 for Bare and for reserved codes.</summary>
        public int AddressBits => mode.Levels == 0 ? 0 : 14 + (9 * mode.Levels);
    }
}
