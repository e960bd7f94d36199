using CsCheck;
using Workbench.Iommu;
using Workbench.Replay.Curves;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests.Curves;

/// <summary>A curve against replays, one for each IOTLB: hit for hit and miss for miss.</summary>
public class MissCurveReplayTests
{
    private static readonly int[] Sizes = [1, 2, 3, 4, 5, 8, 13, 16, 64, 4096];

    private static void AssertIsReplays(Experiment experiment, ListTrace trace, int everyNth)
    {
        MissCurve curve = MissCurves.Run(experiment, trace.Again(), new() { Sizes = Sizes }, cancellation: TestContext.Current.CancellationToken);
        if (!curve.IsExact) return;
        for (int i = trace.Events.Count % everyNth; i < curve.Points.Count; i += everyNth) AssertIsReplay(curve, curve.Points[i], experiment, trace.Again());
    }

    internal static void AssertIsReplay(MissCurve curve, MissCurvePoint point, Experiment experiment, ITraceSource trace)
    {
        ReplayResult result = Replayer.Run(experiment with { Iotlb = $"{point.Sets}x{point.Ways}:lru:modulo" }, trace, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((point.Sets, point.Ways, result.Counters.IotlbHits + result.Counters.DirtyRewalks, result.Counters.IotlbMisses), (point.Sets, point.Ways, point.Hits, point.Misses));
        Assert.Equal((result.Events, result.Accesses, result.Counters.Faults), (curve.Events, curve.Accesses, curve.Faults));
        Assert.Equal(curve.Translations, point.Hits + point.Misses);
    }

    public static TheoryData<string> Models => [.. IommuCatalogue.Models.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_point_of_a_curve_is_a_replay_of_any_trace(string model) => Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.ExactIotlb)).Sample((steps, e) =>
    {
        Experiment experiment = Of(e, model);
        AssertIsReplays(experiment, SmallTraces.Unruly(steps, experiment), 11);
    }, iter: 150, print: c => Print(Of(c.Item2, model), SmallTraces.Unruly(c.Item1, Of(c.Item2, model))));

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_point_of_a_curve_is_a_replay_of_an_orderly_trace(string model) => Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.ExactIotlb)).Sample((steps, e) =>
    {
        Experiment experiment = Of(e, model) with { FromMark = null };
        ListTrace trace = OrderlyTraces.Make(steps);
        Assert.True(MissCurves.Run(experiment, trace.Again()).IsExact);
        AssertIsReplays(experiment, trace, 11);
    }, iter: 100, print: c => Print(Of(c.Item2, model) with { FromMark = null }, OrderlyTraces.Make(c.Item1)));

    private static Experiment Of(Experiment e, string model) => e with
    {
        Iommu = model, HarvestEvery = "0", AddressBits = IommuCatalogue.Find(model)!.AddressBits.Contains(e.AddressBits) ? e.AddressBits : 48,
    };

    private static string Print(Experiment experiment, ListTrace trace) => experiment + Environment.NewLine + string.Join(Environment.NewLine, trace.Events);
}
