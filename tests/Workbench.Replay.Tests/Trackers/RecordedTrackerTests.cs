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
    [InlineData("device-log")]
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

    [Fact]
    public void The_devices_log_in_4K_is_the_footprint()
    {
        foreach (string name in RecordedTraces.Names)
            foreach (View view in Views)
            {
                Experiment experiment = new() { View = view, HarvestEvery = "5s", AtomicHarvest = true, PageSize = "2M" };
                Assert.Equal(
                    (experiment with { Tracker = "footprint" }).Run(name).Harvests.Select(h => (h.True4K, h.Reported4K)),
                    (experiment with { Tracker = "device-log" }).Run(name).Harvests.Select(h => (h.True4K, h.Reported4K)));
            }
    }

    [Theory]
    [InlineData("smmu", 0)]
    [InlineData("smmu-s2", 0)]
    [InlineData("vtd", 64)]
    [InlineData("vtd-fs", 64)]
    [InlineData("amd-v2", 64)]
    [InlineData("smmu", 64)]
    public void Write_protection_loses_no_page_of_any_recording_and_lets_every_write_through(string model, int deviceTlb)
    {
        foreach (string name in RecordedTraces.Names)
            foreach (View view in Views)
            {
                Experiment experiment = new() { View = view, HarvestEvery = "10s" };
                ReplayResult result = (experiment with { Tracker = "write-protect", Iommu = model, DeviceTlb = deviceTlb }).Run(name);
                Assert.True(result is { Missed4K: 0, FaultsHandled: > 0 }, $"{name}, {view}: {result.Missed4K} pages missed, {result.FaultsHandled} faults handled");
                Assert.Equal((experiment with { Tracker = "footprint" }).Run(name).TruthDigest, result.TruthDigest);
            }
    }

    [Fact]
    public void Write_protection_without_the_invalidation_loses_pages_of_a_recording() =>
        Assert.True((new Experiment { Tracker = "write-protect", Iommu = "smmu", View = View.Gpa, Flush = FlushStrategy.None }).Run("intel-nic-pair").Missed4K > 0);
}
