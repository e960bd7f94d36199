using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>When a harvest sees what, to the nanosecond. A harvest's step comes before the trace's event of the same time.</summary>
public class HarvestTimingTests
{
    [Theory]
    [InlineData(LooksAtPage0 - 1, 1, 0)]
    [InlineData(LooksAtPage0, 0, 1)]
    public void A_write_is_reported_by_the_scan_that_has_yet_to_look_at_its_leaf(long timeNs, long first, long last)
    {
        ReplayResult result = Trace().At(timeNs).Write(0).Run(InIova);
        Assert.Equal([first, last], result.Harvests.Select(h => h.Reported4K));
        Assert.Equal((0, 0), (result.Missed4K, result.OverReported4K));
    }

    [Theory]
    [InlineData(Begin - 1, 1)]
    [InlineData(Begin, 0)]
    public void A_page_counts_as_missed_by_a_harvest_only_if_it_was_written_before_the_harvest_began(long timeNs, long missed)
    {
        // The entry is believed dirty from the harvest before, which did not invalidate: the write at timeNs is swallowed.
        Experiment experiment = InIova with { Flush = FlushStrategy.None, HarvestEvery = "500us" };
        ReplayResult result = Trace().At(1000).Write(0).At(timeNs).Write(0).At(1_400_000).Mark("end").RunAsItIs(experiment);
        Assert.Equal([0, missed, 1], result.Harvests.Select(h => h.Missed4K));
    }

    [Theory]
    [InlineData(FlushEnd - 1, 0, 0)]
    [InlineData(FlushEnd, 1, 1)]
    public void A_write_through_an_entry_believed_dirty_is_covered_until_the_invalidation_has_completed(long timeNs, long reportedByNext, long rewalks)
    {
        ReplayResult result = Trace().At(1000).Write(0).At(timeNs).Write(0).Run(InIova);
        Assert.Equal((Begin, FlushEnd), (result.Harvests[0].BeginNs, result.Harvests[0].EndNs));
        Assert.Equal([1, reportedByNext], result.Harvests.Select(h => h.Reported4K));
        Assert.Equal(1 + rewalks, result.Counters.Walks);
        Assert.Equal((0, 0), (result.Missed4K, result.OverReported4K));
    }

    [Theory]
    [InlineData(ScanEnd - 1, 1, 0)]
    [InlineData(ScanEnd, 0, 1)]
    public void Without_invalidation_a_harvest_completes_with_its_last_entry(long timeNs, long hitsOfFirst, long missed)
    {
        ReplayResult result = Trace().At(1000).Write(0).At(timeNs).Write(0).Run(InIova with { Flush = FlushStrategy.None });
        Assert.Equal(ScanEnd, result.Harvests[0].EndNs);
        Assert.Equal(hitsOfFirst, result.Harvests[0].IotlbHits);
        Assert.Equal(missed, result.Missed4K);
    }

    [Theory]
    [InlineData(Begin + 999, 1)]
    [InlineData(Begin + 1000, 0)]
    public void An_early_invalidation_takes_effect_when_it_completes(long timeNs, long hits)
    {
        ReplayResult result = Trace().At(1000).Read(0).At(timeNs).Read(0).Run(InIova with { Flush = FlushStrategy.Before });
        Assert.Equal(hits, result.Counters.IotlbHits);
        Assert.Equal(ScanEndClean + 1000, result.Harvests[0].EndNs);
    }

    [Fact]
    public void A_harvest_that_clears_nothing_invalidates_nothing()
    {
        ReplayResult result = Trace().At(1000).Read(0).Run(InIova);
        Assert.Equal(ScanEndClean, result.Harvests[0].EndNs);
        Assert.Equal((0, 0), (result.Harvests[0].Commands, result.Commands));
        Assert.Equal((1536, 0), (result.Harvests[0].EntriesScanned, result.Harvests[0].EntriesCleared));
    }

    [Fact]
    public void Domains_are_harvested_one_after_the_other()
    {
        // The second domain's page is looked at when the first domain is done, its invalidation included.
        const long Looks = FlushEnd + (2 * 5);
        foreach ((long timeNs, long first) in new[] { (Looks - 1, 2L), (Looks, 1L) })
        {
            TraceBuilder trace = Trace().By(Second).Attach(2).Map(0, Page).By(First).At(1000).Write(0).By(Second).At(timeNs).Write(0);
            Assert.Equal(first, trace.Run(InIova).Harvests[0].Reported4K);
        }
    }

