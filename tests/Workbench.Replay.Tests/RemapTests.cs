using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>Maps and unmaps between and during harvests.</summary>
public class RemapTests
{
    [Fact]
    public void A_dirty_page_unmapped_between_harvests_is_reported_by_the_next()
    {
        ReplayResult result = Trace().At(1000).Write(0).At(2000).Unmap(0, Page).Run(InIova);
        Assert.Equal([1, 0], result.Harvests.Select(h => h.Reported4K));
        Assert.Equal((1, 0, 0), (result.Harvests[0].ReportedLeaves, result.Missed4K, result.OverReported4K));
    }

    [Fact]
    public void A_clean_page_unmapped_is_not_reported()
    {
        ReplayResult result = Trace().At(1000).Read(0).At(2000).Unmap(0, Page).Run(InIova);
        Assert.Equal((0, 0), (result.ReportedDirty4K, result.Leaves));
    }

    [Theory]
    [InlineData(LooksAtPage0 - 1, 1)]
    [InlineData(LooksAtPage0, 1)]
    [InlineData(FlushEnd - 1, 1)]
    [InlineData(FlushEnd, 1)]
    public void A_dirty_page_unmapped_during_a_harvest_is_reported_once(long timeNs, long reports)
    {
        ReplayResult result = Trace().Map(Large, Page).At(1000).Write(0).At(timeNs).Unmap(0, Page).Run(InIova);
        Assert.Equal((reports, 0, 0), (result.ReportedDirtyLeaves, result.Missed4K, result.OverReported4K));
    }

    [Fact]
    public void A_table_that_goes_during_a_scan_does_not_stop_the_scan()
    {
        ReplayResult result = Trace().Map(Huge, Large, 0x1000).Map(2 * Huge, Page).At(1000).Write(2 * Huge)
            .At(Begin + (1536 * 5)).Unmap(Huge, Huge).Run(InIova);
        Assert.Equal([1, 0], result.Harvests.Select(h => h.Reported4K));
    }

    [Fact]
    public void A_page_remapped_is_unmapped_first_and_both_its_lives_are_reported()
    {
        ReplayResult result = Trace().At(1000).Write(0).At(2000).Map(0, Page, 7 * Huge).At(3000).Write(0).Run(InIova);
        Assert.Equal((1, 2, 0), (result.Harvests[0].Reported4K, result.Harvests[0].ReportedLeaves, result.Missed4K));
        Assert.Equal(2, result.Counters.DirtyUpdates);
        Assert.Contains(result.Notes, n => n.StartsWith("1 maps covered something mapped already", StringComparison.Ordinal));
    }

    [Fact]
    public void A_large_leaf_reported_by_its_unmap_and_again_after_a_remap_is_no_over_reported_leaf()
    {
        ReplayResult result = new TraceBuilder().Attach(1).Map(0, Large).At(1000).Write(0).At(2000).Unmap(0, Large).Map(0, Large).At(3000).Write(0).Run(InIova);
        HarvestRow row = result.Harvests[0];
        Assert.Equal((2, 512, 511, 0), (row.ReportedLeaves, row.Reported4K, row.OverReported4K, row.OverReportedLeaves));
    }

    [Fact]
    public void An_over_reported_small_leaf_counts_even_inside_a_large_one_reported_with_it()
    {
        // D of page 0 is set once more while the first harvest runs, after the look and before the end: reported then, and again.
        ReplayResult result = Trace().At(1000).Write(0).At(LooksAtPage0 + 100).Map(0, Page).Write(0)
            .At(FlushEnd + 1000).Unmap(0, Page).Map(0, Large).Write(Page).Run(InIova);
        HarvestRow row = result.Harvests[^1];
        Assert.Equal((2, 1, 511), (row.ReportedLeaves, row.OverReportedLeaves, row.OverReported4K));
    }

    [Fact]
    public void A_map_inside_a_large_leaf_replaces_the_whole_leaf()
    {
        ReplayResult result = new TraceBuilder().Attach(1).Map(0, Large).At(1000).Write(0).At(2000).Map(5 * Page, Page).At(3000).Write(5 * Page).At(4000).Read(0).Run(InIova);
        Assert.Equal((1, 1, 0), (result.Leaves, result.Counters.Faults, result.Missed4K));
        Assert.Contains(result.Notes, n => n.StartsWith("1 maps covered something mapped already", StringComparison.Ordinal));
    }

    [Fact]
    public void A_map_that_allows_nothing_leaves_the_range_unmapped()
    {
        ReplayResult result = new TraceBuilder().Attach(1).Map(0, Page, permission: Permission.None).At(1000).Write(0).At(2000).Map(0, Page).At(3000).Write(0).Run(InIova);
        Assert.Equal((1, 1, 1), (result.Leaves, result.Counters.Faults, result.ReportedDirty4K));
    }

    [Fact]
    public void A_map_that_is_no_whole_pages_is_refused_with_its_range()
    {
        TraceFormatException refused = Assert.Throws<TraceFormatException>(() => new TraceBuilder().Map(0x1800, Page).Run(InIova));
        Assert.Contains("0x1000 bytes at 0x1800", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_beyond_the_address_width_is_refused()
    {
        ModelLimitException refused = Assert.Throws<ModelLimitException>(() => new TraceBuilder().Map(1UL << 39, Page).Run(InIova));
        Assert.Contains("--address-bits", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, new TraceBuilder().Map(1UL << 39, Page).Run(InIova with { AddressBits = 48 }).Leaves);
    }
}
