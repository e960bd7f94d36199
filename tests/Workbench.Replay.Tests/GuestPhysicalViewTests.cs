using Workbench.Testing;
using Workbench.Traces;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>The gpa view: the device of a guest without vIOMMU puts guest-physical addresses on the bus.</summary>
public class GuestPhysicalViewTests
{
    private const ulong Gpa = 16 * Large;

    private static TraceBuilder Guest() => new TraceBuilder().WithGuestMemory((0, 64 * Large));

    private static Experiment Loses(Experiment experiment) => experiment with { Flush = FlushStrategy.None };

    /// <summary>Pages written, found by losing them: written again after a harvest that did not invalidate.</summary>
    private static ulong[] PagesWritten(TraceBuilder trace, Action<TraceBuilder> write)
    {
        write(trace.At(1000));
        write(trace.At(ScanEnd + 1_000_000));
        return [.. Replayer.Run(Loses(InGpa), trace.Build(), cancellation: TestContext.Current.CancellationToken).MissedPages.Select(m => m.Page)];
    }

    [Fact]
    public void An_access_goes_to_the_guest_physical_address_of_its_mapping() =>
        Assert.Equal([(Gpa >> 12) + 1], PagesWritten(Guest().Map(Large, 4 * Page, Gpa), t => t.Write(Large + Page + 8)));

    [Fact]
    public void A_contiguous_access_is_one_piece()
    {
        ReplayResult result = Guest().Map(Page, 4 * Page, Gpa).At(1000).Write(Page, 4 * Page).Run(InGpa with { PageSize = "2M" });
        Assert.Equal((1, 0, 4), (result.Counters.IotlbMisses, result.Counters.IotlbHits, result.DistinctTrue4K));
    }

    [Fact]
    public void A_split_access_is_a_piece_for_each_mapping()
    {
        TraceBuilder trace = Guest().Map(Page, Page, Gpa).Map(2 * Page, Page, Gpa + (8 * Page)).At(1000).Write(Page, 2 * Page);
        ReplayResult result = trace.Run(InGpa with { PageSize = "2M" });
        Assert.Equal((1, 1, 2), (result.Counters.IotlbMisses, result.Counters.IotlbHits, result.DistinctTrue4K));
    }

    [Fact]
    public void Interrupt_writes_are_left_out()
    {
        ReplayResult result = Guest().Map(0, Page, Gpa).At(1000).Write(0, 4, EventFlags.Interrupt).Run(InGpa);
        Assert.Equal((1, 0, 0), (result.InterruptWrites, result.DistinctTrue4K, result.Counters.Walks));
        Assert.Equal(0UL, result.BytesWritten);
    }

    [Fact]
    public void Accesses_outside_every_mapping_are_counted_and_not_replayed()
    {
        ReplayResult result = Guest().Map(0, Page, Gpa).At(1000).Write(Page).Read(Large).Write(Page - 8, 16).Run(InGpa);
        Assert.Equal((3, 1, 0), (result.UnmappedAccesses, result.DistinctTrue4K, result.Counters.Faults));
    }

    [Fact]
    public void A_page_unmapped_in_the_trace_stays_mapped_for_the_device_but_its_iova_leads_nowhere()
    {
        ReplayResult result = Guest().Map(0, Page, Gpa).At(1000).Write(0).At(2000).Unmap(0, Page).At(3000).Write(0).Run(InGpa);
        Assert.Equal((1, 64 * 512, 1), (result.UnmappedAccesses, result.Leaves, result.Harvests[0].Reported4K));
    }

    [Fact]
    public void An_access_into_a_hole_cut_into_a_mapping_stops_at_the_hole()
    {
        ReplayResult result = Guest().Map(0, 4 * Page, Gpa).Unmap(Page, Page).At(1000).Write(0, 4 * Page).Run(InGpa);
        Assert.Equal((1, 1), (result.DistinctTrue4K, result.UnmappedAccesses));
    }

    [Fact]
    public void An_access_across_a_mapping_laid_over_part_of_another_goes_to_both() =>
        Assert.Equal([Gpa >> 12, Gpa >> 11], PagesWritten(Guest().Map(0, 2 * Page, Gpa).Map(Page, Page, 2 * Gpa), t => t.Write(0, 2 * Page)));

