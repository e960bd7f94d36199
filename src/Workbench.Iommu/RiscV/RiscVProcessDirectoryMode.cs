namespace Workbench.Iommu.RiscV;

/// <summary>Depth of a process directory: pdtp.MODE, bits 63:60. RISC-V IOMMU, "First-Stage context", encodings of pdtp.MODE [S]; the numbers also [L], and in the defines of the C model [M].</summary>
public enum RiscVProcessDirectoryMode : byte
{
    /// <summary>No directory: no first stage for any process.</summary>
    Bare = 0,
    /// <summary>One level, process ids of 8 bits.</summary>
    PD8 = 1,
    /// <summary>Two levels, process ids of 17 bits.</summary>
    PD17 = 2,
    /// <summary>Three levels, process ids of 20 bits.</summary>
    PD20 = 3,
}

/// <summary>What a process-directory mode means in levels and bits.</summary>
public static class RiscVProcessDirectoryModeExtensions
{
    extension(RiscVProcessDirectoryMode mode)
    {
        /// <summary>Number of directory levels: 1, 2 or 3; 0 for Bare and for reserved and custom codes.</summary>
        public int Levels => mode <= RiscVProcessDirectoryMode.PD20 ? (int)mode : 0;

        /// <summary>Number of process-id bits that the directory reaches: 8, 17 or 20; 0 if it has no levels.</summary>
        public int ProcessIdBits => mode.Levels switch { 1 => 8, 2 => 17, 3 => 20, _ => 0 };
    }
}
