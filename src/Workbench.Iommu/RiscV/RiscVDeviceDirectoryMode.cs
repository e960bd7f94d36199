namespace Workbench.Iommu.RiscV;

/// <summary>What the unit does with requests: ddtp.iommu_mode, bits 3:0. RISC-V IOMMU, "Device-directory-table pointer" [S][L].</summary>
public enum RiscVDeviceDirectoryMode : byte
{
    /// <summary>Every request is refused with <see cref="RiscVFaultCause.AllTransactionsDisallowed"/>.</summary>
    Off = 0,
    /// <summary>Untranslated requests pass through; there is no directory.</summary>
    Bare = 1,
    /// <summary>One directory level (1LVL).</summary>
    OneLevel = 2,
    /// <summary>Two directory levels (2LVL).</summary>
    TwoLevels = 3,
    /// <summary>Three directory levels (3LVL).</summary>
    ThreeLevels = 4,
}

/// <summary>What a device-directory mode means in levels and bits.</summary>
public static class RiscVDeviceDirectoryModeExtensions
{
    extension(RiscVDeviceDirectoryMode mode)
    {
        /// <summary>Whether the code is none: 5 to 13 are reserved, 14 and 15 custom.</summary>
        public bool IsReserved => mode > RiscVDeviceDirectoryMode.ThreeLevels;

        /// <summary>Number of directory levels: 1, 2 or 3; 0 for Off, Bare and reserved codes.</summary>
        public int Levels => mode is >= RiscVDeviceDirectoryMode.OneLevel and <= RiscVDeviceDirectoryMode.ThreeLevels ? (int)mode - 1 : 0;

        /// <summary>
        /// Number of device-id bits that the directory reaches: 7, 16 or 24 with contexts of the base format, 6, 15 or 24 with
        /// the extended format. 24 without a directory, where nothing limits the id.
        /// </summary>
        public int DeviceIdBits(bool isExtended) => mode.Levels switch
        {
            1 => isExtended ? 6 : 7,
            2 => isExtended ? 15 : 16,
            _ => RiscVDeviceId.Bits,
        };
    }
}