    [Fact]
    public void Guest_memory_is_mapped_whole_before_the_first_access()
    {
        ReplayResult result = Guest().WithGuestMemory((0, Large), (Huge, 2 * Large)).Map(0, Page, 0).At(1000).Read(0).Run(InGpa with { PageSize = "2M" });
        Assert.Equal(3, result.Leaves);
        Assert.Equal(["All guest memory of the recording is mapped."], result.Notes);
    }

    [Fact]
    public void Unknown_guest_memory_is_mapped_in_gibibytes_when_touched()
    {
        TraceBuilder trace = new TraceBuilder().Map(0, 4 * Page, Huge - (2 * Page)).At(1000).Write(0, 4 * Page);
        ReplayResult result = trace.Run(InGpa with { PageSize = "1G" });
        Assert.Equal((2, 4, 0), (result.Leaves, result.DistinctTrue4K, result.Counters.Faults));
        Assert.StartsWith("The trace does not say what memory the guest has", Assert.Single(result.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_outside_guest_memory_faults_and_is_no_truth()
    {
        ReplayResult result = Guest().Map(0, Page, 65 * Large).At(1000).Write(0).Run(InGpa);
        Assert.Equal((1, 0), (result.Counters.Faults, result.DistinctTrue4K));
    }

    [Fact]
    public void Guest_memory_that_overlaps_is_refused()
    {
        TraceBuilder trace = Guest().WithGuestMemory((0, 2 * Page), (Page, Page)).Map(0, Page, 0).Write(0);
        Assert.Contains("must not overlap", Assert.Throws<TraceFormatException>(() => trace.Run(InGpa)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4K", 1, 0, 0)]
    [InlineData("as-mapped", 1, 0, 0)]
    [InlineData("2M", 512, 511, 0)]
    [InlineData("1G", 262_144, 262_143, 0)]
    public void Larger_leaves_report_more_pages_than_were_written(string pageSize, long reported, long over, long overLeaves)
    {
        TraceBuilder trace = new TraceBuilder().WithGuestMemory((0, Huge)).Map(0, Page, Gpa).At(1000).Write(0);
        HarvestRow row = trace.Run(InGpa with { PageSize = pageSize }).Harvests[0];
        Assert.Equal((1, 1, reported, over, overLeaves), (row.True4K, row.ReportedLeaves, row.Reported4K, row.OverReported4K, row.OverReportedLeaves));
    }

    [Fact]
    public void A_large_leaf_reported_for_a_write_already_covered_is_an_over_reported_leaf()
    {
        // Written once more between look and invalidation, after its entry was evicted: covered by the first report, and reported again.
        TraceBuilder trace = Guest().Map(0, Page, Gpa).Map(Page, Page, 0).At(1000).Write(0).At(Begin + 5500).Read(Page).Write(0);
        ReplayResult result = trace.Run(InGpa with { PageSize = "2M", Iotlb = "1x1" });
        Assert.Equal([1L, 1L], result.Harvests.Select(h => h.ReportedLeaves));
        Assert.Equal([0L, 1L], result.Harvests.Select(h => h.OverReportedLeaves));
        Assert.Equal([511L, 512L], result.Harvests.Select(h => h.OverReported4K));
    }

    [Fact]
    public void All_devices_share_one_domain()
    {
        TraceBuilder trace = Guest().Map(0, Page, Gpa).By(Second).Map(Large, Page, Gpa).At(1000).Write(Large).By(First).Write(0);
        ReplayResult result = trace.Run(InGpa);
        Assert.Equal((1, 1, 1), (result.Counters.IotlbHits, result.Counters.IotlbMisses, result.DistinctTrue4K));
    }

    [Fact]
    public void Mappings_of_different_devices_and_pasids_are_their_own() =>
        Assert.Equal([Gpa >> 12, (Gpa >> 12) + 1, (Gpa >> 12) + 2, (Gpa >> 12) + 3], PagesWritten(
            Guest().Map(0, Page, Gpa).By(Second).Map(0, Page, Gpa + Page).By(First, 1).Map(0, Page, Gpa + (2 * Page)).By(First, 1 + (1 << 15)).Map(0, Page, Gpa + (3 * Page)),
            t => t.By(First).Write(0).By(Second).Write(0).By(First, 1).Write(0).By(First, 1 + (1 << 15)).Write(0)));
}
