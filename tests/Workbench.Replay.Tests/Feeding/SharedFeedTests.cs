using CsCheck;
using Workbench.Replay.Feeding;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Feeding;

public class SharedFeedTests
{
    private static ListTrace Writes(int events)
    {
        TraceBuilder trace = Small.Trace().Map(Small.Page, 63 * Small.Page);
        while (trace.Events.Count < events)
            if (trace.Events.Count == events / 2) trace.Mark("half");
            else trace.After(40).Write((ulong)(trace.Events.Count % 67) * 4000, 64);
        return trace.Build(10);
    }

    private static IReadOnlyList<FedReplay> Run(Func<ITraceSource> open, IReadOnlyList<Experiment> experiments, int threads, int blockEvents = 16, Action<int, FedReplay>? done = null, Action<long>? progress = null) =>
        SharedFeed.Run(open, experiments, threads, blockEvents, done, progress, TestContext.Current.CancellationToken);

    [Fact]
    public void Every_replay_counts_what_it_counts_alone_whatever_the_number_of_threads() =>
        Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb).Array[1, 6], Gen.Int[1, 4], Gen.Int[1, 20], Gen.Int[0, 3]).Sample((steps, experiments, threads, blockEvents, closed) =>
        {
            ListTrace trace = SmallTraces.Unruly(steps, experiments[0]);
            if (closed == 0) experiments[^1] = experiments[^1] with { Loop = "closed" };
            IReadOnlyList<FedReplay> fed = Run(trace.Again, experiments, threads, blockEvents);
            for (int i = 0; i < experiments.Length; i++)
            {
                FedReplay alone;
                try
                {
                    alone = new(Replayer.Run(experiments[i], trace.Again(), cancellation: TestContext.Current.CancellationToken), null);
                }
                catch (Exception e) when (e is TraceFormatException or NotSupportedException or InsufficientMemoryException)
                {
                    alone = new(null, e);
                }
                Assert.Equal(alone.Failure?.Message, fed[i].Failure?.Message);
                if (alone.Result is { } expected) Same.Result(expected, Assert.IsType<ReplayResult>(fed[i].Result));
            }
        }, iter: 300);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void One_that_fails_and_one_that_wants_no_more_leave_the_others_alone(int threads)
    {
        ListTrace trace = Writes(2000);
        Experiment sound = Small.InIova;
        List<(int, bool)> told = [];
        IReadOnlyList<FedReplay> fed = Run(trace.Again, [sound, sound with { DirtyOrder = "may-lag" }, sound with { ToMark = "half" }, sound with { FromMark = "nowhere" }, sound with { Iommu = "amd", AddressBits = 48 }], threads,
            done: (i, outcome) => told.Add((i, outcome.Result is not null)));
        Same.Result(Replayer.Run(sound, trace.Again(), cancellation: TestContext.Current.CancellationToken), fed[0].Result!);
        Assert.IsType<ModelLimitException>(fed[1].Failure);
        Assert.Equal(1001, fed[2].Result!.Events);
        Assert.Contains("no mark 'nowhere'", fed[3].Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(2000, fed[4].Result!.Events);
        Assert.Equal([(0, true), (1, false), (2, true), (3, false), (4, true)], told.Order());
    }

    [Fact]
    public void A_broken_trace_fails_those_that_come_to_the_place()
    {
        ListTrace trace = Writes(2000);
        TraceFormatException failure = new("the trace is broken");
        FailingSource? source = null;
        IReadOnlyList<FedReplay> fed = Run(() => source = new(trace.Again(), failure), [Small.InIova, Small.InIova with { ToMark = "half" }], 2);
        Assert.Same(failure, fed[0].Failure);
        Assert.Equal(1001, fed[1].Result!.Events);
        Assert.True(source!.IsDisposed);
    }

    [Fact]
    public void A_trace_is_read_once_and_progress_comes_to_all_events()
    {
        ListTrace trace = Writes(2000);
        int opened = 0;
        List<long> told = [];
        Run(() =>
        {
            opened++;
            return trace.Again();
        }, [.. Enumerable.Repeat(Small.InIova, 6)], 3, progress: told.Add);
        Assert.Equal(1, opened);
        Assert.Equal(6 * 2000, told[^1]);
        Assert.Equal(told.Order(), told);
    }

    [Fact]
    public void A_slow_replay_holds_the_reading_back()
    {
        FailingSource? source = null;
        long most = 0;
        Run(() => source = new(Writes(4000)), [Small.InIova], 2, progress: events =>
        {
            // The other thread has time enough to read everything, and must not.
            if (events < 100) Thread.Sleep(100);
            most = Math.Max(most, source!.EventsGiven - events);
        });
        // Eight blocks of 16 events, each filled up to a whole span of 10.
        Assert.InRange(most, 1, 8 * 20);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_the_caller_throws_ends_all_and_reaches_him(int threads)
    {
        InvalidOperationException full = new("the disk is full");
        Assert.Same(full, Assert.Throws<InvalidOperationException>(() => Run(Writes(2000).Again, [.. Enumerable.Repeat(Small.InIova, 6)], threads, done: (_, _) => throw full)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Cancelling_ends_all(int threads)
    {
        using CancellationTokenSource stop = new();
        FailingSource? source = null;
        Assert.ThrowsAny<OperationCanceledException>(() => SharedFeed.Run(() => source = new(Writes(20_000)), [Small.InIova, Small.InIova with { Loop = "closed" }, Small.InIova], threads, 16, null, events =>
        {
            if (events > 3000) stop.Cancel();
        }, stop.Token));
        Assert.True(source!.IsDisposed);
    }
}
