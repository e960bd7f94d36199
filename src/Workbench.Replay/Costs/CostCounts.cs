namespace Workbench.Replay.Costs;

/// <summary>What happened, as plain counts without a range: the facts that a profile's costs are multiplied with.</summary>
public readonly record struct CostCounts
{
    /// <summary>Paging entries that harvests looked at.</summary>
    public long EntriesScanned { get; init; }
    /// <summary>Dirty entries that harvests cleared.</summary>
    public long EntriesCleared { get; init; }
    /// <summary>Bytes of dirty bitmap written.</summary>
    public long BitmapBytes { get; init; }
    /// <summary>Leaf entries that splits and collapses wrote.</summary>
    public long EntriesWritten { get; init; }
    /// <summary>Leaf entries that splits and collapses read.</summary>
    public long EntriesRead { get; init; }
    /// <summary>Tables taken.</summary>
    public long TablesAllocated { get; init; }
    /// <summary>Tables given back.</summary>
    public long TablesFreed { get; init; }
    /// <summary>Submissions that invalidated a range.</summary>
    public long RangeInvalidations { get; init; }
    /// <summary>Submissions that invalidated a whole domain.</summary>
    public long DomainInvalidations { get; init; }
    /// <summary>Submissions that invalidated what splits and collapses changed.</summary>
    public long ChangeInvalidations { get; init; }
    /// <summary>Commands of submissions beyond the first of each, waits not counted.</summary>
    public long FurtherCommands { get; init; }
    /// <summary>Waits without an invalidation before them (fences).</summary>
    public long LoneWaits { get; init; }
    /// <summary>Invalidations sent to devices' TLBs.</summary>
    public long DeviceTlbInvalidations { get; init; }
    /// <summary>Faults that software handled so that the device could go on.</summary>
    public long FaultsHandled { get; init; }
    /// <summary>Translations that the IOTLB answered.</summary>
    public long IotlbHits { get; init; }
    /// <summary>Walks.</summary>
    public long Walks { get; init; }
    /// <summary>Paging entries that walks read.</summary>
    public long TableReads { get; init; }
    /// <summary>Walks among them that were needed only because an invalidation had dropped the translation.</summary>
    public long Refills { get; init; }
}
