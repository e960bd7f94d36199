using CsCheck;
using Workbench.Replay.Feeding;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Feeding;

public class ReadAheadTests
{
    /// <summary>So many events: writes, and a mark after every 1000 of them.</summary>
    private static ListTrace Long(int events, int mostAtOnce)
    {
        TraceBuilder trace = Small.Trace().Map(Small.Page, 63 * Small.Page);
        while (trace.Events.Count < events)
            if (trace.Events.Count % 1000 == 999) trace.Mark($"mark {trace.Events.Count}");
            else trace.After(40).Write((ulong)(trace.Events.Count % 67) * 4000, 64);
        return trace.Build(mostAtOnce);
    }

    private static List<(TraceEvent Event, string? Text)> Read(ITraceSource source)
    {
        List<(TraceEvent Event, string? Text)> all = [];
        for (ReadOnlySpan<TraceEvent> next; !(next = source.Next()).IsEmpty;)
            foreach (TraceEvent e in next) all.Add((e, e.Kind == EventKind.Mark ? source.TextOf(e) : null));
        return all;
    }

    private static void ReadAll(ITraceSource source, ref long read)
    {
        for (int got; (got = source.Next().Length) > 0;) read += got;
    }

    [Fact]
    public void Reading_ahead_gives_the_same_events_and_texts() =>
        Gen.Select(Gen.Int[0, 70_000], Gen.OneOf(Gen.Const(1), Gen.Int[1, 9000], Gen.Const(1_000_000)), Gen.Bool).Sample((events, mostAtOnce, fills) =>
        {
            ListTrace trace = Long(events, mostAtOnce);
            // So few blocks that each is filled several times.
            using ReadAhead ahead = new(fills ? new FillingSource(trace, 1024) : new FailingSource(trace), blocks: 8);
            Assert.Equal(Read(trace.Again()), Read(ahead));
            Assert.True(ahead.Next().IsEmpty);
        }, iter: 30);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(40_000)]
    public void A_failure_comes_after_the_events_before_it_and_again(int events)
    {
        TraceFormatException failure = new("the trace is broken");
        ListTrace trace = Long(events, 100);
        foreach (FailingSource source in (FailingSource[])[new FailingSource(trace.Again(), failure), new FillingSource(trace.Again(), 64, failure)])
        {
            using ReadAhead ahead = new(source);
            long read = 0;
            Exception thrown = Assert.Throws<TraceFormatException>(() => ReadAll(ahead, ref read));
            Assert.Same(failure, thrown);
            Assert.Equal(trace.EventCount, read);
            Assert.Same(failure, Assert.Throws<TraceFormatException>(() => ahead.Next().Length));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    public void No_thread_is_left_wherever_it_is_disposed(int spans)
    {
        FailingSource source = new(Long(60_000, 500));
        ReadAhead ahead = new(source);
        for (int i = 0; i < spans; i++) ahead.Next();
        ahead.Dispose();
        Assert.Equal(spans > 0, source.Reader is not null);
        Assert.False(source.Reader?.IsAlive ?? false);
        Assert.NotSame(Thread.CurrentThread, source.Reader);
        Assert.Throws<ObjectDisposedException>(() => ahead.Next().Length);
    }

    [Fact]
    public void A_damaged_file_is_refused_with_the_same_words_after_the_same_events()
    {
        MemoryStream bytes = new();
        using (DmatWriter writer = new(bytes, leaveOpen: true))
        {
            foreach ((TraceEvent e, _) in Read(Long(200_000, 4096)).Where(e => e.Event.Kind != EventKind.Mark)) writer.Append([e]);
            writer.Complete(new());
        }
        long second;
        using (DmatReader whole = DmatReader.Open(bytes, "t", leaveOpen: true)) second = whole.Blocks[1].FileOffset;
        bytes.GetBuffer()[second + 100] ^= 1;
        (long Events, string Message) failed(bool isAhead)
        {
            using DmatReader reader = DmatReader.Open(bytes, "t", leaveOpen: true);
            using ReadAhead? ahead = isAhead ? new(new DmatSource(reader)) : null;
            ITraceSource source = ahead ?? (ITraceSource)new DmatSource(reader);
            long read = 0;
            Exception thrown = Assert.Throws<TraceFormatException>(() => ReadAll(source, ref read));
            return (read, thrown.Message);
        }
        Assert.Equal(failed(false), failed(true));
        Assert.Contains("block 1 ", failed(true).Message, StringComparison.Ordinal);
        Assert.Equal(65_536, failed(true).Events);
    }

    [Fact]
    public void A_replay_that_reads_ahead_counts_the_same() =>
        Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb)).Sample((steps, experiment) =>
        {
            ListTrace trace = SmallTraces.Unruly(steps, experiment);
            using ReadAhead ahead = new(trace.Again());
            Same.Result(Replayer.Run(experiment, trace, cancellation: TestContext.Current.CancellationToken), Replayer.Run(experiment, ahead, cancellation: TestContext.Current.CancellationToken));
        }, iter: 50);

    [Fact]
    public void Short_traces_and_single_processors_are_left_as_they_are()
    {
        Assert.Null(ReadAhead.IfWorthwhile(Long(131_072, 100), 2));
        Assert.Null(ReadAhead.IfWorthwhile(Long(131_073, 100), 1));
        using ReadAhead? ahead = ReadAhead.IfWorthwhile(Long(131_073, 100), 2);
        Assert.NotNull(ahead);
    }
}
