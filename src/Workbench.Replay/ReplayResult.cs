using Workbench.Display;
using Workbench.Iommu;
using Workbench.Iommu.Faults;
using Workbench.Replay.Display;

namespace Workbench.Replay;

/// <summary>What a replay counted. Sums over harvests unless the name says distinct; depends on nothing but experiment and trace.</summary>
[TypeFormatterSource(typeof(SelfFormatter<ReplayResult, ReplayResultDisplay>))]
public sealed partial record ReplayResult
{
    /// <summary>The view that was replayed (never <see cref="View.Migration"/>).</summary>
    public required View View { get; init; }
    /// <summary>Trace events processed.</summary>
    public required long Events { get; init; }
    /// <summary>Accesses among them: reads and writes by payload and rings.</summary>
    public required long Accesses { get; init; }
    /// <summary>Payload bytes the device read.</summary>
    public required ulong BytesRead { get; init; }
    /// <summary>Payload bytes the device wrote.</summary>
    public required ulong BytesWritten { get; init; }
    /// <summary>Bytes read from rings, descriptors and doorbells.</summary>
    public required ulong RingBytesRead { get; init; }
    /// <summary>Bytes written to rings, descriptors and doorbells.</summary>
    public required ulong RingBytesWritten { get; init; }
    /// <summary>Interrupt writes left out of the gpa view (they do not go to memory).</summary>
    public required long InterruptWrites { get; init; }
    /// <summary>Accesses of the gpa view whose IOVA no mapping of the trace covers: not replayed.</summary>
    public required long UnmappedAccesses { get; init; }
    /// <summary>The hardware's counts.</summary>
    public required IommuCounters Counters { get; init; }
    /// <summary>Commands the driver submitted, waits included.</summary>
    public required long Commands { get; init; }
    /// <summary>The first faults, at most as many as the log holds.</summary>
    public required IReadOnlyList<Fault> FirstFaults { get; init; }
    /// <summary>The harvests in order; the last was taken with the device stopped.</summary>
    public required IReadOnlyList<HarvestRow> Harvests { get; init; }
    /// <summary>Distinct pages written.</summary>
    public required long DistinctTrue4K { get; init; }
    /// <summary>Distinct pages written by payload.</summary>
    public required long DistinctTrueData4K { get; init; }
    /// <summary>Distinct 2 MiB regions written by payload.</summary>
    public required long DistinctTrueData2M { get; init; }
    /// <summary>Distinct 2 MiB regions written.</summary>
    public required long DistinctTrue2M { get; init; }
    /// <summary>Distinct 1 GiB regions written.</summary>
    public required long DistinctTrue1G { get; init; }
    /// <summary>Distinct pages reported.</summary>
    public required long DistinctReported4K { get; init; }
    /// <summary>Pages written and never reported afterwards.</summary>
    public required long Missed4K { get; init; }
    /// <summary>The missed pages, at most <see cref="MostMissedPages"/> of them, by domain and address.</summary>
    public required IReadOnlyList<MissedPage> MissedPages { get; init; }
    /// <summary>Leaves in the tables at the end, all domains.</summary>
    public required long Leaves { get; init; }
    /// <summary>Most memory that tables and the structures above them took at once, in bytes.</summary>
    public required long PeakTableBytes { get; init; }
    /// <summary>Trace time from the first to the last event replayed, ns.</summary>
    public required long DurationNs { get; init; }
    /// <summary>Equal for replays in which the same pages of the same domains were written, whatever the order; the hash is of no standard.</summary>
    public required ulong TruthDigest { get; init; }
    /// <summary>What a reader should know about how the replay was set up.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Harvests of one replay at most: each keeps a row.</summary>
    public const int MostHarvests = 1_000_000;

    /// <summary>Missed pages listed at most; all are counted.</summary>
    public const int MostMissedPages = 10_000;

    /// <summary>Sum over harvests of pages truly written.</summary>
    public long TrueDirty4K => Harvests.Sum(h => h.True4K);
    /// <summary>Sum over harvests of pages reported: what a migration sends.</summary>
    public long ReportedDirty4K => Harvests.Sum(h => h.Reported4K);
    /// <summary>Sum over harvests of leaves reported.</summary>
    public long ReportedDirtyLeaves => Harvests.Sum(h => h.ReportedLeaves);
    /// <summary>Sum over harvests of pages reported without need.</summary>
    public long OverReported4K => Harvests.Sum(h => h.OverReported4K);
    /// <summary>Sum over harvests of leaves reported without need.</summary>
    public long OverReportedLeaves => Harvests.Sum(h => h.OverReportedLeaves);

    /// <summary>Faults and page requests that software answered so that the device went on.</summary>
    public long FaultsHandled => Harvests.Sum(h => h.FaultsHandled);

    /// <summary>Bytes a migration sends if dirty pages are tracked at 4 KiB, 2 MiB or 1 GiB (log2 12, 21, 30), one send per harvest.</summary>
    public ulong BytesToSendAt(int granuleLog2) => granuleLog2 switch
    {
        12 => (ulong)Harvests.Sum(h => h.True4K) << 12,
        21 => (ulong)Harvests.Sum(h => h.True2M) << 21,
        30 => (ulong)Harvests.Sum(h => h.True1G) << 30,
        _ => throw new ArgumentOutOfRangeException(nameof(granuleLog2), $"Granule 2^{granuleLog2} is not counted; 12, 21 and 30 are."),
    };
}
