namespace Workbench.Replay;

/// <summary>One harvest: what was reported, what was true, and what it took. Page counts are of 4 KiB pages unless the name says leaves.</summary>
public sealed record HarvestRow
{
    /// <summary>Number of the harvest, from 1.</summary>
    public required int Harvest { get; init; }
    /// <summary>Trace time at which the first entry was looked at (or the early flush began), ns.</summary>
    public required long BeginNs { get; init; }
    /// <summary>Trace time at which its bitmap was final: the last invalidation had completed, ns.</summary>
    public required long EndNs { get; init; }
    /// <summary>Pages written since the previous harvest's end.</summary>
    public required long True4K { get; init; }
    /// <summary>Of these, pages written by payload (not by rings).</summary>
    public required long TrueData4K { get; init; }
    /// <summary>Pages reported dirty.</summary>
    public required long Reported4K { get; init; }
    /// <summary>Dirty leaves found, of any size.</summary>
    public required long ReportedLeaves { get; init; }
    /// <summary>Reported pages not written since their previous report.</summary>
    public required long OverReported4K { get; init; }
    /// <summary>Reported leaves in which no page was written since its previous report.</summary>
    public required long OverReportedLeaves { get; init; }
    /// <summary>Pages written before this harvest began that neither it nor an earlier one reported since.</summary>
    public required long Missed4K { get; init; }
    /// <summary>Distinct 2 MiB regions written since the previous harvest's end.</summary>
    public required long True2M { get; init; }
    /// <summary>Distinct 1 GiB regions written since the previous harvest's end.</summary>
    public required long True1G { get; init; }
    /// <summary>Paging entries looked at.</summary>
    public required long EntriesScanned { get; init; }
    /// <summary>Dirty bits cleared.</summary>
    public required long EntriesCleared { get; init; }
    /// <summary>Invalidations of a range, each with its wait.</summary>
    public long RangeInvalidations { get; init; }
    /// <summary>Invalidations of a whole domain, each with its wait.</summary>
    public long DomainInvalidations { get; init; }
    /// <summary>Cached translations that its invalidations dropped, in IOTLB and device TLBs.</summary>
    public long EntriesEvicted { get; init; }
    /// <summary>Bytes of bitmap that a reader of all mapped memory takes, one bit for 4 KiB.</summary>
    public long BitmapBytes { get; init; }
    /// <summary>Faults and page requests that software answered so that the device went on, since the previous harvest's end.</summary>
    public long FaultsHandled { get; init; }
    /// <summary>Commands submitted for invalidation.</summary>
    public required long Commands { get; init; }
    /// <summary>IOTLB hits since the previous harvest's end.</summary>
    public required long IotlbHits { get; init; }
    /// <summary>IOTLB misses since the previous harvest's end.</summary>
    public required long IotlbMisses { get; init; }
    /// <summary>Walks because a cached entry was not known dirty, since the previous harvest's end.</summary>
    public required long DirtyRewalks { get; init; }
    /// <summary>Misses since the previous harvest's end of translations that an invalidation had dropped: the indirect cost of earlier harvests.</summary>
    public long Refills { get; init; }
    /// <summary>Payload bytes written since the previous harvest's end.</summary>
    public required ulong BytesWritten { get; init; }
    /// <summary>Payload bytes read since the previous harvest's end.</summary>
    public required ulong BytesRead { get; init; }
}
