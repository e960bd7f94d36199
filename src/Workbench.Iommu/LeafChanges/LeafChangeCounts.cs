namespace Workbench.Iommu.LeafChanges;

/// <summary>What splits and collapses did: plain counts.</summary>
public struct LeafChangeCounts
{
    /// <summary>Leaves that became smaller ones.</summary>
    public long LeavesSplit;
    /// <summary>Leaves that were made of smaller ones.</summary>
    public long LeavesCollapsed;
    /// <summary>Regions that cannot be one leaf: not all mapped, not contiguous or aligned, or of different permission or attributes.</summary>
    public long CollapsesRefused;
    /// <summary>Changes given up because the leaf was unmapped or remapped meanwhile.</summary>
    public long GivenUp;
    /// <summary>Entries looked at.</summary>
    public long EntriesRead;
    /// <summary>Entries written, visible or not.</summary>
    public long EntriesWritten;
    /// <summary>Tables allocated.</summary>
    public long TablesAllocated;
    /// <summary>Tables freed.</summary>
    public long TablesFreed;
    /// <summary>Invalidations, each with its wait.</summary>
    public long Invalidations;
    /// <summary>Commands submitted for them.</summary>
    public long Commands;
    /// <summary>Times D was found set after the entry had been read, and was carried.</summary>
    public long LateDirty;
}
