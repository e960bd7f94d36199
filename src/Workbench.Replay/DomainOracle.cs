using System.Numerics;
using Workbench.Iommu;
using Workbench.Iommu.Dirty;
using Workbench.Replay.Policies;
using Workbench.Replay.Software;

namespace Workbench.Replay;

/// <summary>
/// The oracle of one domain. It is told every write that reached memory and every report, and knows what is still unreported. A write is
/// covered once its page is reported by a harvest that completed at or after it.
/// </summary>
internal sealed class DomainOracle(Domain domain) : IDirtySink
{
    private readonly PageSet carried = new();
    private readonly PageSet beforeHarvest = new();
    private readonly PageSet reported = new();
    private readonly PageSet scratch = new();
    // What was written before an early copy of the reported pages, until the harvest completes.
    private readonly PageSet earlierData = new();
    private readonly PageSet earlier = new();
    private readonly PageSet afterCopy = new();
    private readonly List<(ulong FirstPage, int LeafLog2)> reportedAfterCopy = [];
    private bool isCopied;
    private readonly List<(ulong FirstPage, int LeafLog2)> largeLeaves = [];
    private readonly PageSet smallLeaves = new();
    private readonly PageSet everWritten = new();
    private readonly PageSet everWrittenByData = new();
    private readonly PageSet everReported = new();
    private long reportedLeaves;

    /// <summary>Takes the page-by-page account, if one is kept.</summary>
    public PageLog? Log { get; init; }

    public Domain Domain { get; } = domain;
    /// <summary>Pages written by payload since the last harvest's end. The hot path adds to these two and nothing else.</summary>
    public PageSet DataWritten { get; } = new();
    /// <summary>Pages written by rings since the last harvest's end.</summary>
    public PageSet RingWritten { get; } = new();
    /// <summary>Held by a harvest of the domain, and by a batch of splits or collapses: either must be over, its invalidation too, before the other begins.</summary>
    public SoftwareLock Lock { get; } = new();
    /// <summary>Largest leaf that maps made from now on use, as a power of two of bytes.</summary>
    public int LargestNewLeafLog2 { get; set; } = 63;
    /// <summary>Bytes mapped now.</summary>
    public ulong MappedBytes
    {
        get;
        set
        {
            field = value;
            MappingChanges++;
        }
    }
    /// <summary>How often mappings changed so far.</summary>
    public long MappingChanges { get; private set; }
    public PageSet EverWritten => everWritten;
    public PageSet EverWrittenByData => everWrittenByData;
    public PageSet EverReported => everReported;
    /// <summary>Written and not reported so far, once <see cref="Complete"/> has run for the last time.</summary>
    public PageSet Unreported => carried;

    /// <summary>Starts afresh: what was written before does not count.</summary>
    public void Reset()
    {
        carried.Clear();
        Clear();
    }

    /// <summary>A leaf found dirty by the scan or by an unmap.</summary>
    public void Report(ulong firstPage, int leafLog2)
    {
        if (isCopied)
        {
            reportedAfterCopy.Add((firstPage, leafLog2));
            return;
        }
        reportedLeaves++;
        if (leafLog2 == 12)
        {
            reported.Add(firstPage);
            smallLeaves.Add(firstPage);
        }
        else
        {
            reported.AddRange(firstPage, 1UL << (leafLog2 - 12));
            largeLeaves.Add((firstPage, leafLog2));
        }
    }

    /// <summary>Leaves that the scan found dirty among 64 neighbours.</summary>
    public void Report(ulong firstPage, int leafLog2, ulong leaves)
    {
        if (leafLog2 != 12 || isCopied)
        {
            for (; leaves != 0; leaves &= leaves - 1) Report(firstPage + ((ulong)BitOperations.TrailingZeroCount(leaves) << (leafLog2 - 12)), leafLog2);
            return;
        }
        reportedLeaves += BitOperations.PopCount(leaves);
        reported.AddMask(firstPage, leaves);
        smallLeaves.AddMask(firstPage, leaves);
    }

    /// <summary>Leaves of 4 KiB, all at once.</summary>
    public void Report(PageSet pages)
    {
        reportedLeaves += pages.Count;
        reported.UnionWith(pages);
        smallLeaves.UnionWith(pages);
    }

    /// <summary>A harvest of this domain begins: what is unreported now, it has to report.</summary>
    public void Begin()
    {
        beforeHarvest.CopyFrom(carried);
        beforeHarvest.UnionWith(DataWritten);
        beforeHarvest.UnionWith(RingWritten);
    }

