using CsCheck;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Trackers;

/// <summary>The devices' own log.</summary>
public class DeviceLogTrackerTests
{
    private static Experiment InDevice => InIova with { Tracker = "device-log" };

    [Fact]
    public void It_reports_what_the_footprint_reports() => Gen.Select(SmallTraces.Steps, Gen.OneOf("0", "3us", "9us", "40us"), Gen.OneOf(View.Iova, View.Gpa), Gen.OneOf("4K", "2M")).Sample((steps, every, view, pageSize) =>
    {
        Experiment experiment = new() { View = view, HarvestEvery = every, AddressBits = 39, PageSize = pageSize, AtomicHarvest = true };
        ListTrace trace = OrderlyTraces.Make(steps);
        ReplayResult truth = (experiment with { Tracker = "footprint" }).Run(trace);
        ReplayResult logged = (experiment with { Tracker = "device-log" }).Run(OrderlyTraces.Make(steps));
        Assert.Equal(truth.Harvests.Select(h => (h.True4K, h.Reported4K, h.OverReported4K)), logged.Harvests.Select(h => (h.True4K, h.Reported4K, h.OverReported4K)));
        Assert.Equal(0, logged.Missed4K);
        Assert.Equal(0, logged.OverReported4K);
    }, iter: 300, print: c => $"{c.Item2} {c.Item3} {c.Item4} {TrackerRuns.Print(c.Item1)}");

    [Fact]
    public void Harvests_that_take_time_lose_nothing() => Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb), Gen.OneOf("4K", "64K", "2M")).Sample((steps, experiment, page) =>
    {
        ReplayResult result = (experiment with { Tracker = "device-log", DeviceLogPage = page, FromMark = null }).Run(OrderlyTraces.Make(steps));
        Assert.Equal(0, result.Missed4K);
        Assert.All(result.Harvests, h => Assert.Equal((0, 0), (h.Missed4K, h.Commands)));
    }, iter: 300, print: c => $"{c.Item2} {c.Item3} {TrackerRuns.Print(c.Item1)}");

    [Theory]
    [InlineData("4K", 1)]
    [InlineData("64K", 16)]
    [InlineData("2M", 512)]
    public void Its_pages_are_the_devices_own_whatever_the_leaves_are(string page, long pages)
    {
        ReplayResult result = new TraceBuilder().Attach(1).Map(Large, 2 * Large).At(1000).Write(Large + 0x5000).Run(InDevice with { DeviceLogPage = page });
        Assert.Equal([(pages, 1), (0, 0)], result.Harvests.Select(h => (h.Reported4K, h.ReportedLeaves)));
    }

    [Fact]
    public void Reads_are_not_logged() => Assert.Equal(0, Trace().At(1000).Read(0).Run(InDevice).ReportedDirty4K);

    [Fact]
    public void It_looks_at_no_entry_sends_no_command_and_leaves_dirty_bits_off()
    {
        ReplayResult result = Trace().At(1000).Write(0).Run(InDevice);
        Assert.All(result.Harvests, h => Assert.Equal((0, 0, 0, 0), (h.EntriesScanned, h.EntriesCleared, h.Commands, h.RangeInvalidations)));
        Assert.Equal(0, result.Counters.DirtyUpdates);
    }

    // One page is mapped when tracking begins; of two pages, a power of two already, no room is left behind.
    private static TraceBuilder TrackedFromTwoPages() => new TraceBuilder().Attach(1).Map(0, 2 * Page).At(10).Mark("begin").Map(Huge, 2 * Page);

    [Fact]
    public void A_write_outside_the_ranges_voids_the_log_and_everything_mapped_is_reported()
    {
        ReplayResult result = TrackedFromTwoPages().At(1000).Write(Huge).Run(InDevice with { FromMark = "begin" });
        Assert.Equal([4, 0], result.Harvests.Select(h => h.Reported4K));
        Assert.Equal(0, result.Missed4K);
        Assert.Contains(result.Notes, n => n.Contains("void 1 times", StringComparison.Ordinal));
    }

    [Fact]
    public void Logging_begins_anew_over_what_is_mapped_then()
    {
        ReplayResult result = TrackedFromTwoPages().At(1000).Write(Huge).At(Begin + 100_000).Write(Huge).Run(InDevice with { FromMark = "begin" });
        Assert.Equal([4, 1], result.Harvests.Select(h => h.Reported4K));
        Assert.Contains(result.Notes, n => n.Contains("void 1 times", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_unmapped_while_the_log_is_void_is_reported_too()
    {
        ReplayResult result = TrackedFromTwoPages().At(1000).Write(Huge).At(2000).Unmap(Huge, 2 * Page).Run(InDevice with { FromMark = "begin" });
        Assert.Equal([4, 0], result.Harvests.Select(h => h.Reported4K));
        Assert.Equal(0, result.Missed4K);
    }

    [Fact]
    public void Writes_inside_the_ranges_leave_no_note() =>
        Assert.DoesNotContain(TrackedFromTwoPages().At(1000).Write(0).Run(InDevice with { FromMark = "begin" }).Notes, n => n.Contains("void", StringComparison.Ordinal));

    [Theory]
    [InlineData(0, "4K", "0 device log ranges")]
    [InlineData(257, "4K", "257 device log ranges")]
    [InlineData(3, "2K", "Device log page '2K'")]
    [InlineData(3, "2G", "Device log page '2G'")]
    public void Settings_that_no_device_has_are_refused(int ranges, string page, string problem) =>
        Assert.Contains(problem, Assert.Single((InDevice with { DeviceLogRanges = ranges, DeviceLogPage = page }).Validate()), StringComparison.Ordinal);
}
