using Workbench.Iommu;

namespace Workbench.Replay.Harvests;

/// <summary>What one harvest did so far, over all domains and threads.</summary>
internal sealed class HarvestTally
{
    public long EntriesScanned { get; set; }
    public long EntriesCleared { get; set; }
    public long Commands { get; set; }
    public long RangeInvalidations { get; set; }
    public long DomainInvalidations { get; set; }
    public long EntriesEvicted { get; set; }
    public long BitmapBytes { get; set; }
    public DomainHarvest Pages { get; set; }

    public void Reset()
    {
        (EntriesScanned, EntriesCleared, Commands, RangeInvalidations, DomainInvalidations, EntriesEvicted, BitmapBytes) = (0, 0, 0, 0, 0, 0, 0);
        Pages = default;
    }

    /// <summary>Counts cached translations dropped since an earlier moment, in IOTLB and device TLBs.</summary>
    public void CountEvictions(in IommuCounters before, in IommuCounters after) =>
        EntriesEvicted += after.EntriesInvalidated - before.EntriesInvalidated + (after.DeviceTlbEntriesInvalidated - before.DeviceTlbEntriesInvalidated);
}
