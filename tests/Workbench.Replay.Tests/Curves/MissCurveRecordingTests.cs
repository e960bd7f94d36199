using Workbench.Replay.Curves;
using Workbench.Replay.Tests.Recorded;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Curves;

/// <summary>Curves of the recordings against replays of them.</summary>
public class MissCurveRecordingTests
{
    public static TheoryData<string, View> Cases => [.. RecordedTraces.Names.SelectMany(name => new[] { (name, View.Iova), (name, View.Gpa) })];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Points_of_a_recording_s_curve_are_replays_of_it(string name, View view)
    {
        AssertPointsAreReplays(name, new() { Iommu = name.StartsWith("amd", StringComparison.Ordinal) ? "amd" : name.StartsWith("smmu", StringComparison.Ordinal) ? "smmu" : "vtd", View = view, HarvestEvery = "0" });
    }

    [Theory]
    [InlineData("12s", "14s", "0")]
    [InlineData("12s", null, "500ms")]
    [InlineData(null, "14s", "1s")]
    public void A_window_of_times_is_that_of_a_replay(string? from, string? to, string warmUp) =>
        AssertPointsAreReplays("intel-nvme-randrw", new() { HarvestEvery = "0", FromMark = from, ToMark = to, WarmUp = warmUp });

    private static void AssertPointsAreReplays(string name, Experiment experiment)
    {
        using DmatReader reader = RecordedTraces.Open(name);
        MissCurve curve = MissCurves.Run(experiment, new DmatSource(reader), cancellation: TestContext.Current.CancellationToken);
        Assert.True(curve.IsExact, $"{curve.StaleTouches} stale touches");
        Assert.True(curve.Translations > 0);
        foreach ((int sets, int ways) in new[] { (1, 16), (1, 256), (64, 4), (128, 1) })
        {
            using DmatReader again = RecordedTraces.Open(name);
            MissCurveReplayTests.AssertIsReplay(curve, curve.Points.Single(p => p.Sets == sets && p.Ways == ways), experiment, new DmatSource(again));
        }
    }
}
