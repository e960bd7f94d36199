using Workbench.Display;
using Workbench.Iommu.Display;

namespace Workbench.Iommu;

/// <summary>What the hardware did: plain counts, architectural facts of a replay.</summary>
[TypeFormatterSource(typeof(SelfFormatter<IommuCounters, IommuCountersDisplay>))]
public struct IommuCounters
{
    /// <summary>Requests answered by the IOTLB alone.</summary>
    public long IotlbHits;
    /// <summary>Requests for which the IOTLB had no entry.</summary>
    public long IotlbMisses;
    /// <summary>Writes whose entry was cached but not known dirty (or too weak), so that a walk was needed.</summary>
    public long DirtyRewalks;
    /// <summary>Walks begun.</summary>
    public long Walks;
    /// <summary>Paging entries read by walks.</summary>
    public long TableReads;
    /// <summary>Walks that a paging-structure cache let start below the root.</summary>
    public long WalkCacheHits;
    /// <summary>Accessed bits set in memory.</summary>
    public long AccessedUpdates;
    /// <summary>Dirty bits set in memory.</summary>
    public long DirtyUpdates;
    /// <summary>Device lookups answered by the context cache, counted when the requester changes.</summary>
    public long ContextCacheHits;
    /// <summary>Device lookups that read the tables.</summary>
    public long ContextCacheMisses;
    /// <summary>Requests that faulted.</summary>
    public long Faults;
    /// <summary>Invalidation requests executed (not counting waits).</summary>
    public long Invalidations;
    /// <summary>IOTLB entries that invalidations dropped.</summary>
    public long EntriesInvalidated;
    /// <summary>Misses of what an invalidation had dropped, that a walk brought back; 0 unless <see cref="IIommu.CountsRefills"/>.</summary>
    public long Refills;
    /// <summary>Times the IOTLB was emptied because it was full.</summary>
    public long IotlbFullFlushes;

    /// <summary>Translation requests (ATS) that devices sent.</summary>
    public long TranslationRequests;
    /// <summary>Accesses answered by a device's own TLB.</summary>
    public long DeviceTlbHits;
    /// <summary>Entries of device TLBs that invalidations dropped.</summary>
    public long DeviceTlbEntriesInvalidated;
    /// <summary>Page requests (PRI) that devices sent.</summary>
    public long PageRequests;

    /// <summary>What was counted since an earlier moment.</summary>
    public readonly IommuCounters Since(in IommuCounters earlier) => new()
    {
        IotlbHits = IotlbHits - earlier.IotlbHits,
        IotlbMisses = IotlbMisses - earlier.IotlbMisses,
        DirtyRewalks = DirtyRewalks - earlier.DirtyRewalks,
        Walks = Walks - earlier.Walks,
        TableReads = TableReads - earlier.TableReads,
        WalkCacheHits = WalkCacheHits - earlier.WalkCacheHits,
        AccessedUpdates = AccessedUpdates - earlier.AccessedUpdates,
        DirtyUpdates = DirtyUpdates - earlier.DirtyUpdates,
        ContextCacheHits = ContextCacheHits - earlier.ContextCacheHits,
        ContextCacheMisses = ContextCacheMisses - earlier.ContextCacheMisses,
        Faults = Faults - earlier.Faults,
        Invalidations = Invalidations - earlier.Invalidations,
        EntriesInvalidated = EntriesInvalidated - earlier.EntriesInvalidated,
        Refills = Refills - earlier.Refills,
        IotlbFullFlushes = IotlbFullFlushes - earlier.IotlbFullFlushes,
        TranslationRequests = TranslationRequests - earlier.TranslationRequests,
        DeviceTlbHits = DeviceTlbHits - earlier.DeviceTlbHits,
        DeviceTlbEntriesInvalidated = DeviceTlbEntriesInvalidated - earlier.DeviceTlbEntriesInvalidated,
        PageRequests = PageRequests - earlier.PageRequests,
    };
}
