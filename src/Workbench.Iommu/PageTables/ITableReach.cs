using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>How a walk reaches its table's entries in memory: directly, or through a second stage.</summary>
internal unsafe interface ITableReach
{
    /// <summary>Does an address lead to the same entry whenever it is asked, whoever was walked for last?</summary>
    bool IsFixed { get; }

    /// <summary>May another thread change entries meanwhile?</summary>
    bool HasRacingThreads { get; }

    /// <summary>The entry at an address, or a fault; <paramref name="forUpdate"/> if it is to be changed.</summary>
    FaultKind Reach(ulong address, bool forUpdate, ref IommuCounters counters, out ulong* slot);
}
