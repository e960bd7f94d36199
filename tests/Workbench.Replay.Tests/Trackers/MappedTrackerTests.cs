using CsCheck;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Trackers;

/// <summary>Trackers that know what is mapped and not what was written: type1, type1-pinned and mark-all.</summary>
public class MappedTrackerTests
{
    private static readonly Gen<(SmallTraces.Step[], string)> Cases = Gen.Select(SmallTraces.Steps, Gen.OneOf("0", "3us", "9us", "40us"));

    private static Experiment With(string tracker, View view, string every = "9us") =>
        new() { Tracker = tracker, View = view, HarvestEvery = every, AddressBits = 39, PageSize = "4K", AtomicHarvest = true };

    [Theory]
    [InlineData("mark-all")]
    [InlineData("type1")]
    [InlineData("type1-pinned")]
    public void In_the_iova_view_a_harvest_reports_what_was_mapped_at_any_time_since_the_last(string tracker) => Cases.Sample((steps, every) =>
    {
        ListTrace trace = OrderlyTraces.Make(steps);
        ReplayResult result = With(tracker, View.Iova, every).Run(trace);
        Assert.Equal(NaiveMappings.Expected(trace, result, isGpa: false), result.Harvests.Select(h => h.Reported4K));
        Assert.Equal(0, result.Missed4K);
    }, iter: 300, print: c => $"{c.Item2} {TrackerRuns.Print(c.Item1)}");

    [Fact]
    public void In_the_gpa_view_a_harvest_reports_what_was_pinned_at_any_time_since_the_last() => Cases.Sample((steps, every) =>
    {
        ListTrace trace = OrderlyTraces.Make(steps);
        ReplayResult result = With("type1-pinned", View.Gpa, every).Run(trace);
        Assert.Equal(NaiveMappings.Expected(trace, result, isGpa: true), result.Harvests.Select(h => h.Reported4K));
        Assert.Equal(0, result.Missed4K);
    }, iter: 300, print: c => $"{c.Item2} {TrackerRuns.Print(c.Item1)}");

    [Theory]
    [InlineData("mark-all")]
    [InlineData("type1")]
    public void In_the_gpa_view_every_harvest_reports_all_guest_memory(string tracker)
    {
        TraceBuilder trace = Trace().WithGuestMemory((0, 1 << 25), (1UL << 32, 1 << 25)).At(1000).Write(0);
        foreach (string pageSize in (string[])["4K", "2M"])
            Assert.Equal([16384, 16384], trace.Run(With(tracker, View.Gpa, "1ms") with { PageSize = pageSize }).Harvests.Select(h => h.Reported4K));
    }

    [Theory]
    [InlineData("mark-all")]
    [InlineData("type1")]
    [InlineData("type1-pinned")]
    public void It_looks_at_no_entry_sends_no_command_and_leaves_dirty_bits_off(string tracker)
    {
        ReplayResult result = Trace().At(1000).Write(0).Run(InIova with { Tracker = tracker });
        Assert.All(result.Harvests, h => Assert.Equal((0, 0, 0, 0, 0), (h.EntriesScanned, h.EntriesCleared, h.Commands, h.RangeInvalidations, h.DomainInvalidations)));
        Assert.Equal(0, result.Counters.DirtyUpdates);
        Assert.Equal([1, 1], result.Harvests.Select(h => h.BitmapBytes));
    }

    [Fact]
    public void A_large_leaf_that_is_unmapped_is_reported_once_and_whole()
    {
        ReplayResult result = new TraceBuilder().Attach(1).Map(Large, Large).At(1000).Write(Large).At(2000).Unmap(Large, Large).Run(InIova with { Tracker = "mark-all" });
        Assert.Equal([(512, 1), (0, 0)], result.Harvests.Select(h => (h.Reported4K, h.ReportedLeaves)));
    }

    [Fact]
    public void A_page_pinned_twice_stays_dirty_until_both_pins_are_gone()
    {
        TraceBuilder trace = new TraceBuilder().WithGuestMemory((0, 1 << 20)).Map(0, Page, 0x5000).By(Second).Map(0x10000, Page, 0x5000).Read(0x10000);
        trace.At(Begin + 1).Unmap(0x10000, Page).At((2 * Begin) + 1).By(First).Unmap(0, Page).At(4 * Begin).Mark("end");
        Assert.Equal([1, 1, 1, 0, 0], trace.RunAsItIs(With("type1-pinned", View.Gpa, "1ms")).Harvests.Select(h => h.Reported4K));
    }

    [Fact]
    public void Pins_made_before_tracking_begins_count()
    {
        TraceBuilder trace = new TraceBuilder().WithGuestMemory((0, 1 << 20)).Map(0, 2 * Page, 0x5000).Read(0).At(10).Unmap(0, Page).At(20).Mark("begin").At(30).Write(Page);
        Assert.Equal([1, 1], trace.Run(With("type1-pinned", View.Gpa, "1ms") with { FromMark = "begin" }).Harvests.Select(h => h.Reported4K));
    }

    [Fact]
    public void An_unmap_of_almost_all_addresses_unpins_what_there_is_and_ends()
    {
        TraceBuilder trace = new TraceBuilder().WithGuestMemory((0, 1 << 20)).Map(0, Page, 0x5000).Map(Huge, Page, 0x7000).Read(0).At(Begin + 1).Unmap(Page, (1UL << 48) - Page).At(3 * Begin).Mark("end");
        Assert.Equal([2, 2, 1, 1], trace.RunAsItIs(With("type1-pinned", View.Gpa, "1ms")).Harvests.Select(h => h.Reported4K));
    }

    [Fact]
    public void Pins_of_memory_that_the_guest_does_not_have_reach_no_page()
    {
        TraceBuilder trace = new TraceBuilder().WithGuestMemory((0, 1 << 20)).Map(0, Page, 0).Map(Huge, 1UL << 46, (1 << 20) - Page).Read(0);
        Assert.Equal([2, 2], trace.Run(With("type1-pinned", View.Gpa, "1ms")).Harvests.Select(h => h.Reported4K));
    }

    [Fact]
    public void Pins_are_reported_in_the_smallest_page_of_the_IOMMU()
    {
        TraceBuilder trace = new TraceBuilder().WithGuestMemory((0, 1 << 20)).Map(0, Page, 0x5000).Read(0);
        ReplayResult result = trace.Run(With("type1-pinned", View.Gpa, "1ms") with { Iommu = "smmu", Granule = "16K", PageSize = "16K" });
        Assert.Equal([(4, 1), (4, 1)], result.Harvests.Select(h => (h.Reported4K, h.ReportedLeaves)));
    }

    [Theory]
    [InlineData("type1")]
    [InlineData("type1-pinned")]
    public void More_pages_than_a_type1_bitmap_has_are_refused(string tracker)
    {
        Experiment experiment = With(tracker, View.Gpa, "1ms") with { PageSize = "1G", AddressBits = 48 };
        TraceBuilder WithMemory(ulong bytes) => Trace().WithGuestMemory((0, bytes)).At(1000).Write(0);
        Assert.Equal(0, WithMemory((8UL << 40) - Huge).Run(experiment).Missed4K);
        ModelLimitException refused = Assert.Throws<ModelLimitException>(() => WithMemory(8UL << 40).Run(experiment));
        Assert.Contains("2^31 - 1 pages (8 TiB of 4K)", refused.Message, StringComparison.Ordinal);
    }
}
