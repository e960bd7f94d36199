using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Tests.Vtd;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Dirty;

/// <summary>
/// Hardware sets A and D while software scans and clears, on two threads over one table. A bit is set only where it was clear and cleared
/// only where it was set, so with compare-and-swap on both sides the counts balance; a plain store on either side breaks them.
/// </summary>
public sealed class ConcurrentScanTests
{
    private const int Pages = 2;
    private const int Accesses = 1_000_000;

    [Fact]
    public void No_write_is_lost_and_no_bit_is_set_or_cleared_twice()
    {
        // One entry only: nearly every access walks.
        using VtdMachine m = new(new() { Iotlb = new() { Sets = 1, Ways = 1, WalkCaches = false } }, tracking: true);
        m.Map(0, 0x10_0000, Pages << 12);
        m.Domain.Table.HasRacingThreads = true;
        bool[] written = new bool[Pages];
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        using Barrier start = new(2);
        bool done = false;
        long cleanings = 0, reports = 0;
        HashSet<ulong> reported = [];

        Thread software = new(() =>
        {
            start.SignalAndWait(cancelled);
            while (!Volatile.Read(ref done))
            {
                // A short scan, the way down and the pages, so that the two sides meet on the same words all the time.
                ReportedLeaves found = new();
                ScanBudget budget = new() { RemainingNs = 3 + Pages, ScanNs = 1 };
                m.Domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref budget, found, new());
                reports += found.All.Count;
                foreach ((ulong page, _) in found.All) reported.Add(page);
                for (ulong page = 0; page < Pages; page++) cleanings += ClearAccessed(ref m.Entry(page << 12, 0)) ? 1 : 0;
            }
        });
        software.Start();
        start.SignalAndWait(cancelled);
        ulong random = 1;
        for (int i = 0; i < Accesses; i++)
        {
            random = unchecked((random * 6364136223846793005) + 1442695040888963407);
            ulong page = (random >> 33) % Pages;
            bool isWrite = (random >> 60) < 8;
            if (m.Access(page << 12, isWrite).Physical != 0x10_0000 + (page << 12)) break;
            written[page] |= isWrite;
        }
        Volatile.Write(ref done, true);
        software.Join();

        List<(ulong FirstPage, int SizeLog2)> last = m.Scan(clear: true);
        foreach ((ulong page, _) in last) reported.Add(page);
        Assert.Equal(Enumerable.Range(0, Pages).Select(p => (ulong)p), reported.Order());
        Assert.All(written, Assert.True);
        IommuCounters counters = m.Counters;
        Assert.Equal(counters.DirtyUpdates, reports + last.Count);
        int accessedLeaves = Enumerable.Range(0, Pages).Count(p => m.IsAccessed((ulong)p << 12));
        Assert.Equal(counters.AccessedUpdates, cleanings + accessedLeaves + 3); // and one in each table above
        Assert.Equal(0, counters.Faults);

        // The memory is as it was mapped, but for A.
        for (ulong page = 0; page < Pages; page++) Assert.Equal((0x10_0000 + (page << 12)) | 3, m.Leaf(page << 12) & ~VtdSecondStageFormat.AccessedBit);

