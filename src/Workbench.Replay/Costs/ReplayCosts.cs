using Workbench.Iommu;
using Workbench.Iommu.LeafChanges;

namespace Workbench.Replay.Costs;

/// <summary>From what a replay counted to what a profile prices.</summary>
internal static class ReplayCosts
{
    /// <summary>The counts of a replay. <paramref name="devices"/> have a TLB of their own that each invalidation visits; 0 if none has.</summary>
    public static CostCounts Of(IReadOnlyList<HarvestRow> harvests, in LeafChangeCounts changes, in IommuCounters hardware, int devices, long faultsHandled)
    {
        long ranges = harvests.Sum(h => h.RangeInvalidations), domains = harvests.Sum(h => h.DomainInvalidations);
        long invalidations = ranges + domains + changes.Invalidations, toDevices = invalidations * devices;
        // One command and one wait belong to each invalidation; devices are invalidated after a wait of their own.
        long usual = (2 * invalidations) + (devices > 0 ? toDevices + invalidations : 0);
        return new()
        {
            EntriesScanned = harvests.Sum(h => h.EntriesScanned), EntriesCleared = harvests.Sum(h => h.EntriesCleared), BitmapBytes = harvests.Sum(h => h.BitmapBytes),
            RangeInvalidations = ranges, DomainInvalidations = domains, ChangeInvalidations = changes.Invalidations,
            FurtherCommands = Math.Max(0, harvests.Sum(h => h.Commands) + changes.Commands - usual), DeviceTlbInvalidations = toDevices,
            EntriesWritten = changes.EntriesWritten, EntriesRead = changes.EntriesRead, TablesAllocated = changes.TablesAllocated, TablesFreed = changes.TablesFreed,
            FaultsHandled = faultsHandled, IotlbHits = hardware.IotlbHits, Walks = hardware.Walks, TableReads = hardware.TableReads, Refills = hardware.Refills,
        };
    }
}
