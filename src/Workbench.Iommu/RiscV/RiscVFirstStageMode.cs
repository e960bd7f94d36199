namespace Workbench.Iommu.RiscV;

/// <summary>First-stage scheme: iosatp.MODE and PC.fsc.MODE, bits 63:60. RISC-V IOMMU, "First-Stage context", encodings for SXL = 0 [S][M][L].</summary>
public enum RiscVFirstStageMode : byte
{
    /// <summary>No first stage.</summary>
    Bare = 0,
    /// <summary>39-bit addresses, 3 levels. With SXL = 1 the same number means Sv32.</summary>
    Sv39 = 8,
    /// <summary>48-bit addresses, 4 levels.</summary>
    Sv48 = 9,
    /// <summary>57-bit addresses, 5 levels.</summary>
    Sv57 = 10,
}

/// <summary>What a first-stage mode means in levels and bits.</summary>
public static class RiscVFirstStageModeExtensions
{
    extension(RiscVFirstStageMode mode)
    {
        /// <summary>Number of table levels with SXL = 0: 3, 4 or 5; 0 for Bare and for reserved and custom codes.</summary>
        public int Levels => mode is >= RiscVFirstStageMode.Sv39 and <= RiscVFirstStageMode.Sv57 ? (int)mode - 5 : 0;

        /// <summary>Number of input address bits with SXL = 0: 39, 48 or 57; 0 for Bare and for reserved and custom codes.</summary>
        public int AddressBits => mode.Levels == 0 ? 0 : 12 + (9 * mode.Levels);
    }
}
