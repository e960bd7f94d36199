using Workbench.Iommu;

namespace Workbench.Replay.Iommufd;

/// <summary>A hardware page table: the mappings of an IOAS in the tables of one IOMMU. Dirty state is kept here, not in the IOAS.</summary>
public sealed class Hwpt
{
    internal Hwpt(Ioas ioas, IIommuDriver driver, Domain domain, HwptFlags flags, IommuSpec spec)
    {
        (Ioas, Driver, Domain, Flags) = (ioas, driver, domain, flags);
        IsSmmu = spec.Model.StartsWith("smmu", StringComparison.Ordinal);
        IsIntel = spec.Model.StartsWith("vtd", StringComparison.Ordinal);
    }

    /// <summary>The address space whose mappings it holds.</summary>
    public Ioas Ioas { get; }
    /// <summary>The driver of its IOMMU.</summary>
    public IIommuDriver Driver { get; }
    /// <summary>The IOMMU's domain.</summary>
    public Domain Domain { get; }
    /// <summary>As it was allocated.</summary>
    public HwptFlags Flags { get; }

    internal bool CanTrackDirty => (Flags & HwptFlags.DirtyTracking) != 0;
    internal bool IsSmmu { get; }
    internal bool IsIntel { get; }
}
