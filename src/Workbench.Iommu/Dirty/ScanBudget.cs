namespace Workbench.Iommu.Dirty;

/// <summary>The time a scan may take before it has to let the trace's DMA go on, and what each step costs; nanoseconds.</summary>
public struct ScanBudget
{
    /// <summary>Time left; a scan stops when it is used up. <see cref="long.MaxValue"/> never ends.</summary>
    public long RemainingNs;
    /// <summary>Cost of looking at one entry.</summary>
    public int ScanNs;
    /// <summary>Additional cost of clearing one dirty entry.</summary>
    public int ClearNs;
    /// <summary>Entries looked at so far.</summary>
    public long EntriesScanned;
    /// <summary>Dirty entries cleared so far.</summary>
    public long EntriesCleared;
    /// <summary>Kept by the scan: levels from the top whose entries at the place to go on from it has looked at. 0 begins anew.</summary>
    public int LevelsPaid;
}
