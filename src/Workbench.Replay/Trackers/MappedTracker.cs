using Workbench.Replay.Policies;

namespace Workbench.Replay.Trackers;

/// <summary>
/// Nothing tracks, so every mapped page is taken for dirty at every harvest. As "mark-all" it is what QEMU does by itself where neither devices nor
/// the IOMMU track (QEMU 10, hw/vfio); as "type1" the kernel says so, for a container with a group that has not declared pinned scope
/// (Linux 6.12, vfio_iommu_type1): a bitmap at the smallest IOMMU page, of 2^31 - 1 pages at most.
/// </summary>
internal sealed class MappedTracker(TrackerContext context, bool isType1) : IDirtyTracker
{
    private readonly Dictionary<DomainOracle, MappedLeaves> domains = [];

    /// <inheritdoc/>
    public bool IsSound => true;

    /// <inheritdoc/>
    public string LossCause => "written while nothing was mapped there: by a cached translation whose invalidation had not come";

    /// <inheritdoc/>
    public void Start(DomainOracle domain) => domains[domain] = new(domain);

    /// <inheritdoc/>
    public IEnumerable<long> Harvest(DomainOracle domain, bool isLast)
    {
        int pageLog2 = isType1 ? domain.Domain.Table.SmallestLeafLog2 : 12;
        if (isType1) Type1Bitmap.Check(domain, domains[domain].Runs);
        long bytes = Type1Bitmap.Bytes(domain.MappedBytes, pageLog2);
        context.Tally.BitmapBytes += bytes;
        yield return context.Costs.Bitmap(bytes);
        domains[domain].Report();
    }

    /// <summary>What is unmapped was mapped since the last harvest: it is dirty, too.</summary>
    public void Unmapping(DomainOracle domain, ulong iova, ulong length)
    {
        foreach (Leaf leaf in MappedLeaves.In(domain.Domain.Table, iova, iova + (length - 1))) domain.Report(leaf.Address >> 12, leaf.SizeLog2);
    }
}
