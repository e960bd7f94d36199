using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>Whose invalidations follow the unmaps of the iova view.</summary>
public class InvalidationTests
{
    private static TraceBuilder UnmapThenRead() => Trace().At(1000).Read(0).At(2000).Unmap(0, Page);

    [Fact]
    public void A_trace_without_invalidations_is_replayed_strictly()
    {
        ReplayResult result = UnmapThenRead().At(3000).Read(0).Run(InIova);
        Assert.Equal((1, 1), (result.Counters.Faults, result.Counters.EntriesInvalidated));
    }

    [Fact]
    public void Recorded_invalidations_are_issued_when_they_were()
    {
        ReplayResult result = new TraceBuilder().Attach(1).InvalidateAll().Map(0, Page).At(1000).Read(0).At(2000).Unmap(0, Page)
            .At(3000).Read(0).At(4000).Invalidate(1, 0, Page).At(5000).Read(0).Run(InIova);
        Assert.Equal((1, 1, 1), (result.Counters.IotlbHits, result.Counters.Faults, result.Counters.EntriesInvalidated));
    }

    [Fact]
    public void Strict_ignores_recorded_invalidations_and_follows_each_unmap_with_its_own()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).InvalidateAll().Map(0, Page).At(1000).Read(0).At(1500).InvalidateAll().At(1600).Read(0).At(2000).Unmap(0, Page).At(3000).Read(0);
        ReplayResult result = trace.Run(InIova with { Invalidations = InvalidationSource.Strict });
        Assert.Equal((1, 1, 1), (result.Counters.IotlbHits, result.Counters.Faults, result.Counters.EntriesInvalidated));
    }

    [Fact]
    public void An_invalidation_of_a_domain_reaches_that_domain_only()
    {
        TraceBuilder trace = Trace().By(Second).Attach(2).Map(0, Page).At(1000).Read(0).By(First).Read(0).At(2000).InvalidateDomain(2).At(3000).Read(0).By(Second).Read(0);
        ReplayResult result = trace.Run(InIova);
        Assert.Equal((1, 3, 1), (result.Counters.IotlbHits, result.Counters.IotlbMisses, result.Counters.EntriesInvalidated));
    }

    [Fact]
    public void An_invalidation_of_a_domain_that_nobody_was_attached_to_leaves_the_replay_strict()
    {
        // Without attaches nobody can tell whose domain 1 is: taking the trace at its word would leave stale entries for good.
        ReplayResult result = new TraceBuilder().Map(0, Page).At(1000).Read(0).InvalidateDomain(1).At(2000).Unmap(0, Page).Invalidate(1, 0, Page).At(3000).Read(0).Run(InIova);
        Assert.Equal((1, 1), (result.Counters.Faults, result.Counters.EntriesInvalidated));
    }

    [Fact]
    public void A_freed_table_is_invalidated_whatever_the_trace_says()
    {
        ReplayResult result = new TraceBuilder().Attach(1).InvalidateAll().Map(0, Large, 0x1000).At(1000).Read(0).At(2000).Unmap(0, Large).At(3000).Read(0).Run(InIova);
        Assert.Equal((1, 1), (result.Counters.Faults, result.Counters.EntriesInvalidated));
    }

    [Fact]
    public void A_write_through_an_entry_whose_page_was_unmapped_is_missed_and_says_why()
    {
        // Deferred invalidation: after the next harvest the page is gone, but the device still writes to it.
        ReplayResult result = new TraceBuilder().Attach(1).InvalidateAll().Map(0, Page).At(1000).Write(0).At(2000).Unmap(0, Page).At(FlushEnd + 5).Write(0).Run(InIova);
        MissedPage missed = Assert.Single(result.MissedPages);
        Assert.Equal((FlushEnd + 5, First), (missed.TimeNs, missed.Device));
        Assert.Contains("unmapped", missed.Cause, StringComparison.Ordinal);
    }
}
