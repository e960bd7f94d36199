namespace Workbench.Replay.Costs;

/// <summary>What a row of an estimate belongs to. Software's groups add up; the device's are four views of the same translations and do not.</summary>
public enum CostGroup : byte
{
    /// <summary>Software: scanning, clearing, bitmap, invalidation, waiting.</summary>
    Harvest,
    /// <summary>Software: splitting leaves.</summary>
    Split,
    /// <summary>Software: merging tables into leaves.</summary>
    Collapse,
    /// <summary>Device, as latency: how much later its accesses end in sum, had it only one under way (walks times walk time).</summary>
    DeviceLatency,
    /// <summary>Device, as throughput: how long the IOMMU is busy with them, several walks in flight (walk time by walks in flight, Little's law).</summary>
    DeviceThroughput,
    /// <summary>Device, as latency again, counted by the entries that walks read in place of walks.</summary>
    DeviceReads,
    /// <summary>The part of the device's latency that invalidations caused: translations walked again.</summary>
    Refill,
}
