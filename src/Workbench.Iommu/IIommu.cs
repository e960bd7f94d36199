using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu;

/// <summary>The one virtual boundary between a replay and a vendor's model.</summary>
public interface IIommu
{
    /// <summary>Translates the page that holds the request's first byte, with every side effect hardware has (caches, A and D bits, fault records).</summary>
    void Translate(in DmaRequest request, out Translation translation);

    /// <summary>
    /// Translates accesses in order, as <see cref="Translate"/> does each page of each, and tells the sink of every one. Returns how many were done: all, or those before the first that
    /// the sink does not take.
    /// </summary>
    int TranslateBatch<TAccess, TSink>(ReadOnlySpan<TAccess> accesses, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct;

    /// <summary>
    /// Answers a translation request (ATS): where the page of the request's first byte lies and what the device may do with it. Not a write
    /// (NW = 1) leaves a clean page clean and grants no writing of it; a write makes a writable page dirty now. Nothing granted is no fault.
    /// </summary>
    void RequestTranslation(in DmaRequest request, out Translation translation);

    /// <summary>Drops cached state as one completed invalidation does.</summary>
    void Execute(in InvalidationRequest request);

    /// <summary>Would a write of this request, made through something cached, leave no dirty mark, because the leaf in memory is clean now? Reads only.</summary>
    bool Swallows(in DmaRequest request);

    /// <summary>Look up, on every write that hits, whether the D bit in memory agrees (slow; for explaining missed pages).</summary>
    bool Diagnose { get; set; }

    /// <summary>
    /// Count the misses of what invalidations dropped (<see cref="IommuCounters.Refills"/>)? Each miss then costs one more look-up. Only entries dropped while it is on are
    /// known, as many of the latest as <see cref="Caches.DroppedEntries"/> says; a replacement, or a full IOTLB that empties itself, makes no refills.
    /// </summary>
    bool CountsRefills { get; set; }

    /// <summary>Counts since the machine was built.</summary>
    ref readonly IommuCounters Counters { get; }

    /// <summary>Takes the faults recorded since the last call, oldest first; at most as many as the hardware's log holds.</summary>
    IReadOnlyList<Fault> DrainFaults();
}
