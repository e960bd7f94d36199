using Workbench.Replay.Tests.Models;
using Workbench.Replay.Tests.Recorded;
using Workbench.Testing;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Trackers;

/// <summary>Replays with one tracker or another.</summary>
internal static class TrackerRuns
{
    public static ReplayResult Run(this Experiment experiment, ListTrace trace)
    {
        Assert.Equal([], experiment.Validate());
        return Replayer.Run(experiment, trace, cancellation: TestContext.Current.CancellationToken);
    }

    public static ReplayResult Run(this Experiment experiment, string recording)
    {
        Assert.Equal([], experiment.Validate());
        using DmatReader reader = RecordedTraces.Open(recording);
        return Replayer.Run(experiment, new DmatSource(reader), cancellation: TestContext.Current.CancellationToken);
    }

    public static string Print(SmallTraces.Step[] steps) => string.Join(Environment.NewLine, OrderlyTraces.Make(steps).Events);
}