        // After a completed invalidation every page written is reported once more.
        m.Driver.InvalidateDomain(m.Domain);
        for (ulong page = 0; page < Pages; page++) m.Write(page << 12);
        Assert.Equal([(0UL, 12), (1UL, 12)], m.Scan(clear: true));
    }

    // Software that also takes A away, as an aging scan does.
    private static bool ClearAccessed(ref ulong slot)
    {
        ulong entry = Volatile.Read(ref slot);
        while ((entry & VtdSecondStageFormat.AccessedBit) != 0)
        {
            ulong seen = Interlocked.CompareExchange(ref slot, entry & ~VtdSecondStageFormat.AccessedBit, entry);
            if (seen == entry) return true;
            entry = seen;
        }
        return false;
    }

    private sealed class During(Action action) : IDirtySink
    {
        public void Report(ulong firstPage, int leafLog2) => action();
    }

    private static void ScanWith(VtdMachine m, Action betweenReadAndClear)
    {
        ScanBudget budget = new() { RemainingNs = long.MaxValue };
        Assert.Null(m.Domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref budget, new During(betweenReadAndClear), new()));
    }

    // The scan has read the entry, reports it, and clears it then: what hardware sets in between must stay.
    [Fact]
    public void A_set_by_hardware_between_report_and_clear_is_kept()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(0, 0x9000);
        m.Entry(0, 0) |= VtdSecondStageFormat.DirtyBit;
        ScanWith(m, () => m.Read(0));
        Assert.Equal(0x9103UL, m.Leaf(0));
    }

    [Fact]
    public void A_leaf_unmapped_between_report_and_clear_stays_unmapped()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(0, 0x9000);
        m.Write(0);
        ScanWith(m, () => m.Domain.Table.Unmap(0, 0x1000, null, new()));
        Assert.Equal(0UL, m.Entry(0, 0));
    }

    // hardware.md 2h: the bit goes before the flush, the page is in this report: a write in between may leave D clear.
    [Fact]
    public void A_write_between_report_and_clear_is_in_this_report()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(0, 0x9000);
        m.Write(0);
        int reports = 0;
        ScanWith(m, () => { reports++; m.Write(0); });
        Assert.Equal(1, reports);
        Assert.False(m.IsDirty(0));
    }

    // A group of 64 pages, the first 40 dirty, is reported as one mask and cleared then.
    [Fact]
    public void What_hardware_and_software_do_while_a_whole_group_is_reported_stays()
    {
        using VtdMachine m = new(new() { Iotlb = new() { Sets = 1, Ways = 1, WalkCaches = false } }, tracking: true);
        m.Map(0, 0x10_0000, 128UL << 12);
        for (ulong page = 64; page < 104; page++) m.Entry(page << 12, 0) |= VtdSecondStageFormat.DirtyBit;
        List<ulong> masks = [];
        ScanBudget budget = new() { RemainingNs = long.MaxValue, ScanNs = 1, ClearNs = 1 };
        InvalidationGather gather = new();
        Assert.Null(m.Domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref budget, new Group((firstPage, leaves) =>
        {
            Assert.Equal(64UL, firstPage);
            masks.Add(leaves);
            m.Read(70 << 12);
            m.Write(71 << 12);
            m.Write(105 << 12);
            m.Domain.Table.Unmap(72 << 12, 0x1000, null, new());
        }), gather));
        Assert.Equal([Bits.Mask(40)], masks);
        Assert.Equal(39, budget.EntriesCleared);
        Assert.Equal((64UL << 12, (104UL << 12) - 1), (gather.FirstByte, gather.LastByte));
        Assert.Equal(VtdSecondStageFormat.AccessedBit, m.Leaf(70 << 12) & (VtdSecondStageFormat.AccessedBit | VtdSecondStageFormat.DirtyBit));
        Assert.False(m.IsDirty(71 << 12));
        Assert.Equal(0UL, m.Entry(72 << 12, 0));
        Assert.True(m.IsDirty(105 << 12));
        Assert.Equal([(105UL, 12)], m.Scan(clear: true));
    }

    private sealed class Group(Action<ulong, ulong> action) : IDirtySink
    {
        public void Report(ulong firstPage, int leafLog2) => Assert.Fail($"page {firstPage} was reported by itself");

        public void Report(ulong firstPage, int leafLog2, ulong leaves) => action(firstPage, leaves);
    }

    [Fact]
    public void A_protocol_that_flushes_after_each_scan_covers_every_write_between_steps()
    {
        // One thread, every order of {write, scan, flush} that a machine can show: a write after the flush is in the next scan.
        using VtdMachine m = new(new() { Iotlb = new() { Sets = 16, Ways = 4 } }, tracking: true);
        m.Map(0, 0x10_0000, Pages << 12);
        for (int round = 0; round < 100; round++)
        {
            ulong page = (ulong)round % Pages;
            m.Write(page << 12);
            ReportedLeaves found = new();
            InvalidationGather gather = new();
            ScanBudget budget = new() { RemainingNs = long.MaxValue };
            m.Domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref budget, found, gather);
            m.Driver.Invalidate(m.Domain, gather);
            Assert.Equal([(page, 12)], found.All);
        }
    }
}
