using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.Smmu;

/// <summary>Which of its ways an SMMU driver goes.</summary>
public sealed record SmmuProtocolSettings
{
    /// <summary>Stage 2 with a VMID per domain; else stage 1 with an ASID per domain.</summary>
    public bool IsStage2 { get; init; }
    /// <summary>Page size as a power of two of bytes: 12, 14 or 16.</summary>
    public int GranuleLog2 { get; init; } = 12;
    /// <summary>Input address width in bits.</summary>
    public int AddressBits { get; init; } = 48;
    /// <summary>Largest leaf that is mapped, as a power of two of bytes; 0: all that the granule has.</summary>
    public int LargestLeafLog2 { get; init; }
    /// <summary>Are blocks and pages mapped one by one, as Linux does, never as contiguous runs?</summary>
    public bool WithoutRuns { get; init; }
    /// <summary>Do translation faults stall until software answers (CD.S, STE.S2S)?</summary>
    public bool StallsFaults { get; init; }
    /// <summary>Software's answer to page requests; null: none are taken.</summary>
    public Func<PageRequest, PageResponse>? OnPageRequest { get; init; }
    /// <summary>How ranges become commands.</summary>
    public DriverProfile Profile { get; init; } = DriverProfile.Linux;
}
