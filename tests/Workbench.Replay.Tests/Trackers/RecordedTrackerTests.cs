using Workbench.Replay.Tests.Recorded;
using Xunit;

namespace Workbench.Replay.Tests.Trackers;

/// <summary>Every tracker on every recording.</summary>
public class RecordedTrackerTests
{
    private static readonly View[] Views = [View.Iova, View.Gpa];

    [Theory]
    [InlineData("type1")]
    [InlineData("type1-pinned")]
    [InlineData("mark-all")]
    [InlineData("footprint")]
    public void The_tracker_loses_no_page_of_any_recording(string tracker)
    {
        foreach (string name in RecordedTraces.Names)
            foreach (View view in Views)
            {
                ReplayResult result = new Experiment { Tracker = tracker, View = view, HarvestEvery = "10s" }.Run(name);
                Assert.True(result is { Missed4K: 0, DistinctTrue4K: > 0 }, $"{name}, {view}: {result.Missed4K} pages missed");
            }
    }

    [Fact]
    public void The_footprint_reports_what_was_written_and_nothing_else()
    {
        foreach (string name in RecordedTraces.Names)
            foreach (View view in Views)
            {
                ReplayResult result = new Experiment { Tracker = "footprint", View = view, HarvestEvery = "5s", PageSize = "2M", AtomicHarvest = true }.Run(name);
                Assert.All(result.Harvests, h => Assert.True((h.Reported4K, h.ReportedLeaves, h.OverReported4K) == (h.True4K, h.True4K, 0), $"{name}, {view}: {h}"));
            }
    }

    [Fact]
    public void The_coarser_the_tracker_the_more_it_reports()
    {
        foreach (string name in RecordedTraces.Names)
            foreach (View view in Views)
            {
                Experiment experiment = new() { View = view, HarvestEvery = "5s", AtomicHarvest = true, PageSize = "4K" };
                long[] reported =
                [
                    (experiment with { Tracker = "footprint" }).Run(name).ReportedDirty4K, experiment.Run(name).ReportedDirty4K,
                    (experiment with { PageSize = "2M" }).Run(name).ReportedDirty4K, (experiment with { PageSize = "2M", Tracker = "mark-all" }).Run(name).ReportedDirty4K,
                ];
                Assert.True(reported.SequenceEqual(reported.Order()), $"{name}, {view}: {string.Join(" ", reported)}");
            }
    }
}
