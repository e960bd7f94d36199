using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>Chooses the engine for an IOTLB's geometry.</summary>
public static class IommuEngine
{
    /// <summary>An engine around a vendor's device lookup and its walkers; <paramref name="onFault"/> is told every fault that is recorded.</summary>
    public static IIommu Build(IContextLocator locator, IReadOnlyList<IPageWalker> walkers, IotlbGeometry geometry, Action<Fault>? onFault)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        return geometry.IsFullyAssociative
            ? new Iommu<FullyAssociativeIotlb>(locator, walkers, new(geometry), geometry.SplitsLargePages, onFault)
            : new Iommu<SetAssociativeIotlb>(locator, walkers, new(geometry), geometry.SplitsLargePages, onFault);
    }
}
