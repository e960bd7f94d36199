using CsCheck;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Native;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>The part of a trace between two times.</summary>
public class TimeWindowTests
{
    private static Experiment Window => InIova with { FromMark = "2us", ToMark = "9us" };

    [Fact]
    public void Accesses_before_the_window_are_not_replayed_and_maps_are()
    {
        ReplayResult result = Trace().At(100).Write(0).Read(0).Map(Large, Page).At(2000).Write(Large).At(3000).Read(Large).At(9000).Mark("end").RunAsItIs(Window);
        Assert.Equal((1, 1, 2, 7000), (result.DistinctTrue4K, result.ReportedDirty4K, result.Accesses, result.DurationNs));
        Assert.Equal((1, 1, 0), (result.Counters.IotlbHits, result.Counters.IotlbMisses, result.Counters.Faults));
        // Attach, two maps, and what is inside; the end itself is outside.
        Assert.Equal(5, result.Events);
    }

    [Fact]
    public void The_window_begins_with_its_first_nanosecond_and_ends_before_its_last()
    {
        ReplayResult result = Trace().At(1999).Write(0).At(2000).Read(0).At(8999).Read(0).At(9000).Write(0).RunAsItIs(Window);
        Assert.Equal((2, 0UL, 0), (result.Accesses, result.BytesWritten, result.DistinctTrue4K));
    }

    [Fact]
    public void Times_count_from_the_first_event()
    {
        ReplayResult result = new TraceBuilder().At(-5000).Attach(1).Map(0, Page).At(-3001).Write(0).At(-3000).Write(0, 10).At(3999).Write(0, 20).At(4000).Write(0).RunAsItIs(Window);
        Assert.Equal((30UL, 7000), (result.BytesWritten, result.DurationNs));
    }

    [Fact]
    public void A_warm_up_follows_the_beginning_of_the_window()
    {
        ReplayResult result = Trace().At(1999).Write(0).At(2000).Write(0).At(4999).Write(0).At(5000).Read(0, 7).At(9000).Mark("end").RunAsItIs(Window with { WarmUp = "3us" });
        Assert.Equal((1, 7UL, 0UL, 4000), (result.Accesses, result.BytesRead, result.BytesWritten, result.DurationNs));
        Assert.Equal((0, 1), (result.Counters.IotlbHits, result.Counters.IotlbMisses));
    }

    [Fact]
    public void A_text_that_reads_as_a_time_is_one_unless_it_is_called_a_mark()
    {
        TraceBuilder trace = Trace().At(1000).Mark("2us").Write(0, 1).At(2000).Write(0, 2).At(3000).Mark("end").Write(0, 4);
        Assert.Equal(2UL, trace.RunAsItIs(InIova with { FromMark = "2us", ToMark = "end" }).BytesWritten);
        Assert.Equal(3UL, trace.RunAsItIs(InIova with { FromMark = "mark:2us", ToMark = "mark:end" }).BytesWritten);
        Assert.Equal(1UL, trace.RunAsItIs(InIova with { FromMark = "mark:2us", ToMark = "2us" }).BytesWritten);
    }

    [Fact]
    public void From_0_is_from_the_beginning()
    {
        TraceBuilder trace = Trace().At(1000).Write(0).At(2000).Write(0);
        DeterminismTests.AssertSame(trace.RunAsItIs(InIova), trace.RunAsItIs(InIova with { FromMark = "0" }));
    }

    [Fact]
    public void A_window_beyond_the_end_of_the_trace_is_refused()
    {
        Assert.Contains("tracking never began", Assert.Throws<TraceFormatException>(() => Trace().At(1000).Write(0).RunAsItIs(InIova with { FromMark = "2us" })).Message, StringComparison.Ordinal);
        Assert.Contains("before the device is to stop at 9us", Assert.Throws<TraceFormatException>(() => Trace().At(3000).Write(0).RunAsItIs(Window)).Message, StringComparison.Ordinal);
        Assert.Contains("did not come before the time 1us", Assert.Throws<TraceFormatException>(() => Trace().At(3000).Mark("late").RunAsItIs(InIova with { FromMark = "late", ToMark = "1us" })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5us", "4us", "0")]
    [InlineData("5us", "5us", "0")]
    [InlineData("1us", "4us", "3us")]
    [InlineData(null, "4us", "4us")]
    public void A_window_that_ends_before_tracking_begins_is_a_problem(string? from, string to, string warmUp) =>
        Assert.Contains(new Experiment { FromMark = from, ToMark = to, WarmUp = warmUp }.Validate(), p => p.Contains("before tracking begins", StringComparison.Ordinal));

    [Fact]
    public void A_slice_is_the_replay_of_the_trace_without_the_accesses_before_and_everything_after_it() =>
        Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb), Gen.Long[0, 30_000], Gen.Long[1, 40_000], Gen.OneOf("open", "closed", "streaming"), Gen.Int[1, 9]).Sample((steps, experiment, from, length, loop, mostAtOnce) =>
        {
            experiment = experiment with { FromMark = $"{from}ns", Loop = loop };
            ListTrace trace = SmallTraces.Unruly(steps, experiment);
            long first = trace.Events[0].TimeNs, last = trace.Events[^1].TimeNs;
            if (last - first < from) return;
            // A mark stands for the end, so that the shortened trace ends when the slice does.
            TraceEvent[] inside = [.. trace.Events.Where((e, i) => i == 0 || !(e.IsAccess && e.TimeNs < first + from))];
            bool isCut = loop == "open" && last - first >= from + length;
            if (isCut) inside = [.. inside.Where(e => e.TimeNs < first + from + length), TraceEvent.Mark(first + from + length, 0)];
            Experiment sliced = isCut ? experiment with { ToMark = $"{from + length}ns" } : experiment;
            if (trace.Events[0].IsAccess && from > 0) return;
            ListTrace shorter = new(inside, ["begin"], trace.Provenance, mostAtOnce);
            DeterminismTests.AssertSame(Play(sliced, shorter), Play(sliced, trace));
            if (from > 0 || loop != "open") return;
            DeterminismTests.AssertSame(Play(experiment with { FromMark = null }, trace.Again()), Play(experiment, trace.Again()));
        }, iter: 600);

    private static ReplayResult Play(Experiment experiment, ListTrace trace) => Replayer.Run(experiment, trace, cancellation: TestContext.Current.CancellationToken);

    [Fact]
    public void Blocks_without_table_changes_before_the_window_are_not_decoded_and_nothing_else_changes()
    {
        TraceBuilder builder = Trace();
        // Four blocks of 65,536 events; the second has a map.
        for (int i = 0; i < 250_000; i++)
        {
            builder.After(10).Write(0, 8);
            if (i == 70_000) builder.Map(Large, Page).Mark("in the second block");
            if (i > 200_000 && i % 3 == 0) builder.Write(Large, 8);
        }
        Experiment window = InIova with { FromMark = "2300us", ToMark = "2400us", HarvestEvery = "30us" };
        MemoryStream file = new();
        using (DmatWriter writer = new(file, leaveOpen: true))
        {
            writer.AddText("in the second block");
            writer.Append(builder.Events.ToArray());
            writer.Complete(builder.Provenance);
        }
        using DmatReader reader = DmatReader.Open(file, "t.dmat");
        ReplayResult sliced = Replayer.Run(window, new DmatSource(reader), cancellation: TestContext.Current.CancellationToken);
        DeterminismTests.AssertSame(builder.RunAsItIs(window), sliced);
        Assert.Equal(65_536, reader.PassedOver);
        Assert.Equal((2, 13_333), (sliced.DistinctTrue4K, sliced.Accesses));
    }
}
