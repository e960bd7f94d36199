using Workbench.Replay;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class RunScopeTests
{
    private sealed class Heard : IProgress<RunProgress>
    {
        public List<RunProgress> All { get; } = [];

        public void Report(RunProgress value)
        {
            lock (All) All.Add(value);
        }
    }

    private static readonly Recording Trace;

    // Made before any test begins, never inside a scope that a test has cancelled.
    static RunScopeTests() => Trace = Recording.Generate("nic1024", 200_000, nsPerEvent: 100);

    [Fact]
    public void A_replay_tells_the_scope_how_far_it_is_and_not_too_often()
    {
        Heard heard = new();
        using (RunScope.Enter(heard, TestContext.Current.CancellationToken)) Trace.Replay(new() { HarvestEvery = "0" });
        int reports = heard.All.Count;
        Assert.InRange(reports, 2, 102);
        Assert.All(heard.All, p => Assert.Equal(("vtd", Trace.EventCount), (p.Label, p.Total)));
        Assert.Equal(heard.All.Select(p => p.Done).Order(), heard.All.Select(p => p.Done));
        Assert.Equal(Trace.EventCount, heard.All[^1].Done);
        Trace.Replay(new() { HarvestEvery = "0" });
        Assert.Equal(reports, heard.All.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100_003)]
    [InlineData(-1)]
    public void A_run_reports_a_hundred_times_at_most_and_its_end(long total)
    {
        Heard heard = new();
        using (RunScope.Enter(heard, TestContext.Current.CancellationToken))
        {
            Action<long> report = RunScope.Reporter("run", total);
            for (long done = 1; done <= total; done++) report(done);
        }
        Assert.InRange(heard.All.Count, 0, 102);
        Assert.Equal(total > 0 ? [total] : [], heard.All.TakeLast(1).Select(p => p.Done));
    }

    [Fact]
    public void Cancelling_the_scope_stops_what_is_replayed_in_it_and_nothing_else()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        using (RunScope.Enter(null, source.Token))
        {
            Assert.ThrowsAny<OperationCanceledException>(() => Trace.Replay());
            Assert.ThrowsAny<OperationCanceledException>(() => Trace.Policies(["vtd"], ["4K"], ["never"], [FlushStrategy.After]));
            Assert.ThrowsAny<OperationCanceledException>(() => Trace.CumulativeUnique());
            using (RunScope.Enter(null, TestContext.Current.CancellationToken)) Assert.Single(Trace.Replay(new() { HarvestEvery = "0" }).Result.Harvests);
        }
        Assert.Single(Trace.Replay(new() { HarvestEvery = "0" }).Result.Harvests);
    }

    [Fact]
    public async Task Scopes_of_two_flows_do_not_meet()
    {
        Heard first = new(), second = new();
        await Task.WhenAll(Task.Run(() => Within(first, "vtd"), TestContext.Current.CancellationToken), Task.Run(() => Within(second, "amd"), TestContext.Current.CancellationToken));
        Assert.Equal(["vtd"], first.All.Select(p => p.Label).Distinct());
        Assert.Equal(["amd"], second.All.Select(p => p.Label).Distinct());
        Assert.Null(RunScope.Current);

        static void Within(Heard heard, string model)
        {
            using (RunScope.Enter(heard, TestContext.Current.CancellationToken)) Trace.Replay(new() { Iommu = model, HarvestEvery = "0" });
        }
    }

    [Fact]
    public void A_study_counts_its_replays()
    {
        Heard heard = new();
        using (RunScope.Enter(heard, TestContext.Current.CancellationToken)) Trace.Policies(["vtd"], ["4K"], ["never"], [FlushStrategy.After, FlushStrategy.None], new() { HarvestEvery = "0" });
        // Two cells and one machine without tracking.
        Assert.Equal([1L, 2, 3], heard.All.Select(p => p.Done));
        Assert.All(heard.All, p => Assert.Equal(3, p.Total));
    }
}
