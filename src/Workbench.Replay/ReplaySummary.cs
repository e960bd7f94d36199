using Workbench.Display;
using Workbench.Replay.Costs;
using Workbench.Replay.Display;

namespace Workbench.Replay;

/// <summary>The flat summary of a replay: the JSON contract of `workbench replay --format json` (docs/replay.md).</summary>
[TypeFormatterSource(typeof(SelfFormatter<ReplaySummary, ReplaySummaryDisplay>))]
public sealed partial record ReplaySummary
{
    /// <summary>The trace's file name.</summary>
    public required string Trace { get; init; }
    /// <summary>The IOMMU model.</summary>
    public required string Iommu { get; init; }
    /// <summary>The IOTLB geometry.</summary>
    public required string Iotlb { get; init; }
    /// <summary>The view replayed.</summary>
    public required View View { get; init; }
    /// <summary>The translation granule.</summary>
    public required string Granule { get; init; }
    /// <summary>The largest leaf asked for.</summary>
    public required string PageSize { get; init; }
    /// <summary>Input address width in bits.</summary>
    public required int AddressBits { get; init; }
    /// <summary>Translations that each device kept itself (ATS); 0: devices without ATS.</summary>
    public required int DeviceTlb { get; init; }
    /// <summary>How the driver turned changes into invalidations.</summary>
    public required string Driver { get; init; }
    /// <summary>When D became visible: "before-data" or "may-lag".</summary>
    public required string DirtyOrder { get; init; }
    /// <summary>When harvests invalidated.</summary>
    public required FlushStrategy Flush { get; init; }
    public required long Events { get; init; }
    public required long Accesses { get; init; }
    public required ulong BytesRead { get; init; }
    public required ulong BytesWritten { get; init; }
    public required ulong RingBytesRead { get; init; }
    public required ulong RingBytesWritten { get; init; }
    public required long InterruptWrites { get; init; }
    public required long UnmappedAccesses { get; init; }
    public required long IotlbHits { get; init; }
    public required long IotlbMisses { get; init; }
    public required long DirtyRewalks { get; init; }
    public required long Walks { get; init; }
    public required long TableReads { get; init; }
    public required long AccessedUpdates { get; init; }
    public required long DirtyUpdates { get; init; }
    public required long DeviceTlbHits { get; init; }
    public required long TranslationRequests { get; init; }
    public required long PeakTableBytes { get; init; }
    public required long Invalidations { get; init; }
    public required long Commands { get; init; }
    public required long Faults { get; init; }
    public required int Harvests { get; init; }
    public required long TrueDirty4K { get; init; }
    public required long ReportedDirty4K { get; init; }
    public required long ReportedDirtyLeaves { get; init; }
    public required long OverReported4K { get; init; }
    public required long OverReportedLeaves { get; init; }
    public required long Missed4K { get; init; }
    public required long DistinctTrueDirty4K { get; init; }
    public required long DistinctTrueDataDirty4K { get; init; }
    public required long DistinctTrueDataDirty2M { get; init; }
    public required long DistinctTrueDirty2M { get; init; }
    public required long DistinctTrueDirty1G { get; init; }
    public required long DistinctReportedDirty4K { get; init; }
    public required ulong BytesToSendAt4K { get; init; }
    public required ulong BytesToSendAt2M { get; init; }
    public required ulong BytesToSendAt1G { get; init; }
    public required ulong BytesReported { get; init; }
    public required double DurationSeconds { get; init; }
    public required IReadOnlyList<string> Notes { get; init; }
    /// <summary>Trace events replayed per second of wall time; null in files, which must not depend on the clock.</summary>
    public double? EventsPerSecond { get; init; }

