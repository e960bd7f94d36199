using CsCheck;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests;

public class DeterminismTests
{
    /// <summary>Record by record; the lists of a record compare by reference, so each is compared by itself.</summary>
    internal static void AssertSame(ReplayResult expected, ReplayResult actual)
    {
        Assert.Equal(expected.Harvests, actual.Harvests);
        Assert.Equal(expected.MissedPages, actual.MissedPages);
        Assert.Equal(expected.FirstFaults, actual.FirstFaults);
        Assert.Equal(expected.Notes, actual.Notes);
        Assert.Equal(expected.Costs.Rows, actual.Costs.Rows);
        Assert.Equal(expected, actual with { Costs = expected.Costs, Harvests = expected.Harvests, MissedPages = expected.MissedPages, FirstFaults = expected.FirstFaults, Notes = expected.Notes });
    }

    private static ReplayResult Replay(Experiment experiment, ListTrace trace) => Replayer.Run(experiment, trace, cancellation: TestContext.Current.CancellationToken);

    [Fact]
    public void The_same_experiment_on_the_same_trace_gives_the_same_result() =>
        Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb)).Sample((steps, experiment) =>
        {
            ListTrace trace = SmallTraces.Unruly(steps, experiment);
            Same.Result(Replay(experiment, trace), Replay(experiment, trace.Again()));
        }, iter: 300);

    [Fact]
    public void The_digest_of_the_truth_tells_pages_apart_and_not_their_order()
    {
        ulong digest(params ulong[] pages)
        {
            TraceBuilder builder = Small.Trace().Map(Small.Page, 63 * Small.Page);
            foreach (ulong page in pages) builder.After(40).Write(page * Small.Page, 64);
            return builder.Run(Small.InIova).TruthDigest;
        }
        Assert.Equal(digest(1, 2), digest(2, 1, 2));
        Assert.NotEqual(digest(1, 2), digest(1, 3));
        Assert.NotEqual(digest(1, 4), digest(2, 3));
        Assert.Equal(0UL, digest());
    }

    [Theory]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(2049)]
    public void How_the_trace_is_cut_into_batches_does_not_matter(int events)
    {
        TraceBuilder builder = Small.Trace().Map(Small.Page, 63 * Small.Page);
        while (builder.Events.Count < events - 1) builder.After(40).Write((ulong)(builder.Events.Count % 67) * 4000, 64);
        builder.Mark("end");
        Experiment experiment = Small.InIova with { HarvestEvery = "9us", Flush = FlushStrategy.None, ToMark = "end" };
        ReplayResult whole = Replay(experiment, builder.Build());
        Assert.Equal(events, whole.Events);
        Assert.True(whole.Harvests.Count > 3 && whole.Missed4K > 0);
        foreach (int mostAtOnce in new[] { 1, 7, 1023, 1024 }) Same.Result(whole, Replay(experiment, builder.Build(mostAtOnce)));
        // Past the end mark nothing counts, wherever in a batch it stands.
        for (int i = 0; i < 3; i++) builder.After(40).Write(0);
        Same.Result(whole, Replay(experiment, builder.Build()));
    }

    [Fact]
    public void A_geometry_with_another_seed_may_differ_and_the_same_seed_does_not()
    {
        TraceBuilder builder = Small.Trace().Map(Small.Page, 63 * Small.Page);
        for (int i = 0; i < 3000; i++) builder.After(40).Read((ulong)(i * 7919 % 64) * Small.Page);
        long[] misses = [.. Enumerable.Range(1, 4).Select(seed => Replay(Small.InIova with { Iotlb = $"1x16:random:modulo:{seed}" }, builder.Build()).Counters.IotlbMisses)];
        Assert.True(misses.Distinct().Count() > 1);
        Assert.Equal(misses[2], Replay(Small.InIova with { Iotlb = "1x16:random:modulo:3" }, builder.Build()).Counters.IotlbMisses);
    }
}
