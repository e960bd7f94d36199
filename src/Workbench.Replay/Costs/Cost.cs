namespace Workbench.Replay.Costs;

/// <summary>The parameters of a cost profile. A name that ends in Ns is a time in nanoseconds; the JSON name is the same in camelCase.</summary>
public enum Cost : byte
{
    /// <summary>Added latency of a DMA whose translation the IOTLB holds.</summary>
    IotlbHitNs,
    /// <summary>Added latency of a DMA that needs a walk, page tables hot in the last-level cache: the whole walk, not one read of it.</summary>
    WalkNs,
    /// <summary>One read of a paging entry by the IOMMU, for estimates by reads in place of walks.</summary>
    TableReadNs,
    /// <summary>Walks the IOMMU has in flight at once under load: rate times miss cost (Little's law). Not a time; above 0.</summary>
    WalksInFlight,
    /// <summary>Software looks at one paging entry and tests its D bit.</summary>
    ScanEntryNs,
    /// <summary>Software clears one dirty bit by an atomic operation, on top of looking at the entry.</summary>
    ClearEntryNs,
    /// <summary>Software writes one new entry while it splits a leaf.</summary>
    SplitEntryNs,
    /// <summary>Software reads one entry while it checks whether a table can become a leaf.</summary>
    CollapseEntryNs,
    /// <summary>Taking and zeroing one 4 KiB table.</summary>
    TableAllocateNs,
    /// <summary>Giving one 4 KiB table back.</summary>
    TableFreeNs,
    /// <summary>Invalidation of a range by one command, with its wait.</summary>
    InvalidateRangeNs,
    /// <summary>Invalidation of a whole domain, with its wait.</summary>
    InvalidateDomainNs,
    /// <summary>Each further command of one submission: the first and the wait are in the invalidation's own cost.</summary>
    PerCommandNs,
    /// <summary>A wait alone (CMD_SYNC, wait descriptor, COMPLETION_WAIT, IOFENCE) with nothing before it.</summary>
    WaitNs,
    /// <summary>Invalidation of one device's TLB: request to the device and its completion.</summary>
    DeviceTlbRoundTripNs,
    /// <summary>One page fault that is handled: stall or page request, software, response.</summary>
    FaultNs,
    /// <summary>Setting or copying one byte of a dirty bitmap.</summary>
    BitmapByteNs,
    /// <summary>By what fraction an invalidation grows for each further invalidator at the same time. Not a time; 0.2 is a fifth.</summary>
    ContentionPerHarvester,
}
