using Workbench.Iommu;
using Workbench.Iommu.Faults;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>What one access does, and what of it is truth.</summary>
public class AccessTests
{
    [Fact]
    public void A_write_outside_every_mapping_faults_and_is_no_truth()
    {
        ReplayResult result = Trace().At(1000).Write(Page).Run(InIova);
        Assert.Equal((1, 0, 0, 0), (result.Counters.Faults, result.DistinctTrue4K, result.ReportedDirty4K, result.Missed4K));
        Assert.Equal([new Fault(FaultKind.NotPresent, First, null, new(Page), true) { Where = new(FaultStage.Second) }], result.FirstFaults);
    }

    [Fact]
    public void A_write_to_a_read_only_mapping_faults_and_is_no_truth()
    {
        ReplayResult result = new TraceBuilder().Map(0, Page, permission: Permission.Read).At(1000).Read(0).Write(0).Run(InIova);
        Assert.Equal((1, 0, 0), (result.Counters.Faults, result.DistinctTrue4K, result.ReportedDirty4K));
        Assert.Equal(FaultKind.NoWritePermission, Assert.Single(result.FirstFaults).Kind);
    }

    [Fact]
    public void A_read_dirties_nothing()
    {
        ReplayResult result = Trace().At(1000).Read(0).Run(InIova);
        Assert.Equal((0, 0, 64UL, 0UL), (result.DistinctTrue4K, result.ReportedDirty4K, result.BytesRead, result.BytesWritten));
    }

    [Theory]
    [InlineData(Page - 1, 1, 1)]
    [InlineData(Page - 1, 2, 2)]
    [InlineData(0, 2 * Page, 2)]
    [InlineData(1, 2 * Page, 3)]
    public void A_write_dirties_every_page_it_touches(ulong offset, ulong length, long pages)
    {
        ReplayResult result = new TraceBuilder().Map(0, 4 * Page).At(1000).Write(offset, length).Run(InIova);
        Assert.Equal((pages, pages, pages), (result.DistinctTrue4K, result.ReportedDirty4K, result.Counters.Walks));
    }

    [Fact]
    public void A_write_across_leaves_of_different_sizes_is_a_request_for_each()
    {
        ReplayResult result = new TraceBuilder().Map(0, Large + (2 * Page), 4 * Huge).At(1000).Write(Large - Page, 3 * Page).Run(InIova);
        Assert.Equal((3, 3, 3), (result.Counters.Walks, result.DistinctTrue4K, result.ReportedDirtyLeaves));
        Assert.Equal((514, 511), (result.ReportedDirty4K, result.OverReported4K));
    }

    [Fact]
    public void A_fault_in_the_middle_of_a_write_costs_the_page_it_happens_in_only()
    {
        ReplayResult result = Trace().Map(2 * Page, Page).At(1000).Write(0, 3 * Page).Run(InIova);
        Assert.Equal((1, 2, 2), (result.Counters.Faults, result.DistinctTrue4K, result.ReportedDirty4K));
    }

    [Fact]
    public void An_access_of_4_GiB_is_done_and_a_longer_one_refused()
    {
        ReplayResult result = new TraceBuilder().Map(0, 4 * Huge, 4 * Huge).At(1000).Read(0, 4 * Huge).Run(InIova);
        Assert.Equal((4, 4 * Huge), (result.Counters.Walks, result.BytesRead));
        TraceFormatException refused = Assert.Throws<TraceFormatException>(() => new TraceBuilder().Map(0, 4 * Huge).At(1000).Read(0x1234, (4 * Huge) + 1).Run(InIova));
        Assert.Contains("4294967297 bytes at 0x1234 (time 1000 ns)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rings_are_truth_but_no_payload()
    {
        ReplayResult result = Trace().Map(Page, Page).At(1000).Write(0, 64, EventFlags.Ring).Write(Page, 100).Read(0, 16, EventFlags.Ring).Run(InIova);
        Assert.Equal((2, 1, 2, 1), (result.DistinctTrue4K, result.DistinctTrueData4K, result.Harvests[0].True4K, result.Harvests[0].TrueData4K));
        Assert.Equal((100UL, 0UL, 64UL, 16UL), (result.BytesWritten, result.BytesRead, result.RingBytesWritten, result.RingBytesRead));
    }

    [Fact]
    public void A_page_written_by_ring_and_payload_counts_once_in_each()
    {
        ReplayResult result = Trace().At(1000).Write(0, 64, EventFlags.Ring).Write(0, 100).Run(InIova);
        Assert.Equal((1, 1), (result.DistinctTrue4K, result.DistinctTrueData4K));
    }

    [Fact]
    public void An_interrupt_through_a_mapping_dirties_it_but_is_no_payload()
    {
        ReplayResult result = Trace().At(1000).Write(0, 4, EventFlags.Interrupt).Run(InIova);
        Assert.Equal((1, 0, 1), (result.DistinctTrue4K, result.DistinctTrueData4K, result.ReportedDirty4K));
        Assert.Equal((0UL, 0UL), (result.BytesWritten, result.RingBytesWritten));
    }

    [Fact]
    public void Leaves_as_mapped_are_as_large_as_address_length_and_target_allow()
    {
        TraceBuilder trace = new TraceBuilder().Map(0, Huge, 4 * Huge).Map(Huge, Large, Large).Map(Huge + Large, Large, Page).Map(2 * Huge, Large + Page, 0);
        Assert.Equal(1 + 1 + 512 + 2, trace.Run(InIova).Leaves);
    }

    [Theory]
    [InlineData("4K", 513)]
    [InlineData("2M", 2)]
    [InlineData("1G", 2)]
    public void A_page_size_limits_the_leaves(string pageSize, long leaves) =>
        Assert.Equal(leaves, new TraceBuilder().Map(0, Large + Page, 0).Run(InIova with { PageSize = pageSize }).Leaves);
}
