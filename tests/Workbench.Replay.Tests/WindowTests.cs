using Workbench.Testing;
using Workbench.Traces;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>The part of a trace between two marks.</summary>
public class WindowTests
{
    private static Experiment Window => InIova with { FromMark = "from", ToMark = "to" };

    [Fact]
    public void What_happened_before_the_first_mark_is_not_counted()
    {
        ReplayResult result = Trace().At(100).Write(0, 100).Write(Large).Read(0, 50).At(2000).Mark("from").At(3000).Read(0, 10).At(9000).Mark("to").RunAsItIs(Window);
        Assert.Equal((0, 0, 0), (result.DistinctTrue4K, result.ReportedDirty4K, result.Missed4K));
        Assert.Equal((0UL, 10UL, 1, 7000), (result.BytesWritten, result.BytesRead, result.Accesses, result.DurationNs));
        Assert.Equal((0, 1, 0), (result.Counters.IotlbHits, result.Counters.IotlbMisses, result.Counters.Faults));
        Assert.Empty(result.FirstFaults);
        Assert.Equal([(9000, 10UL)], result.Harvests.Select(h => (h.BeginNs, h.BytesRead)));
    }

    [Fact]
    public void Mappings_made_before_the_first_mark_stay()
    {
        ReplayResult result = Trace().At(100).Write(0).At(2000).Mark("from").At(3000).Write(0).At(9000).Mark("to").RunAsItIs(Window);
        Assert.Equal((1, 1, 0, 1), (result.DistinctTrue4K, result.ReportedDirty4K, result.Missed4K, result.Counters.DirtyUpdates));
    }

    [Fact]
    public void A_page_unmapped_before_the_first_mark_is_not_reported()
    {
        ReplayResult result = Trace().At(100).Write(0).Unmap(0, Page).At(2000).Mark("from").At(9000).Mark("to").RunAsItIs(Window);
        Assert.Equal(0, result.ReportedDirty4K);
    }

    [Fact]
    public void Nothing_after_the_second_mark_is_replayed()
    {
        ReplayResult result = Trace().Mark("from").At(1000).Mark("to").Write(0).At(5_000_000).Write(0).RunAsItIs(Window);
        Assert.Equal((0, 1, 4, 1000), (result.Accesses, result.Harvests.Count, result.Events, result.DurationNs));
    }

    [Fact]
    public void Harvests_are_counted_from_the_first_mark()
    {
        ReplayResult result = Trace().At(777).Mark("from").At(2_100_000).Mark("to").RunAsItIs(Window);
        Assert.Equal([1_000_777, 2_000_777, 2_100_000], result.Harvests.Select(h => h.BeginNs));
    }

    [Fact]
    public void Time_before_0_is_time_like_any_other()
    {
        ReplayResult result = new TraceBuilder().At(-9000).Map(0, Page).At(-5000).Mark("from").Write(0).At(-1000).Mark("to").RunAsItIs(Window);
        Assert.Equal((4000, 1), (result.DurationNs, result.ReportedDirty4K));
    }

    [Fact]
    public void The_second_mark_counts_only_after_the_first()
    {
        ReplayResult result = Trace().Mark("to").At(1000).Mark("from").Write(0).At(2000).Mark("to").RunAsItIs(Window);
        Assert.Equal(1, result.DistinctTrue4K);
    }

    [Fact]
    public void One_text_for_both_marks_is_its_first_and_second_occurrence()
    {
        ReplayResult result = Trace().At(1000).Mark("same").Write(0).At(2000).Mark("same").Write(0).At(3000).Mark("same").RunAsItIs(Window with { FromMark = "same", ToMark = "same" });
        Assert.Equal((1, 1000), (result.Accesses, result.DurationNs));
    }

    [Fact]
    public void A_missing_first_mark_is_refused_by_name()
    {
        TraceFormatException refused = Assert.Throws<TraceFormatException>(() => Trace().Mark("to").RunAsItIs(Window));
        Assert.Contains("no mark 'from'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_second_mark_is_refused_by_name()
    {
        TraceFormatException refused = Assert.Throws<TraceFormatException>(() => Trace().Mark("to").Mark("from").RunAsItIs(Window));
        Assert.Contains("no mark 'to' after", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_without_events_has_no_harvest()
    {
        ReplayResult result = new TraceBuilder().RunAsItIs(InIova);
        Assert.Equal((0, 0), (result.Events, result.Harvests.Count));
    }
}
