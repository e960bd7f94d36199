namespace Workbench.Iommu.Amd;

/// <summary>
/// The first 32 bits of the IOMMU's capability block in PCI configuration space. AMD IOMMU §3.2.1 [R]; positions from
/// an emulator header [M], the three that Linux uses from there too [L].
/// </summary>
public readonly record struct AmdCapabilityHeader(uint Value)
{
    /// <summary>A part with an extended feature register, without device TLBs, that caches nothing not present.</summary>
    public static AmdCapabilityHeader Default => new()
    {
        CapabilityId = 0x0F,
        Type = 3,
        Revision = 1,
        HasExtendedFeatures = true,
    };

    /// <summary>PCI capability id, 0x0F for an IOMMU [S*]. Bits 7:0.</summary>
    public byte CapabilityId { get => (byte)Field(7, 0); init => Value = With(7, 0, value); }

    /// <summary>Configuration-space offset of the next capability in bytes, 0 for none. Bits 15:8.</summary>
    public byte NextOffsetBytes { get => (byte)Field(15, 8); init => Value = With(15, 8, value); }

    /// <summary>Kind of the block, 3 for an IOMMU [S*]. Bits 18:16.</summary>
    public int Type { get => (int)Field(18, 16); init => Value = With(18, 16, (ulong)value); }

    /// <summary>Revision of the block, 0 to 31. Bits 23:19.</summary>
    public int Revision { get => (int)Field(23, 19); init => Value = With(23, 19, (ulong)value); }

    /// <summary>Whether devices may have a device TLB, ATS (IotlbSup). Bit 24.</summary>
    public bool SupportsDeviceTlb { get => Field(24, 24) != 0; init => Value = With(24, 24, value ? 1UL : 0); }

    /// <summary>Whether hardware may cache not-present entries, so that mapping needs a flush too (NpCache). Bit 26.</summary>
    public bool CachesNotPresent { get => Field(26, 26) != 0; init => Value = With(26, 26, value ? 1UL : 0); }

    /// <summary>Whether the extended feature register exists (EFRSup). Bit 27.</summary>
    public bool HasExtendedFeatures { get => Field(27, 27) != 0; init => Value = With(27, 27, value ? 1UL : 0); }

    private ulong Field(int high, int low) => ((ulong)Value).Field(high, low);

    private uint With(int high, int low, ulong value) => (uint)((ulong)Value).WithField(high, low, value);
}
