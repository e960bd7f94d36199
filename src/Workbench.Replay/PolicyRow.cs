using Workbench.Replay.Costs;

namespace Workbench.Replay;

/// <summary>One cell of a trade-off study: a row of `workbench policy --format json` (docs/policies.md).</summary>
public sealed record PolicyRow
{
    /// <summary>The IOMMU model, MODEL:GRANULE where the translation granule is not 4K.</summary>
    public required string Iommu { get; init; }
    /// <summary>Leaf size that memory was mapped with at first.</summary>
    public required string Granule { get; init; }
    /// <summary>When leaves were split.</summary>
    public required string Policy { get; init; }
    /// <summary>What they were split into.</summary>
    public required string SplitTo { get; init; }
    /// <summary>When they were collapsed.</summary>
    public required string Collapse { get; init; }
    /// <summary>When harvests invalidated.</summary>
    public required FlushStrategy Flush { get; init; }
    /// <summary>Steps done wrongly on purpose.</summary>
    public required string Unsound { get; init; }
    /// <summary>Is this a combination that loses nothing?</summary>
    public required bool Sound { get; init; }
    /// <summary>Harvests taken.</summary>
    public required int Harvests { get; init; }
    /// <summary>Pages truly written, summed over harvests.</summary>
    public required long TrueDirty4K { get; init; }
    /// <summary>Pages reported.</summary>
    public required long ReportedDirty4K { get; init; }
    /// <summary>Pages reported and not written since their last report.</summary>
    public required long OverReported4K { get; init; }
    /// <summary>Reported by written; 1 is perfect, 0 if nothing was written.</summary>
    public required double OverReportFactor { get; init; }
    /// <summary>Pages lost.</summary>
    public required long Missed4K { get; init; }
    /// <summary>Which step lost them; null if none is.</summary>
    public string? LostBy { get; init; }
    /// <summary>Bytes that a migration sends, as reported.</summary>
    public required ulong BytesToSend { get; init; }
    /// <summary>Invalidations, of harvests and of splits and collapses.</summary>
    public required long Invalidations { get; init; }
    /// <summary>Commands submitted, waits included.</summary>
    public required long Commands { get; init; }
    /// <summary>Walks of the whole replay.</summary>
    public required long Walks { get; init; }
    /// <summary>Walks more than the same machine makes without tracking.</summary>
    public required long ExtraWalks { get; init; }
    /// <summary>Walks because an invalidation had dropped the translation.</summary>
    public required long Refills { get; init; }
    /// <summary>Requests that faulted.</summary>
    public required long Faults { get; init; }
    /// <summary>Leaves split.</summary>
    public required long LeavesSplit { get; init; }
    /// <summary>Leaves collapsed.</summary>
    public required long LeavesCollapsed { get; init; }
    /// <summary>Most memory that tables took at once, bytes.</summary>
    public required long TableBytes { get; init; }
    /// <summary>Time of all harvests, ns, with the profile's range.</summary>
    public required CostRange HarvestNs { get; init; }
    /// <summary>Time of all splits and collapses, ns, with the profile's range.</summary>
    public required CostRange LeafChangeNs { get; init; }

    /// <summary>The model of a cell, MODEL:GRANULE where the translation granule is not 4K.</summary>
    public static string ModelOf(Experiment cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return cell.Granule == "4K" ? cell.Iommu : $"{cell.Iommu}:{cell.Granule}";
    }

    /// <summary>A row from a replay and its untracked twin.</summary>
    public static PolicyRow Of(Experiment cell, ReplayResult result, ReplayResult untracked)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(untracked);
        return new()
        {
            Iommu = ModelOf(cell), Granule = cell.PageSize, Policy = cell.Policy, SplitTo = cell.SplitTo, Collapse = cell.Collapse, Flush = cell.Flush,
            Unsound = cell.Unsound, Sound = cell.IsSound, Harvests = result.Harvests.Count,
            TrueDirty4K = result.TrueDirty4K, ReportedDirty4K = result.ReportedDirty4K, OverReported4K = result.OverReported4K,
            OverReportFactor = result.TrueDirty4K == 0 ? 0 : Math.Round((double)result.ReportedDirty4K / result.TrueDirty4K, 3),
            Missed4K = result.Missed4K, LostBy = result.MissedPages.Count == 0 ? null : string.Join("; ", result.MissedPages.Select(m => m.Cause).Distinct()),
            BytesToSend = (ulong)result.ReportedDirty4K << 12,
            Invalidations = result.RangeInvalidations + result.DomainInvalidations + result.LeafChanges.Invalidations, Commands = result.Commands,
            Walks = result.Counters.Walks, ExtraWalks = result.Counters.Walks - untracked.Counters.Walks, Refills = result.Counters.Refills, Faults = result.Counters.Faults,
            LeavesSplit = result.LeafChanges.LeavesSplit, LeavesCollapsed = result.LeafChanges.LeavesCollapsed, TableBytes = result.PeakTableBytes,
            HarvestNs = result.Costs.Total(CostGroup.Harvest), LeafChangeNs = result.Costs.Total(CostGroup.Split) + result.Costs.Total(CostGroup.Collapse),
        };
    }
}
