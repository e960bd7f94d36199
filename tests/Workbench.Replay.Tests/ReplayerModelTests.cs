using CsCheck;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests;

/// <summary>The replayer against the slow reference, on whatever trace.</summary>
public class ReplayerModelTests
{
    private static readonly Gen<(SmallTraces.Step[] Steps, Experiment Experiment)> Cases = Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.ExactIotlb));

    [Fact]
    public void Every_number_of_a_replay_is_that_of_the_reference() => Cases.Sample(c =>
    {
        ListTrace trace = SmallTraces.Unruly(c.Steps, c.Experiment);
        AssertSame(NaiveReplay.Run(c.Experiment, trace), Replayer.Run(c.Experiment, trace.Again(), cancellation: TestContext.Current.CancellationToken));
    }, iter: 600, print: c => Print(c.Steps, c.Experiment));

    private static string Print(SmallTraces.Step[] steps, Experiment experiment) =>
        experiment + Environment.NewLine + string.Join(Environment.NewLine, SmallTraces.Unruly(steps, experiment).Events);

    private static void AssertSame(NaiveReplay expected, ReplayResult actual)
    {
        Assert.Equal(expected.Rows, actual.Harvests);
        NaiveMachine machine = expected.Machine;
        Assert.Equal((machine.Hits, machine.Misses, machine.Rewalks, machine.Faults), (actual.Counters.IotlbHits, actual.Counters.IotlbMisses, actual.Counters.DirtyRewalks, actual.Counters.Faults));
        Assert.Equal((machine.Misses + machine.Rewalks, machine.DirtyUpdates, machine.Dropped), (actual.Counters.Walks, actual.Counters.DirtyUpdates, actual.Counters.EntriesInvalidated));
        Assert.Equal(machine.Domains.OrderBy(d => d.Id).SelectMany(d => d.Oracle.Missed.Select(m => (d.Id, m.Page, m.TimeNs, m.Device))), actual.MissedPages.Select(m => (m.Domain.Value, m.Page, m.TimeNs, m.Device)));
        Assert.DoesNotContain(actual.MissedPages, m => m.Cause.Contains("unexplained", StringComparison.Ordinal));
        Assert.Equal(actual.MissedPages.Count, actual.Missed4K);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(0, dataOnly: false)), actual.DistinctTrue4K);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(0, dataOnly: true)), actual.DistinctTrueData4K);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(9, dataOnly: true)), actual.DistinctTrueData2M);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(9, dataOnly: false)), actual.DistinctTrue2M);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctWritten(18, dataOnly: false)), actual.DistinctTrue1G);
        Assert.Equal(machine.Domains.Sum(d => d.Oracle.DistinctReported), actual.DistinctReported4K);
        Assert.Equal((expected.BytesWritten, expected.BytesRead, expected.UnmappedAccesses, expected.InterruptWrites), (actual.BytesWritten, actual.BytesRead, actual.UnmappedAccesses, actual.InterruptWrites));
        Assert.Equal(machine.Domains.Sum(d => d.Table.Leaves), actual.Leaves);
    }
}
