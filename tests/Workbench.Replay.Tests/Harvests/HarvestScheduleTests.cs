using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Harvests;

/// <summary>When harvests begin and end: schedules, threads, contention and pieces.</summary>
public class HarvestScheduleTests
{
    private const long Scan = ScanEndClean - Begin;

    /// <summary>The same page in two domains.</summary>
    private static TraceBuilder TwoDomains() => Trace().By(Second).Attach(2).Map(0, Page);

    [Fact]
    public void As_fast_as_it_goes_begins_after_a_breath_and_then_at_each_end()
    {
        ReplayResult result = Trace().At(20_000).Mark("end").RunAsItIs(InIova with { HarvestEvery = "asap" });
        Assert.Equal([(1000, 8680), (8680, 16_360), (16_360, 24_040), (24_040, 31_720)], result.Harvests.Select(h => (h.BeginNs, h.EndNs)));
    }

    [Theory]
    [InlineData("adaptive:10us-1s", 10_000, 10_000 + (20 * Scan))]
    [InlineData("adaptive:10us-153600ns", 10_000, 10_000 + 153_600)]
    [InlineData("adaptive:10us-153599ns", 10_000, 10_000 + 153_599)]
    [InlineData("adaptive:153600ns-1s", 153_600, 307_200)]
    [InlineData("adaptive:153601ns-1s", 153_601, 307_202)]
    public void Adaptive_waits_twenty_times_as_long_as_a_harvest_takes_within_its_bounds(string every, long first, long second) =>
        Assert.Equal([first, second], Trace().Run(InIova with { HarvestEvery = every }).Harvests.Take(2).Select(h => h.BeginNs));

    [Theory]
    [InlineData("asap-1s")]
    [InlineData("adaptive:1s")]
    [InlineData("adaptive:2s-1s")]
    [InlineData("adaptive:0-1s")]
    [InlineData("-1s")]
    public void What_is_no_schedule_is_refused(string every) => Assert.NotEmpty((InIova with { HarvestEvery = every }).Validate());

    [Theory]
    [InlineData(1, 2 * Scan)]
    [InlineData(2, Scan)]
    [InlineData(64, Scan)]
    public void Threads_harvest_domains_at_the_same_time(int threads, long takes)
    {
        HarvestRow row = TwoDomains().Run(InIova with { HarvestThreads = threads }).Harvests[0];
        Assert.Equal((Begin, Begin + takes, 2 * 1536), (row.BeginNs, row.EndNs, row.EntriesScanned));
    }

    // Profile "assumed": each other thread that harvests makes an invalidation of 1000 ns dearer by a quarter.
    [Theory]
    [InlineData(1, 2 * (Scan + 15 + 1000))]
    [InlineData(2, Scan + 15 + 1250)]
    public void Invalidations_at_the_same_time_hinder_each_other(int threads, long takes)
    {
        ReplayResult result = TwoDomains().By(First).At(1000).Write(0).By(Second).Write(0).Run(InIova with { HarvestThreads = threads });
        Assert.Equal((Begin + takes, 2), (result.Harvests[0].EndNs, result.Harvests[0].EntriesCleared));
    }

    [Fact]
    public void A_thread_that_has_ended_hinders_nobody()
    {
        ReplayResult result = TwoDomains().By(Second).At(1000).Write(0).Run(InIova with { HarvestThreads = 2 });
        Assert.Equal(Begin + Scan + 15 + 1000, result.Harvests[0].EndNs);
    }

    // The first piece of 2 MiB is one table behind two entries; its page is clean again for good when its own invalidation has completed.
    [Theory]
    [InlineData(Begin + (514 * 5) + 15 + 1000 - 1, 0)]
    [InlineData(Begin + (514 * 5) + 15 + 1000, 1)]
    public void A_piece_is_invalidated_before_the_next_is_looked_at(long timeNs, long reportedAgain)
    {
        TraceBuilder trace = Trace().Map(Large, Page).At(1000).Write(0).Write(Large).At(timeNs).Write(0);
        ReplayResult result = trace.Run(InIova with { Flush = FlushStrategy.PerChunk, FlushChunk = "2M" });
        Assert.Equal((2, 2, reportedAgain), (result.Harvests[0].RangeInvalidations, result.Harvests[0].Reported4K, result.Harvests[1].Reported4K));
        Assert.Equal((0, 0), (result.Missed4K, trace.Run(InIova).Harvests[1].Reported4K));
    }

    [Theory]
    [InlineData("2M", 2)]
    [InlineData("4M", 1)]
    [InlineData("4K", 2)]
    public void Pieces_without_dirt_are_not_invalidated(string chunk, long invalidations)
    {
        TraceBuilder trace = Trace().Map(Page, Page).Map(Large, Page).Map(Huge, Page).At(1000).Write(0).Write(Large);
        Assert.Equal(invalidations, trace.Run(InIova with { Flush = FlushStrategy.PerChunk, FlushChunk = chunk }).Harvests[0].RangeInvalidations);
    }

    // After the last clear the copy is made, then 1000 ns pass until the invalidation has completed.
    [Theory]
    [InlineData(ScanEnd - 1, 0)]
    [InlineData(ScanEnd, 1)]
    [InlineData(FlushEnd - 1, 1)]
    [InlineData(FlushEnd, 0)]
    public void A_page_copied_before_the_invalidation_has_completed_lacks_what_is_written_until_then(long timeNs, long missed)
    {
        ReplayResult result = Trace().At(1000).Write(0).At(timeNs).Write(0).Run(InIova with { Flush = FlushStrategy.AfterCopy });
        Assert.Equal(missed, result.Missed4K);
        Assert.All(result.MissedPages, m => Assert.Equal((timeNs, First), (m.TimeNs, m.Device)));
        Assert.All(result.MissedPages, m => Assert.Contains("copied before the harvest's invalidation had completed", m.Cause, StringComparison.Ordinal));
    }
}
