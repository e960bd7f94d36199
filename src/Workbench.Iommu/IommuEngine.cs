using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>Chooses the engine for an IOTLB's geometry.</summary>
public static class IommuEngine
{
    /// <summary>
    /// An engine around a vendor's device lookup and its walkers; <paramref name="onFault"/> is told every fault that is recorded. With an observer the engine has no IOTLB:
    /// the observer is told what one would have been asked for.
    /// </summary>
    public static IIommu Build(IContextLocator locator, IReadOnlyList<IPageWalker> walkers, IotlbGeometry geometry, Action<Fault>? onFault, IIotlbObserver? observer = null)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        if (observer is not null) return new Iommu<ObservedIotlb>(locator, walkers, new(observer), geometry.SplitsLargePages, onFault);
        return geometry.IsFullyAssociative
            ? new Iommu<FullyAssociativeIotlb>(locator, walkers, new(geometry), geometry.SplitsLargePages, onFault)
            : new Iommu<SetAssociativeIotlb>(locator, walkers, new(geometry), geometry.SplitsLargePages, onFault);
    }
}
