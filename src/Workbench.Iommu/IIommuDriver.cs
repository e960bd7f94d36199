using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>The software side of an IOMMU: what an operating system's driver does to the shared structures and the command queue.</summary>
public interface IIommuDriver : IDisposable
{
    /// <summary>The hardware it drives.</summary>
    IIommu Hardware { get; }
    /// <summary>Commands (descriptors) submitted so far, waits included.</summary>
    long CommandsSubmitted { get; }
    /// <summary>Frames of 4 KiB its structures take now.</summary>
    int FramesInUse { get; }
    /// <summary>Largest leaf the part has, as a power of two of bytes.</summary>
    int LargestLeafLog2 { get; }
    /// <summary>How the part lets the size of a leaf change while devices use it.</summary>
    LeafChangeRule LeafChangeRule { get; }

    /// <summary>Creates an address space under a tag not in use.</summary>
    Domain CreateDomain(DomainId id);

    /// <summary>Lets a device (or one PASID of it) use a domain; whatever it used before is let go, with the invalidations that takes. PASID 0 stands for requests without PASID; a device should not name it itself, since SMMUv3 and AMD v1 refuse that.</summary>
    void Attach(RequesterId device, Pasid? pasid, Domain domain);

    /// <summary>
    /// Maps a range in a domain's table, with the largest leaves allowed; entries that lead to the table follow if its top changes. What has to be
    /// invalidated is added to the gather.
    /// </summary>
    MapResult Map(Domain domain, ulong iova, ulong physical, ulong length, Permission permission, int largestLeafLog2, InvalidationGather gather);

    /// <summary>Turns dirty tracking of a domain on or off for all its devices, with the invalidations that takes; leftover dirty bits are cleared first when turned on.</summary>
    void SetDirtyTracking(Domain domain, bool enable);

    /// <summary>Reports and clears every dirty leaf of a domain, and invalidates, all at once; returns the commands it took.</summary>
    int ClearDirty(Domain domain, IDirtySink dirty);

    /// <summary>Invalidates what a gather holds as the vendor's driver would, waits, and empties the gather; returns the commands it took. An empty gather takes none.</summary>
    int Invalidate(Domain domain, InvalidationGather gather);

    /// <summary>Invalidates a range and waits; returns the commands it took.</summary>
    int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly);

    /// <summary>Invalidates a domain and waits.</summary>
    int InvalidateDomain(Domain domain);

    /// <summary>Invalidates everything and waits.</summary>
    int InvalidateAll();

    /// <summary>Takes the oldest access that hardware holds until software answers (SMMUv3 stall); false if there is none.</summary>
    bool TryTakeStall(out StalledAccess stalled);

    /// <summary>Lets a held access try again, or aborts it, and waits; its outcome, which is a fault if it was aborted or faulted again.</summary>
    Translation AnswerStall(in StalledAccess stalled, bool retry);

    /// <summary>Waits until the updates of accesses that are over can be seen by software; nothing is invalidated.</summary>
    int Fence();
}
