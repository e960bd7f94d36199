using Workbench.Iommu.Invalidation;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>
/// What differs between vendors in the software side of an IOMMU: which structures are written and which commands are queued.
/// <see cref="IommuDriver"/> keeps the books above it. A method that takes effect returns when its commands have completed.
/// </summary>
public interface IVendorProtocol : IDisposable
{
    /// <summary>Domains the part can tell apart.</summary>
    int DomainCount { get; }
    /// <summary>Largest leaf the part has, as a power of two of bytes.</summary>
    int LargestLeafLog2 { get; }
    /// <summary>Why dirty tracking cannot be turned on (naming the missing bit), or null.</summary>
    string? TrackingRefusal { get; }
    /// <summary>How the part lets the size of a leaf change while devices use it.</summary>
    LeafChangeRule LeafChangeRule => LeafChangeRule.AtOnce;
    /// <summary>Must a map be invalidated too, because the part caches what is not present?</summary>
    bool InvalidatesOnMap { get; }
    /// <summary>Commands submitted so far, waits included.</summary>
    long CommandsSubmitted { get; }
    /// <summary>Frames of 4 KiB that its structures and tables take now.</summary>
    int FramesInUse { get; }

    /// <summary>An empty table in the format and shape of this machine.</summary>
    IPageTable CreateTable();

    /// <summary>Writes the entries that make a device (or one PASID of it) use a domain; it uses none now.</summary>
    void Connect(RequesterId device, Pasid? pasid, Domain domain);

    /// <summary>Takes those entries away, with the invalidations that takes.</summary>
    void Disconnect(RequesterId device, Pasid? pasid, Domain domain);

    /// <summary>Writes tracking on or off (<see cref="Domain.TracksDirty"/> says which) into the entries of all attached devices, with the invalidations that takes.</summary>
    void TrackingChanged(Domain domain);

    /// <summary>The domain's table got a new top: the entries of all attached devices follow.</summary>
    void RootChanged(Domain domain);

    /// <summary>Invalidates a range, in IOTLB and device TLBs, and waits; returns the commands it took. <paramref name="leafLog2"/> is the smallest leaf that changed, 0 if not known.</summary>
    int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2);

    /// <summary>Invalidates what a gather holds; a vendor whose commands depend on more than the smallest leaf looks for itself.</summary>
    int InvalidateGather(Domain domain, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(gather);
        return InvalidateRange(domain, gather.FirstByte, gather.LastByte, leafOnly: !gather.TablesFreed, gather.SmallestLeafLog2);
    }

    /// <summary>Invalidates a domain, in IOTLB and device TLBs, and waits.</summary>
    int InvalidateDomain(Domain domain);

    /// <summary>Invalidates everything and waits.</summary>
    int InvalidateAll();

    /// <summary>Takes the oldest access that hardware holds until software answers; false if there is none, as on parts that never hold one.</summary>
    bool TryTakeStall(out StalledAccess stalled)
    {
        stalled = default;
        return false;
    }

    /// <summary>Lets a held access try again, or aborts it; its outcome.</summary>
    Translation AnswerStall(in StalledAccess stalled, bool retry) => throw new NotSupportedException("This part holds no accesses.");

    /// <summary>Waits until updates of earlier accesses are visible (CMD_SYNC); returns the commands it took, 0 where D is always set before the data lands.</summary>
    int Fence();
}