    [Fact]
    public void A_harvest_longer_than_the_interval_is_followed_by_the_next_at_once()
    {
        ReplayResult result = Trace().At(20_000).Mark("end").RunAsItIs(InIova with { HarvestEvery = "5us" });
        Assert.Equal([(5_000, 12_680), (12_680, 20_360), (20_360, 28_040)], result.Harvests.Select(h => (h.BeginNs, h.EndNs)));
    }

    [Fact]
    public void A_harvest_shorter_than_the_interval_is_followed_an_interval_after_it_began()
    {
        ReplayResult result = Trace().At(25_000).Mark("end").RunAsItIs(InIova with { HarvestEvery = "10us" });
        Assert.Equal([10_000, 20_000, 27_680], result.Harvests.Select(h => h.BeginNs));
    }

    [Fact]
    public void Interval_0_harvests_once_at_the_end()
    {
        ReplayResult result = Trace().At(5_000_000).Write(0).Run(InIova with { HarvestEvery = "0" });
        HarvestRow row = Assert.Single(result.Harvests);
        Assert.Equal((1, 5_000_000, 1, 1), (row.Harvest, row.BeginNs, row.Reported4K, row.True4K));
    }

    [Fact]
    public void A_harvest_under_way_when_the_trace_ends_is_finished_before_the_last_begins()
    {
        ReplayResult result = Trace().At(1000).Write(0).At(Begin + 100).Write(0).RunAsItIs(InIova);
        Assert.Equal([(Begin, FlushEnd), (FlushEnd, FlushEnd + 7680)], result.Harvests.Select(h => (h.BeginNs, h.EndNs)));
        Assert.Equal([1, 0], result.Harvests.Select(h => h.Reported4K));
        Assert.Equal(0, result.Missed4K);
    }

    [Fact]
    public void An_atomic_harvest_takes_no_time()
    {
        ReplayResult result = Trace().At(1000).Write(0).At(Begin).Write(0).Run(InIova with { AtomicHarvest = true });
        Assert.Equal((Begin, Begin), (result.Harvests[0].BeginNs, result.Harvests[0].EndNs));
        Assert.Equal([1, 1], result.Harvests.Select(h => h.Reported4K));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void What_a_scan_costs_does_not_depend_on_how_dense_the_events_are(long stepNs)
    {
        TraceBuilder trace = Trace().Map(5 * Page, Page).Map(Large, Page).Map(Huge, Page);
        for (long at = Begin - 100; at < Begin + 40_000; at += stepNs) trace.At(at).Read(0);
        HarvestRow row = trace.Run(InIova).Harvests[0];
        Assert.Equal((512 * 6, Begin + (512 * 6 * 5)), (row.EntriesScanned, row.EndNs));
    }

    [Fact]
    public void A_scan_slower_than_the_events_come_gets_to_its_end()
    {
        TraceBuilder trace = Trace();
        for (long at = 0; at < 2_500_000; at += 50) trace.At(at).Read(0);
        ReplayResult result = trace.Run(InIova with { Costs = new() { ScanNs = 300 } });
        Assert.Equal(Begin + (1536 * 300), result.Harvests[0].EndNs);
        Assert.Equal(3, result.Harvests.Count);
    }

    [Fact]
    public void An_interval_near_the_end_of_time_does_not_overflow()
    {
        ReplayResult result = Trace().At(1000).Write(0).Run(InIova with { HarvestEvery = "9223372036.8547s" });
        Assert.Single(result.Harvests);
    }

    [Fact]
    public void A_trace_before_time_0_is_harvested_at_its_end()
    {
        ReplayResult result = new TraceBuilder().At(-5000).Attach(1).Map(0, Page).At(-1000).Write(0).RunAsItIs(InIova);
        HarvestRow row = Assert.Single(result.Harvests);
        Assert.Equal((-1000, 1, 4000), (row.BeginNs, row.Reported4K, result.DurationNs));
    }

    [Fact]
    public void A_trace_that_begins_late_is_not_waited_for_interval_by_interval()
    {
        // Of a clock that counts from 1970; with nothing to harvest before.
        const long Late = 1_795_397_068_875_468_000;
        ReplayResult result = new TraceBuilder().At(Late).Attach(1).Map(0, Page).After(100).Write(0).RunAsItIs(InIova with { HarvestEvery = "1us" });
        Assert.Equal(1, result.DistinctReported4K);
    }
}
