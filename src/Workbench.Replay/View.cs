namespace Workbench.Replay;

/// <summary>Which addresses the replayed device puts on the bus.</summary>
public enum View : byte
{
    /// <summary>The one a migration of the recorded guest tracks, as the trace's provenance says.</summary>
    Migration,
    /// <summary>The recorded IOVAs: maps and unmaps as the guest's own IOMMU saw them.</summary>
    Iova,
    /// <summary>Guest-physical addresses: the device is passed through without a vIOMMU, all guest memory is mapped once and stays mapped.</summary>
    Gpa,
}
