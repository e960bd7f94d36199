using System.Runtime.CompilerServices;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.PageTables;

/// <summary>Tables lie at system physical addresses.</summary>
internal readonly unsafe struct DirectReach(PhysicalMemory memory) : ITableReach
{
    /// <inheritdoc/>
    public bool IsFixed => true;

    /// <inheritdoc/>
    public bool HasRacingThreads => memory.HasRacingThreads;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, scatter: one per level
    public FaultKind Reach(ulong address, bool forUpdate, ref IommuCounters counters, out ulong* slot)
    {
        slot = memory.PointerOrNull(address);
        return slot == null ? FaultKind.TableUnreachable : FaultKind.None;
    }
}
