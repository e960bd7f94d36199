using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>The hardware's side of one kind of context: reads its tables from the top. Asked on an IOTLB miss only.</summary>
public interface IPageWalker
{
    /// <summary>Translates one address with every side effect in memory. A fault sets no D; entries above the faulting one keep the A bits they got.</summary>
    FaultKind Walk(TranslationContext context, ulong iova, AccessKind kind, ref IommuCounters counters, out WalkResult result);

    /// <summary>
    /// Walks as <see cref="Walk"/> does, and returns the leaf word of what it found, if that is a page of the leaf's own size that may be cached: most walks end so, and a word needs no memory.
    /// 0: <see cref="Outcome"/> says what came of it.
    /// </summary>
    internal ulong WalkToPage(TranslationContext context, ulong iova, AccessKind kind, ref IommuCounters counters) => 0;

    /// <summary>What came of the last <see cref="WalkToPage"/> that returned 0; null: nothing, <see cref="Walk"/> is to be asked.</summary>
    internal (FaultKind Fault, WalkResult Result)? Outcome => null;

    /// <summary>
    /// These addresses will be walked for soon: fetches what their leaf entries lie in, where tables are too large for the processor's caches. Changes nothing that a walk can see; false if
    /// there is nothing to gain.
    /// </summary>
    bool Prefetch(TranslationContext context, ReadOnlySpan<ulong> iovas) => false;

    /// <summary>Where the last fault arose.</summary>
    WalkFault LastFault { get; }

    /// <summary>Would a write through a cached dirty-known entry leave no trace, because the leaf in memory is clean now? Reads only.</summary>
    bool Swallows(TranslationContext context, ulong iova);

    /// <summary>Drops paging-structure caches of a range.</summary>
    void InvalidateRange(TagMatch tags, ulong firstByte, ulong lastByte);

    /// <summary>Drops paging-structure caches of the tags that match.</summary>
    void InvalidateTags(TagMatch tags);

    /// <summary>Drops all paging-structure caches.</summary>
    void InvalidateAll();

    /// <summary>Makes updates visible that were allowed to lag behind their writes.</summary>
    void Fence(ref IommuCounters counters);
}
