using System.Diagnostics;
using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>Walks contexts of one stage.</summary>
internal sealed class PageTableWalker<TFormat>(PhysicalMemory memory, bool hasWalkCaches) : IPageWalker
    where TFormat : struct, IDirtyTrackingFormat
{
    /// <summary>Tables of fewer frames, 4 MiB, are near enough that looking ahead takes more time than it saves (Workloads benchmark, uni1g and nic4096).</summary>
    private const int SmallTables = 1024;

    /// <summary>The stage itself, which a nested walker uses as its second.</summary>
    public StageWalker<TFormat, DirectReach> Stage { get; } = new(new(memory), hasWalkCaches);

    /// <inheritdoc/>
    public WalkFault LastFault { get; private set; }

    /// <inheritdoc/>
    public FaultKind Walk(TranslationContext context, ulong iova, AccessKind kind, ref IommuCounters counters, out WalkResult result)
    {
        FaultKind fault = Stage.Walk(TableOf(context), context.Tag.Value, iova, kind, ref counters, out result);
        if (fault != FaultKind.None) Note(context, fault);
        return fault;
    }

    /// <inheritdoc/>
    public ulong WalkToPage(TranslationContext context, ulong iova, AccessKind kind, ref IommuCounters counters)
    {
        ulong leaf = Stage.WalkToPage(TableOf(context), context.Tag.Value, iova, kind, ref counters);
        if (leaf == 0 && Stage.Outcome.Fault != FaultKind.None) Note(context, Stage.Outcome.Fault);
        return leaf;
    }

    /// <inheritdoc/>
    public (FaultKind Fault, WalkResult Result)? Outcome => Stage.Outcome;

    [MethodImpl(MethodImplOptions.NoInlining)] // Workloads benchmark, nic1024: what only a fault needs is not on every walk's stack
    private void Note(TranslationContext context, FaultKind fault) =>
        LastFault = new(context.Tag.Space is null ? FaultStage.Second : FaultStage.First, UnreachableEntry: fault == FaultKind.TableUnreachable ? Stage.UnreachableEntry : null);

    /// <inheritdoc/>
    public bool Prefetch(TranslationContext context, ReadOnlySpan<ulong> iovas)
    {
        if (memory.FramesInUse < SmallTables) return false;
        Stage.Prefetch(context.Tag.Value, iovas);
        return true;
    }

    /// <inheritdoc/>
    public bool Swallows(TranslationContext context, ulong iova)
    {
        TableStage table = TableOf(context);
        return table.Dirty == BitKeeping.ByHardware && !Stage.PeekDirty(table, iova);
    }

    private static TableStage TableOf(TranslationContext context) => context.Table ?? throw new UnreachableException("a context that passes addresses through has no table to walk");

    /// <inheritdoc/>
    public void InvalidateRange(TagMatch tags, ulong firstByte, ulong lastByte) => Stage.Cache.InvalidateRange(tags, firstByte, lastByte);

    /// <inheritdoc/>
    public void InvalidateTags(TagMatch tags) => Stage.Cache.InvalidateOwners(tags);

    /// <inheritdoc/>
    public void InvalidateAll() => Stage.Cache.InvalidateAll();

    /// <inheritdoc/>
    public void Fence(ref IommuCounters counters) => Stage.Lagging.Apply(ref counters);
}
