namespace Workbench.Iommu.Smmu;

/// <summary>Size of output addresses: SMMU_IDR5.OAS, STE.S2PS and CD.IPS. IHI 0070 §5.2, §5.4, §6.3.6 [S].</summary>
public enum SmmuAddressSize : byte
{
    /// <summary>32 bits, 4 GiB.</summary>
    Bits32 = 0,
    /// <summary>36 bits, 64 GiB.</summary>
    Bits36 = 1,
    /// <summary>40 bits, 1 TiB.</summary>
    Bits40 = 2,
    /// <summary>42 bits, 4 TiB.</summary>
    Bits42 = 3,
    /// <summary>44 bits, 16 TiB.</summary>
    Bits44 = 4,
    /// <summary>48 bits, 256 TiB.</summary>
    Bits48 = 5,
    /// <summary>52 bits, 4 PiB.</summary>
    Bits52 = 6,
    /// <summary>56 bits, with 128-bit descriptors only.</summary>
    Bits56 = 7,
}

/// <summary>What an address size code means in bits.</summary>
public static class SmmuAddressSizeExtensions
{
    extension(SmmuAddressSize size)
    {
        /// <summary>Number of address bits: 32, 36, 40, 42, 44, 48, 52 or 56.</summary>
        public int AddressBits => size switch
        {
            SmmuAddressSize.Bits32 => 32,
            SmmuAddressSize.Bits36 => 36,
            SmmuAddressSize.Bits40 => 40,
            SmmuAddressSize.Bits42 => 42,
            SmmuAddressSize.Bits44 => 44,
            SmmuAddressSize.Bits48 => 48,
            SmmuAddressSize.Bits52 => 52,
            _ => 56,
        };
    }
}