    /// <summary>Reports exactly what was written.</summary>
    public void ReportTruth()
    {
        scratch.CopyFrom(carried);
        scratch.UnionWith(DataWritten);
        scratch.UnionWith(RingWritten);
        foreach (ulong page in scratch) Report(page, 12);
    }

    /// <summary>The leaves reported since the last harvest's end, by address.</summary>
    public List<Leaf> DirtyLeaves()
    {
        List<Leaf> leaves = [.. largeLeaves.Select(l => new Leaf(l.FirstPage << 12, l.LeafLog2))];
        foreach (ulong page in smallLeaves) leaves.Add(new(page << 12, 12));
        leaves.Sort(static (a, b) => a.Address.CompareTo(b.Address));
        return leaves;
    }

    /// <summary>The reported pages are copied now, before the harvest is complete: what is written from here on its report does not cover.</summary>
    public void Copy()
    {
        isCopied = true;
        earlierData.CopyFrom(DataWritten);
        earlier.CopyFrom(DataWritten);
        earlier.UnionWith(RingWritten);
        DataWritten.Clear();
        RingWritten.Clear();
    }

    /// <summary>The harvest is complete: its report covers every write so far, or up to the copy.</summary>
    public DomainHarvest Complete(long endNs)
    {
        afterCopy.Clear();
        if (isCopied)
        {
            afterCopy.CopyFrom(DataWritten);
            afterCopy.UnionWith(RingWritten);
            DataWritten.UnionWith(earlierData);
            RingWritten.UnionWith(earlier);
        }
        PageSet written = scratch;
        written.CopyFrom(DataWritten);
        written.UnionWith(RingWritten);
        everWrittenByData.UnionWith(DataWritten);
        everWritten.UnionWith(written);
        everReported.UnionWith(reported);
        if (Log is not null)
        {
            foreach (ulong page in written) Log.Write(Domain.Id, page, endNs);
            foreach ((ulong first, int log2) in largeLeaves.Distinct()) Log.Report(Domain.Id, first, log2, endNs);
            foreach (ulong page in smallLeaves) Log.Report(Domain.Id, page, 12, endNs);
        }
        long true4K = written.Count, trueData = DataWritten.Count;
        long true2M = written.CountDistinctRegions(9), true1G = written.CountDistinctRegions(18);

        written.UnionWith(carried);
        PageSet pending = written;
        long over = reported.Count - reported.CountCommon(pending);
        // Leaves of different sizes, or one of them twice, may be reported for the same pages when they were remapped in between.
        long overLeaves = smallLeaves.Count - smallLeaves.CountCommon(pending);
        foreach ((ulong first, int log2) in largeLeaves)
            if (pending.CountIn(first, log2 - 12) == 0) overLeaves++;
        DomainHarvest result = new(true4K, trueData, true2M, true1G, reported.Count, reportedLeaves, over, overLeaves, beforeHarvest.Count - beforeHarvest.CountCommon(reported));
        carried.CopyFrom(pending);
        carried.ExceptWith(reported);
        carried.UnionWith(afterCopy);
        Clear();
        // What was unmapped after the copy goes with the next report.
        foreach ((ulong first, int log2) in reportedAfterCopy) Report(first, log2);
        reportedAfterCopy.Clear();
        return result;
    }

    private void Clear()
    {
        reported.Clear();
        largeLeaves.Clear();
        smallLeaves.Clear();
        reportedLeaves = 0;
        isCopied = false;
        DataWritten.Clear();
        RingWritten.Clear();
    }
}

/// <summary>One domain's share of a harvest, or the sum over domains.</summary>
internal readonly record struct DomainHarvest(long True4K, long TrueData4K, long True2M, long True1G, long Reported4K, long ReportedLeaves, long OverReported4K, long OverReportedLeaves, long Missed4K)
{
    public static DomainHarvest operator +(DomainHarvest a, DomainHarvest b) => new(a.True4K + b.True4K, a.TrueData4K + b.TrueData4K, a.True2M + b.True2M, a.True1G + b.True1G,
        a.Reported4K + b.Reported4K, a.ReportedLeaves + b.ReportedLeaves, a.OverReported4K + b.OverReported4K, a.OverReportedLeaves + b.OverReportedLeaves, a.Missed4K + b.Missed4K);
}
