using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.RiscV;

/// <summary>What the software side is to set up: one stage for every domain, and how it invalidates.</summary>
public sealed record RiscVDriverOptions
{
    /// <summary>Scheme of the first stage; Bare if the domains are second stages.</summary>
    public RiscVFirstStageMode FirstStage { get; init; }
    /// <summary>Scheme of the second stage; Bare if the domains are first stages.</summary>
    public RiscVSecondStageMode SecondStage { get; init; }
    /// <summary>Largest leaf the driver writes, as a power of two of bytes.</summary>
    public required int LargestLeafLog2 { get; init; }
    /// <summary>How changes become invalidations.</summary>
    public DriverProfile Profile { get; init; } = DriverProfile.Linux;
    /// <summary>May devices keep translations themselves (EN_ATS)?</summary>
    public bool UsesAts { get; init; }

    /// <summary>Number of table levels.</summary>
    internal int Levels => SecondStage == RiscVSecondStageMode.Bare ? FirstStage.Levels : SecondStage.Levels;
}
