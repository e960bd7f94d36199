using CsCheck;
using Workbench.Replay.Checkpoints;
using Workbench.Replay.Policies;
using Workbench.Replay.Tests.Models;
using Workbench.Replay.Tests.Policies;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Checkpoints;

/// <summary>A replay that stops at a checkpoint and goes on is the replay that never stopped.</summary>
public class CheckpointTests
{
    private static readonly Gen<string> Trackers = Gen.OneOf("iommufd", "iommufd", "iommufd", "type1", "type1-pinned", "device-log", "mark-all", "footprint");
    private static readonly Gen<string> Unsound = Gen.OneOf("", "", "drop-dirty", "plain-store", "ignore-late", "no-flush", "flush-before", "free-early", "skip-break");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Stops at each of the events, goes on from a checkpoint of another object each time, and finishes.</summary>
    private static ReplayResult InPieces(Experiment experiment, ListTrace trace, out PageLog? pages, bool viaFile, params IEnumerable<int> stops)
    {
        Replayer replayer = Replayer.Begin(experiment, trace.Again(), new(), cancellation: Stop);
        foreach (int stop in stops)
        {
            replayer.Play(untilEvent: stop);
            Checkpoint checkpoint = Checkpoint.Of(replayer);
            replayer.Dispose();
            replayer = (viaFile ? ThroughFile(checkpoint) : checkpoint).Resume(trace.Again(), cancellation: Stop);
        }
        replayer.Play();
        ReplayResult result = replayer.Finish();
        pages = replayer.Pages;
        replayer.Dispose();
        return result;
    }

    private static Checkpoint ThroughFile(Checkpoint checkpoint)
    {
        string path = Path.GetTempFileName();
        try
        {
            checkpoint.Save(path);
            return Checkpoint.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void AssertSame(Experiment experiment, ListTrace trace, bool viaFile, params IEnumerable<int> stops)
    {
        PageLog expectedPages = new();
        ReplayResult? expected = null;
        string refused = "";
        try
        {
            expected = Replayer.Run(experiment, trace.Again(), expectedPages, cancellation: Stop);
        }
        catch (Exception e) when (e is TraceFormatException or ModelLimitException)
        {
            refused = e.Message;
        }
        if (expected is null)
        {
            Assert.Equal(refused, Assert.ThrowsAny<Exception>(() => InPieces(experiment, trace, out _, viaFile, stops)).Message);
            return;
        }
        ReplayResult actual = InPieces(experiment, trace, out PageLog? pages, viaFile, stops);
        DeterminismTests.AssertSame(expected, actual);
        Assert.Equal(expectedPages.Written, pages?.Written ?? []);
        Assert.Equal(expectedPages.Reported, pages?.Reported ?? []);
    }

    [Fact]
    public void Any_replay_of_any_vendor_goes_on_as_if_it_had_not_stopped() =>
        Gen.Select(PolicyCases.Sound, Unsound, Gen.Int[0, 60].Array[1, 3], PolicyCases.TailNs).Sample((c, unsound, stops, tail) =>
            AssertSame(c.Experiment with { Unsound = unsound }, PolicyCases.Trace(c.Steps, tailNs: tail), viaFile: false, stops.Order()), iter: 300, print: c => PolicyCases.Print(c.Item1) + string.Join(",", c.Item3));

    [Fact]
    public void Any_unruly_trace_with_any_tracker_goes_on_as_if_it_had_not_stopped() =>
        Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb), Trackers, Gen.Int[0, 60].Array[1, 3], Gen.OneOf("open", "open", "closed", "streaming"), Gen.OneOf(null, null, "5us")).Sample((steps, experiment, tracker, stops, loop, from) =>
        {
            experiment = experiment with { Tracker = tracker, Loop = loop, FromMark = from ?? experiment.FromMark };
            AssertSame(experiment, SmallTraces.Unruly(steps, experiment), viaFile: false, stops.Order());
        }, iter: 400);

    [Theory]
    [InlineData("smmu", 0)]
    [InlineData("smmu-s2", 4)]
    [InlineData("vtd", 4)]
    [InlineData("vtd-fs", 4)]
    [InlineData("amd-v2", 1)]
    public void Write_protection_goes_on_as_if_it_had_not_stopped(string model, int deviceTlb) =>
        Gen.Select(SmallTraces.Steps, Gen.Int[0, 60].Array[1, 3]).Sample((steps, stops) =>
        {
            Experiment experiment = InIova with { Iommu = model, DeviceTlb = deviceTlb, AddressBits = 48, Tracker = "write-protect", HarvestEvery = "3us", PageSize = "4K" };
            AssertSame(experiment, OrderlyTraces.Make(steps), viaFile: false, stops.Order());
        }, iter: 40);

