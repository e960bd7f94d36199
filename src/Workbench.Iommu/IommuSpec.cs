using Workbench.Display;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Display;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu;

/// <summary>Which IOMMU to build. Checked once, when the machine is built: what the model does not have is refused by name.</summary>
[TypeFormatterSource(typeof(SelfFormatter<IommuSpec, IommuSpecDisplay>))]
public sealed record IommuSpec
{
    /// <summary>The vendor model: a name of the catalogue, e.g. "vtd".</summary>
    public string Model { get; init; } = "vtd";
    /// <summary>Shape of the IOTLB.</summary>
    public IotlbGeometry Iotlb { get; init; } = new() { Sets = 16, Ways = 4 };
    /// <summary>Takes the place of the IOTLB: it is told what one would have been asked for, and every request walks; null: there is an IOTLB.</summary>
    public IIotlbObserver? IotlbObserver { get; init; }
    /// <summary>Input address width in bits, as the model's modes are named: 39, 48 or 57 for VT-d; signed formats map one bit less.</summary>
    public int AddressBits { get; init; } = 48;
    /// <summary>Translation granule as a power of two of bytes: 12, or 14 and 16 where the architecture has them (Arm).</summary>
    public int GranuleLog2 { get; init; } = 12;
    /// <summary>Does the part keep dirty bits? Off, tracking is refused when it is turned on.</summary>
    public bool SupportsDirtyTracking { get; init; } = true;
    /// <summary>May the update for a plain write become visible after the write (Arm)? Refused on vendors that put D before the data.</summary>
    public bool DirtyMayLag { get; init; }
    /// <summary>Does the part cache entries that are not present, so that mapping needs an invalidation too (VT-d CAP.CM, AMD NpCache)?</summary>
    public bool CachesNotPresent { get; init; }
    /// <summary>How the driver turns changes into invalidations.</summary>
    public DriverProfile Profile { get; init; } = DriverProfile.Linux;
    /// <summary>Does the part take invalidations of a range in one command (SMMUv3 IDR3.RIL, RISC-V capabilities.S)?</summary>
    public bool SupportsRangeInvalidation { get; init; } = true;
    /// <summary>Largest address mask of a page-selective invalidation, log2 of 4 KiB pages (VT-d CAP.MAMV): 9 to 52; beyond it the driver falls back to the domain.</summary>
    public int LargestInvalidationMask { get; init; } = 45;
    /// <summary>Largest leaf the part has, as a power of two of bytes; 0: all that the format has.</summary>
    public int LargestLeafLog2 { get; init; }
    /// <summary>How freely the size of a leaf may change while devices use it (SMMUv3 IDR3.BBML): 0 to 2. Refused below 2 on vendors that have no such levels.</summary>
    public int BlockChangeLevel { get; init; } = 2;
    /// <summary>Does the driver use only the leaf sizes that Linux uses, that is on Arm no contiguous runs?</summary>
    public bool LinuxLeafSizesOnly { get; init; }
    /// <summary>Are translation faults held until software answers (SMMUv3: IDR0.STALL_MODEL 0, CD.S or STE.S2S)? Refused by other vendors, and beside ATS.</summary>
    public bool StallsFaults { get; init; }
    /// <summary>Software's answer to page requests of devices (PRI), which need ATS; null: devices have none.</summary>
    public Func<PageRequest, PageResponse>? OnPageRequest { get; init; }
    /// <summary>Translations that each device keeps itself (ATS), 1 to 65536; 0: devices have no ATS.</summary>
    public int DeviceTlbEntries { get; init; }
}
