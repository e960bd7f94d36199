using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu;

/// <summary>Which IOMMU to build. Checked once, when the machine is built.</summary>
public sealed record IommuSpec
{
    /// <summary>The vendor model: a name of the catalogue, e.g. "vtd".</summary>
    public string Model { get; init; } = "vtd";
    /// <summary>Shape of the IOTLB.</summary>
    public IotlbGeometry Iotlb { get; init; } = new() { Sets = 16, Ways = 4 };
    /// <summary>Input address width in bits: 39, 48 or 57 for VT-d.</summary>
    public int AddressBits { get; init; } = 48;
    /// <summary>Does the part keep dirty bits? Off, tracking is refused when the machine is built.</summary>
    public bool SupportsDirtyTracking { get; init; } = true;
    /// <summary>Does the part cache entries that are not present, so that mapping needs an invalidation too (VT-d CAP.CM)?</summary>
    public bool CachesNotPresent { get; init; }
    /// <summary>Largest address mask of a page-selective invalidation, log2 of 4 KiB pages (VT-d CAP.MAMV): 9 to 52; beyond it the driver falls back to the domain.</summary>
    public int LargestInvalidationMask { get; init; } = 45;
    /// <summary>How the driver turns changes into invalidations.</summary>
    public DriverProfile Profile { get; init; } = DriverProfile.Linux;
    /// <summary>Largest leaf the part has, as a power of two of bytes: 12, 21 or 30 for VT-d.</summary>
    public int LargestLeafLog2 { get; init; } = 30;
    /// <summary>Translations that each device keeps itself (ATS), 1 to 65536; 0: devices have no ATS.</summary>
    public int DeviceTlbEntries { get; init; }
}