    [Fact]
    public void A_checkpoint_in_a_file_is_the_same() =>
        Gen.Select(PolicyCases.Sound, Gen.Int[0, 60].Array[1, 2]).Sample((c, stops) => AssertSame(c.Experiment, PolicyCases.Trace(c.Steps), viaFile: true, stops.Order()), iter: 20);

    [Fact]
    public void A_replay_goes_on_after_its_checkpoint_was_made() =>
        Gen.Select(PolicyCases.Sound, Gen.Int[0, 40]).Sample((c, stop) =>
        {
            ListTrace trace = PolicyCases.Trace(c.Steps);
            ReplayResult expected = Replayer.Run(c.Experiment, trace.Again(), cancellation: Stop);
            using Replayer replayer = Replayer.Begin(c.Experiment, trace.Again(), cancellation: Stop);
            replayer.Play(untilEvent: stop);
            Checkpoint checkpoint = Checkpoint.Of(replayer);
            replayer.Play();
            DeterminismTests.AssertSame(expected, replayer.Finish());
            // From one checkpoint, twice.
            for (int i = 0; i < 2; i++)
            {
                using Replayer other = checkpoint.Resume(trace.Again(), cancellation: Stop);
                Assert.Equal(checkpoint.Info.Position, other.Position);
                other.Play();
                DeterminismTests.AssertSame(expected, other.Finish());
            }
        }, iter: 60);

    [Fact]
    public void A_fed_replay_goes_on_with_the_next_event() =>
        Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb), Gen.Int[0, 40]).Sample((steps, experiment, stop) =>
        {
            experiment = experiment with { FromMark = null };
            ListTrace trace = SmallTraces.Unruly(steps, experiment);
            ReplayResult expected = Replayer.Run(experiment, trace.Again(), cancellation: Stop);
            TraceEvent[] events = [.. trace.Events];
            using Replayer first = Replayer.Begin(experiment, trace.Again(), cancellation: Stop);
            first.Feed(events.AsSpan(0, Math.Min(stop, events.Length)));
            using Replayer second = Checkpoint.Of(first).Resume(trace.Again(), cancellation: Stop);
            second.Feed(events.AsSpan((int)second.Position));
            DeterminismTests.AssertSame(expected, second.Finish());
        }, iter: 100);

    [Fact]
    public void A_stop_at_a_time_stands_before_the_first_event_at_or_after_it()
    {
        ListTrace trace = Trace().At(1000).Write(0).At(2000).Write(0).Build();
        using Replayer replayer = Replayer.Begin(InIova, trace, cancellation: Stop);
        Assert.True(replayer.Play(untilNs: 2000));
        Assert.Equal((3, 1000), (replayer.Position, replayer.LastTimeNs));
        Assert.True(replayer.Play(untilNs: 2000));
        Assert.Equal(3, replayer.Position);
        Assert.False(replayer.Play(untilNs: 2001));
        Assert.Equal(4, replayer.Position);
    }

    [Fact]
    public void Policies_that_a_caller_made_are_refused_with_the_way_to_them()
    {
        using Replayer replayer = Replayer.Begin(InIova, Trace().At(1000).Write(0).Build(), newPolicies: static () => [new Own()], cancellation: Stop);
        replayer.Play();
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => Checkpoint.Of(replayer));
        Assert.Contains("leafWork", refused.Message, StringComparison.Ordinal);
        Assert.Contains("name them in the experiment", refused.Message, StringComparison.Ordinal);
    }

    private sealed class Own : ILeafPolicy;

    [Fact]
    public void A_trace_of_another_length_is_refused()
    {
        using Replayer replayer = Replayer.Begin(InIova, Trace().At(1000).Write(0).Build(), cancellation: Stop);
        replayer.Play(untilEvent: 2);
        Assert.Contains("of a trace of 3 events", Assert.Throws<TraceFormatException>(() => Checkpoint.Of(replayer).Resume(Trace().Build(), cancellation: Stop)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finished_replay_has_no_checkpoint()
    {
        using Replayer replayer = Replayer.Begin(InIova, Trace().Build(), cancellation: Stop);
        replayer.Play();
        replayer.Finish();
        Assert.Throws<InvalidOperationException>(() => Checkpoint.Of(replayer));
    }
}