    /// <summary>Flattens a result.</summary>
    public static ReplaySummary Of(ReplayResult result, Experiment experiment, string trace)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(experiment);
        return new()
        {
            Trace = trace, Iommu = experiment.Iommu, Iotlb = experiment.Iotlb, View = result.View,
            Granule = experiment.Granule, PageSize = result.View == View.Gpa && experiment.PageSize == "as-mapped" ? experiment.Granule : experiment.PageSize,
            AddressBits = experiment.AddressBits, DeviceTlb = experiment.DeviceTlb, Driver = experiment.Driver, DirtyOrder = experiment.DirtyOrder, Flush = experiment.Flush,
            Events = result.Events, Accesses = result.Accesses, BytesRead = result.BytesRead, BytesWritten = result.BytesWritten,
            RingBytesRead = result.RingBytesRead, RingBytesWritten = result.RingBytesWritten, InterruptWrites = result.InterruptWrites, UnmappedAccesses = result.UnmappedAccesses,
            IotlbHits = result.Counters.IotlbHits, IotlbMisses = result.Counters.IotlbMisses, DirtyRewalks = result.Counters.DirtyRewalks, Walks = result.Counters.Walks,
            TableReads = result.Counters.TableReads, AccessedUpdates = result.Counters.AccessedUpdates, DirtyUpdates = result.Counters.DirtyUpdates,
            DeviceTlbHits = result.Counters.DeviceTlbHits, TranslationRequests = result.Counters.TranslationRequests, PeakTableBytes = result.PeakTableBytes,
            Invalidations = result.Counters.Invalidations, Commands = result.Commands, Faults = result.Counters.Faults,
            Harvests = result.Harvests.Count, TrueDirty4K = result.TrueDirty4K, ReportedDirty4K = result.ReportedDirty4K, ReportedDirtyLeaves = result.ReportedDirtyLeaves,
            OverReported4K = result.OverReported4K, OverReportedLeaves = result.OverReportedLeaves, Missed4K = result.Missed4K,
            DistinctTrueDirty4K = result.DistinctTrue4K, DistinctTrueDataDirty4K = result.DistinctTrueData4K, DistinctTrueDataDirty2M = result.DistinctTrueData2M,
            DistinctTrueDirty2M = result.DistinctTrue2M, DistinctTrueDirty1G = result.DistinctTrue1G, DistinctReportedDirty4K = result.DistinctReported4K,
            BytesToSendAt4K = result.BytesToSendAt(12), BytesToSendAt2M = result.BytesToSendAt(21), BytesToSendAt1G = result.BytesToSendAt(30), BytesReported = (ulong)result.ReportedDirty4K << 12,
            Tracker = experiment.Tracker, Policy = experiment.Policy, SplitTo = experiment.SplitTo, SplitDirty = experiment.SplitDirty, Collapse = experiment.Collapse, Unsound = experiment.Unsound, Quirks = experiment.Quirks,
            Sound = experiment.IsSound, CostProfile = experiment.CostProfile, CostLevel = experiment.CostLevel, Loop = experiment.Loop,
            EntriesScanned = result.EntriesScanned, EntriesCleared = result.EntriesCleared, RangeInvalidations = result.RangeInvalidations, DomainInvalidations = result.DomainInvalidations,
            EntriesEvicted = result.EntriesEvicted, Refills = result.Counters.Refills, FaultsHandled = result.FaultsHandled, BitmapBytes = result.BitmapBytes,
            LeavesSplit = result.LeafChanges.LeavesSplit, LeavesCollapsed = result.LeafChanges.LeavesCollapsed, LeafEntriesWritten = result.LeafChanges.EntriesWritten,
            LeafInvalidations = result.LeafChanges.Invalidations, TableBytes = result.TableBytes,
            HarvestCostNs = result.Costs.Total(CostGroup.Harvest), LeafChangeCostNs = result.Costs.Total(CostGroup.Split) + result.Costs.Total(CostGroup.Collapse),
            WalkCostNs = result.Costs.Total(CostGroup.DeviceThroughput), RefillCostNs = result.Costs.Total(CostGroup.Refill),
            DurationSeconds = result.DurationNs / 1e9, Notes = result.Notes,
        };
    }
}
