using Workbench.Iommu.LeafChanges;
using Workbench.Replay.Costs;

namespace Workbench.Replay;

/// <summary>What tracking took.</summary>
public sealed partial record ReplayResult
{
    /// <summary>What splits and collapses did.</summary>
    public required LeafChangeCounts LeafChanges { get; init; }
    /// <summary>Trace time that splits and collapses took, ns.</summary>
    public required long LeafChangeNs { get; init; }
    /// <summary>Memory that tables and the structures above them take at the end, bytes.</summary>
    public required long TableBytes { get; init; }
    /// <summary>The counts turned into time, with the ranges of the cost profile.</summary>
    public required CostEstimate Costs { get; init; }

    /// <summary>Paging entries that harvests looked at.</summary>
    public long EntriesScanned => Harvests.Sum(h => h.EntriesScanned);
    /// <summary>Dirty bits that harvests cleared.</summary>
    public long EntriesCleared => Harvests.Sum(h => h.EntriesCleared);
    /// <summary>Invalidations of a range by harvests.</summary>
    public long RangeInvalidations => Harvests.Sum(h => h.RangeInvalidations);
    /// <summary>Invalidations of a whole domain by harvests.</summary>
    public long DomainInvalidations => Harvests.Sum(h => h.DomainInvalidations);
    /// <summary>Cached translations that the invalidations of harvests dropped.</summary>
    public long EntriesEvicted => Harvests.Sum(h => h.EntriesEvicted);
    /// <summary>Bytes of bitmap over all harvests.</summary>
    public long BitmapBytes => Harvests.Sum(h => h.BitmapBytes);
    /// <summary>Time from the beginning of each harvest to its end, summed, ns of trace time at the chosen cost level.</summary>
    public long HarvestNs => Harvests.Sum(h => h.EndNs - h.BeginNs);
}
