using Workbench.Replay.Costs;

namespace Workbench.Replay;

/// <summary>How it was tracked, and what that took.</summary>
public sealed partial record ReplaySummary
{
    /// <summary>How written pages were found.</summary>
    public required string Tracker { get; init; }
    /// <summary>When large leaves were split, into what, and when they were collapsed.</summary>
    public required string Policy { get; init; }
    public required string SplitTo { get; init; }
    public required string SplitDirty { get; init; }
    public required string Collapse { get; init; }
    /// <summary>Steps done wrongly on purpose; empty: none.</summary>
    public required string Unsound { get; init; }
    /// <summary>Whose defects the driver had.</summary>
    public required string Quirks { get; init; }
    /// <summary>Is the combination one that loses nothing?</summary>
    public required bool Sound { get; init; }
    /// <summary>The cost profile, at which end of its ranges trace time passed, and whether costs delayed the device.</summary>
    public required string CostProfile { get; init; }
    public required string CostLevel { get; init; }
    public required string Loop { get; init; }
    public required long EntriesScanned { get; init; }
    public required long EntriesCleared { get; init; }
    public required long RangeInvalidations { get; init; }
    public required long DomainInvalidations { get; init; }
    public required long EntriesEvicted { get; init; }
    public required long Refills { get; init; }
    public required long FaultsHandled { get; init; }
    public required long BitmapBytes { get; init; }
    public required long LeavesSplit { get; init; }
    public required long LeavesCollapsed { get; init; }
    public required long LeafEntriesWritten { get; init; }
    public required long LeafInvalidations { get; init; }
    public required long TableBytes { get; init; }
    /// <summary>Time of harvests, of splits and collapses, and how long the IOMMU was busy with walks: ns, with the profile's range.</summary>
    public required CostRange HarvestCostNs { get; init; }
    public required CostRange LeafChangeCostNs { get; init; }
    public required CostRange WalkCostNs { get; init; }
    /// <summary>The part of walk latency that invalidations caused, ns.</summary>
    public required CostRange RefillCostNs { get; init; }
}
