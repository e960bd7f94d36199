using CsCheck;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>What each flush strategy promises, and how the unsound ones lose pages.</summary>
public class SoundnessTests
{
    // More accesses than in traces at large: half the verbs of an orderly trace are writes.
    private static readonly Gen<(SmallTraces.Step[] Steps, Experiment Experiment)> Cases = Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb));

    private static ReplayResult Replay(SmallTraces.Step[] steps, Experiment experiment) =>
        Replayer.Run(experiment with { FromMark = null }, OrderlyTraces.Make(steps), cancellation: TestContext.Current.CancellationToken);

    private static string Print((SmallTraces.Step[] Steps, Experiment Experiment) c) => c.Experiment + Environment.NewLine + string.Join(Environment.NewLine, OrderlyTraces.Make(c.Steps).Events);

    [Fact]
    public void With_the_invalidation_after_the_clear_no_orderly_trace_loses_a_page() => Gen.Select(Cases, Gen.OneOf(FlushStrategy.After, FlushStrategy.PerRun, FlushStrategy.PerChunk, FlushStrategy.PerPage, FlushStrategy.Domain),
        Gen.OneOf("4K", "8K", "2M", "1G"), Gen.Int[1, 3], Gen.OneOf("", "asap", "adaptive:2us-40us")).Sample((c, flush, chunk, threads, every) =>
    {
        ReplayResult result = Replay(c.Steps, c.Experiment with { Flush = flush, FlushChunk = chunk, HarvestThreads = threads, HarvestEvery = every == "" || c.Experiment.AtomicHarvest ? c.Experiment.HarvestEvery : every });
        Assert.Equal(0, result.Missed4K);
        Assert.All(result.Harvests, row => Assert.Equal(0, row.Missed4K));
        Assert.Equal(0, result.Counters.Faults);
    }, iter: 1000, print: c => $"{c.Item2} {c.Item3} {c.Item4} {c.Item5} " + Print(c.Item1));

    [Fact]
    public void With_an_early_invalidation_and_atomic_harvests_no_orderly_trace_loses_a_page() => Cases.Sample(c =>
    {
        ReplayResult result = Replay(c.Steps, c.Experiment with { Flush = FlushStrategy.Before, AtomicHarvest = true });
        Assert.Equal(0, result.Missed4K);
    }, iter: 500, print: Print);

    [Fact]
    public void Without_invalidation_every_lost_page_of_an_orderly_trace_has_a_time_a_device_and_a_cause() => Cases.Sample(c =>
    {
        ReplayResult result = Replay(c.Steps, c.Experiment with { Flush = FlushStrategy.None });
        Assert.Equal(result.Missed4K, result.MissedPages.Count);
        Assert.All(result.MissedPages, m => Assert.True(m.TimeNs >= 0 && m.Device.Value != 0 && m.Cause.Contains("did not invalidate", StringComparison.Ordinal), m.ToString()));
    }, iter: 500, print: Print);

    [Fact]
    public void Without_invalidation_a_page_written_in_every_interval_is_lost() => Gen.Select(Gen.Long[1, 8], Gen.Int[1, 8], Gen.Int[0, 20]).Sample((perInterval, intervals, phase) =>
    {
        TraceBuilder trace = Trace().At(1000).Write(0);
        for (long i = 0; i < intervals * perInterval; i++) trace.At(FlushEnd + phase + (i * Begin / perInterval)).Write(0);
        MissedPage missed = Assert.Single(trace.Run(InIova with { Flush = FlushStrategy.None, Iotlb = "1x1024" }).MissedPages);
        Assert.Equal((0UL, FlushEnd + phase + (((intervals * perInterval) - 1) * Begin / perInterval), First), (missed.Page, missed.TimeNs, missed.Device));
        Assert.Contains("did not invalidate", missed.Cause, StringComparison.Ordinal);
    });

    [Fact]
    public void Without_invalidation_an_evicted_entry_loses_nothing()
    {
        TraceBuilder trace = Trace().Map(Page, Page).At(1000).Write(0).At(FlushEnd).Read(Page).Write(0);
        Assert.Equal(0, trace.Run(InIova with { Flush = FlushStrategy.None, Iotlb = "1x1" }).Missed4K);
    }

    // The early invalidation completes 1000 ns after the harvest began; from then on the scan runs.
    [Theory]
    [InlineData(Begin + 999, 0)]
    [InlineData(Begin + 1000, 1)]
    [InlineData(LooksAtPage0 + 999, 1)]
    [InlineData(LooksAtPage0 + 1000, 0)]
    public void A_write_between_an_early_invalidation_and_the_clear_makes_later_writes_lost(long timeNs, long missed)
    {
        TraceBuilder trace = Trace().At(1000).Write(0).At(timeNs).Write(0).At(FlushEnd + 10_000).Write(0);
        ReplayResult result = trace.Run(InIova with { Flush = FlushStrategy.Before });
        Assert.Equal(missed, result.Missed4K);
        Assert.All(result.MissedPages, m => Assert.Equal((FlushEnd + 10_000, First), (m.TimeNs, m.Device)));
        Assert.All(result.MissedPages, m => Assert.Contains("before its clear", m.Cause, StringComparison.Ordinal));
        Assert.Equal(0, trace.Run(InIova with { Flush = FlushStrategy.Before, AtomicHarvest = true }).Missed4K);
    }

    [Fact]
    public void The_last_row_misses_what_the_result_misses()
    {
        ReplayResult result = Trace().At(1000).Write(0).At(FlushEnd).Write(0).Run(InIova with { Flush = FlushStrategy.None });
        Assert.Equal((1, 1), (result.Missed4K, result.Harvests[^1].Missed4K));
    }

    [Fact]
    public void All_missed_pages_are_counted_and_the_first_ten_thousand_listed()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 10_001 * Page, 0x1000);
        foreach (long at in new[] { 1000, 900_000 + Begin }) trace.At(at).Write(0, 10_001 * Page);
        ReplayResult result = trace.At(2_000_000).Mark("end").RunAsItIs(InIova with { Flush = FlushStrategy.None, Iotlb = "1x16384", HarvestEvery = "1ms" });
        Assert.Equal((10_001, 10_000), (result.Missed4K, result.MissedPages.Count));
    }
}
