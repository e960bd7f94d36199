namespace Workbench.Races.Search;

/// <summary>Who does a step.</summary>
public enum RaceActor
{
    /// <summary>A program.</summary>
    Software,
    /// <summary>A device.</summary>
    Device,
    /// <summary>The IOMMU.</summary>
    Iommu,
}
