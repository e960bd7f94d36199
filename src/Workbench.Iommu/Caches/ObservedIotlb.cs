using System.Runtime.CompilerServices;

namespace Workbench.Iommu.Caches;

/// <summary>An IOTLB that keeps nothing and tells an observer what it is asked for, so that every request shows what the tables say now.</summary>
public struct ObservedIotlb(IIotlbObserver observer) : IIotlb
{
    /// <inheritdoc/>
    public readonly int Capacity => 1;
    /// <inheritdoc/>
    public readonly long FullFlushes => 0;

    /// <inheritdoc/>
    public readonly ref IotlbEntry Find(ulong owner, ulong iova)
    {
        observer.Looked(owner, iova);
        return ref Unsafe.NullRef<IotlbEntry>();
    }

    /// <inheritdoc/>
    public readonly bool HoldsOverlap(ulong owner, ulong iova, int pageLog2, ulong pageSizes) => false;

    /// <inheritdoc/>
    public readonly void Fill(ulong owner, ulong iova, int pageLog2, ulong leaf, bool mayHold = true) => observer.Filled(owner, iova, pageLog2, leaf);

    /// <inheritdoc/>
    public readonly int InvalidateRange(TagMatch owners, ulong firstByte, ulong lastByte, ulong leafSizes = ulong.MaxValue, DroppedEntries? dropped = null)
    {
        observer.Invalidated(owners, firstByte, lastByte, leafSizes);
        return 0;
    }

    /// <inheritdoc/>
    public readonly int InvalidateOwners(TagMatch owners, DroppedEntries? dropped = null) => InvalidateRange(owners, 0, ulong.MaxValue);

    /// <inheritdoc/>
    public readonly int InvalidateAll(DroppedEntries? dropped = null) => InvalidateRange(TagMatch.Everyone, 0, ulong.MaxValue);
}
