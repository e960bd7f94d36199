using System.Diagnostics;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>
/// First-stage tables lie at guest physical addresses: each entry is reached by a walk of the second stage, and to change one is a write
/// there, which needs permission and makes the page that holds the table dirty.
/// </summary>
internal readonly unsafe struct NestedReach<TSecond>(PhysicalMemory memory, StageWalker<TSecond, DirectReach> second, NestedWalk walk) : ITableReach
    where TSecond : struct, IDirtyTrackingFormat
{
    /// <inheritdoc/>
    public bool IsFixed => false;

    /// <inheritdoc/>
    public bool HasRacingThreads => memory.HasRacingThreads;

    /// <inheritdoc/>
    public FaultKind Reach(ulong address, bool forUpdate, ref IommuCounters counters, out ulong* slot)
    {
        slot = null;
        TableStage parent = walk.Parent ?? throw new UnreachableException("a nested walk begins by naming its second stage");
        if (walk.IsPeeking)
        {
            slot = memory.PointerOrNull(second.PeekAddress(parent, address));
            return slot == null ? FaultKind.TableUnreachable : FaultKind.None;
        }
        FaultKind fault = second.Walk(parent, walk.ParentTag, address, forUpdate ? AccessKind.Write : AccessKind.Read, ref counters, out WalkResult page);
        if (fault != FaultKind.None)
        {
            walk.TableFault = new WalkFault(FaultStage.Second, new(address), OnTable: true, ToUpdateTable: forUpdate);
            return fault;
        }
        slot = memory.PointerOrNull(page.PhysicalOf(address));
        return slot == null ? FaultKind.TableUnreachable : FaultKind.None;
    }
}

/// <summary>What a nested walk tells the reach of its first stage, and hears back when that faults.</summary>
internal sealed class NestedWalk
{
    public TableStage? Parent { get; set; }
    public ulong ParentTag { get; set; }
    /// <summary>Look without leaving a trace.</summary>
    public bool IsPeeking { get; set; }
    public WalkFault? TableFault { get; set; }
}
