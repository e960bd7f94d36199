using Workbench.Replay.Curves;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Synthetic;
using Xunit;

namespace Workbench.Replay.Tests.Curves;

/// <summary>Curves of the named workloads against stack distances from a tree.</summary>
public class OlkenTests
{
    private const int Events = 60_000;

    [Theory]
    [InlineData("nic1024", 12)]
    [InlineData("nic4096", 12)]
    [InlineData("seq2m", 21)]
    [InlineData("zipf1m", 12)]
    [InlineData("uni1g", 12)]
    [InlineData("scatter", 12)]
    public void Fully_associative_sizes_have_the_misses_that_stack_distances_give(string workload, int pageLog2)
    {
        SyntheticStream stream = SyntheticWorkload.Find(workload).Begin();
        TraceEvent[] events = new TraceEvent[stream.SetupEvents + Events];
        stream.Fill(events);
        ListTrace trace = new(events, [], new() { MigrationView = "iova" });
        MissCurve curve = MissCurves.Run(new() { View = View.Iova }, trace, new() { Geometries = CurveGeometries.Fully, UpTo = 65536 }, cancellation: TestContext.Current.CancellationToken);
        List<ulong> pages = [];
        foreach (TraceEvent e in events.Where(e => e.IsAccess))
            for (ulong page = e.Iova >> pageLog2; page <= (e.Iova + e.Length - 1) >> pageLog2; page++) pages.Add(((ulong)e.Device.Value << 44) | page);
        Olken tree = new(pages.Count);
        foreach (ulong page in pages) tree.Reference(page);
        Assert.Equal(pages.Count, curve.Translations);
        Assert.Equal(pages.Distinct().Count(), curve.ColdMisses);
        Assert.Equal(13, curve.Points.Count);
        Assert.All(curve.Points, p => Assert.Equal((p.Entries, tree.MissesOf(p.Entries)), (p.Entries, p.Misses)));
    }
}
