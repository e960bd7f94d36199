using System.Diagnostics;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>Walks contexts of two stages: the first one's tables and its result are addresses of the second.</summary>
internal sealed class NestedWalker<TFirst, TSecond> : IPageWalker
    where TFirst : struct, IDirtyTrackingFormat
    where TSecond : struct, IDirtyTrackingFormat
{
    private readonly NestedWalk walk = new();
    private readonly StageWalker<TFirst, NestedReach<TSecond>> first;
    private readonly StageWalker<TSecond, DirectReach> second;

    /// <summary>A walker whose second stage has paging-structure caches of its own, shared with <paramref name="second"/>.</summary>
    public NestedWalker(PhysicalMemory memory, PageTableWalker<TSecond> second, bool hasWalkCaches)
    {
        this.second = second.Stage;
        first = new(new(memory, second.Stage, walk), hasWalkCaches);
    }

    /// <inheritdoc/>
    public WalkFault LastFault { get; private set; }

    /// <inheritdoc/>
    public FaultKind Walk(TranslationContext context, ulong iova, AccessKind kind, ref IommuCounters counters, out WalkResult result)
    {
        (TableStage table, TableStage parent) = Begin(context);
        FaultKind fault = first.Walk(table, context.Tag.Value, iova, kind, ref counters, out WalkResult inner);
        if (fault != FaultKind.None)
        {
            LastFault = walk.TableFault ?? new(FaultStage.First);
            result = default;
            return fault;
        }
        ulong gpa = inner.PhysicalOf(iova);
        // A device that the first stage lets only read (or grants no writing, as D is clear and software's to set) makes no page dirty in the second.
        AccessKind onward = kind == AccessKind.TranslateToWrite && !(inner.DirtyIsKnown && (inner.Permission & Permission.Write) != 0) ? AccessKind.TranslateToRead : kind;
        fault = second.Walk(parent, walk.ParentTag, gpa, onward, ref counters, out WalkResult outer);
        if (fault != FaultKind.None)
        {
            LastFault = new(FaultStage.Second, new(gpa));
            result = default;
            return fault;
        }
        int log2 = Math.Min(inner.PageLog2, outer.PageLog2);
        ulong page = outer.PhysicalOf(gpa) & ~Iommu.Bits.Mask(log2);
        result = new(IotlbEntry.LeafOf(page, inner.Permission & outer.Permission, inner.DirtyIsKnown && outer.DirtyIsKnown, inner.PageLog2), log2);
        return FaultKind.None;
    }

    private (TableStage Table, TableStage Parent) Begin(TranslationContext context)
    {
        if (context is not { Table: { } table, Parent: { } parent }) throw new UnreachableException("a nested context has two stages");
        walk.Parent = parent;
        walk.ParentTag = new CacheTag(context.Tag.Domain).Value;
        walk.TableFault = null;
        return (table, parent);
    }

    /// <inheritdoc/>
    public bool Swallows(TranslationContext context, ulong iova)
    {
        // What a migration reads is the second stage; the first one belongs to the guest.
        (TableStage table, TableStage parent) = Begin(context);
        if (parent.Dirty != BitKeeping.ByHardware) return false;
        walk.IsPeeking = true;
        bool isDirty = first.PeekLeaf(table, iova) != 0 && second.PeekIsDirty(parent, first.PeekAddress(table, iova));
        walk.IsPeeking = false;
        return !isDirty;
    }

    /// <inheritdoc/>
    public void InvalidateRange(TagMatch tags, ulong firstByte, ulong lastByte) => first.Cache.InvalidateRange(tags, firstByte, lastByte);

    /// <inheritdoc/>
    public void InvalidateTags(TagMatch tags) => first.Cache.InvalidateOwners(tags);

    /// <inheritdoc/>
    public void InvalidateAll() => first.Cache.InvalidateAll();

    /// <inheritdoc/>
    public void Fence(ref IommuCounters counters) => first.Lagging.Apply(ref counters);
}
