using Workbench.Iommu;
using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>Which device uses which domain in the iova view.</summary>
public class DomainTests
{
    [Fact]
    public void Devices_of_one_domain_share_mappings_and_cached_translations()
    {
        ReplayResult result = Trace().By(Second).Attach(1).At(1000).Write(0).By(First).Write(0).Run(InIova);
        Assert.Equal((1, 1, 0, 1), (result.Counters.IotlbHits, result.Counters.IotlbMisses, result.Counters.Faults, result.DistinctTrue4K));
    }

    [Fact]
    public void Equal_addresses_in_different_domains_are_different_pages()
    {
        ReplayResult result = Trace().By(Second).Attach(2).Map(0, Page).At(1000).Write(0).By(First).Write(0).Run(InIova);
        Assert.Equal((0, 2, 2, 2), (result.Counters.IotlbHits, result.Counters.IotlbMisses, result.DistinctTrue4K, result.DistinctReported4K));
    }

    [Fact]
    public void A_device_nobody_attached_has_a_domain_of_its_own()
    {
        ReplayResult result = new TraceBuilder().Map(0, Page).By(Second).At(1000).Write(0).By(First).Write(0).Run(InIova);
        Assert.Equal((1, 1), (result.Counters.Faults, result.DistinctTrue4K));
    }

    [Fact]
    public void Maps_before_the_attach_belong_to_the_attached_domain()
    {
        ReplayResult result = new TraceBuilder().Map(0, Page).Attach(7).By(Second).Attach(7).At(1000).Write(0).Run(InIova);
        Assert.Equal((0, 1), (result.Counters.Faults, result.DistinctTrue4K));
    }

    [Fact]
    public void A_device_attached_elsewhere_leaves_its_mappings_and_cached_translations_behind()
    {
        ReplayResult result = Trace().At(1000).Read(0).At(2000).Attach(2).At(3000).Read(0).Run(InIova);
        Assert.Equal((1, 1), (result.Counters.Faults, result.Counters.EntriesInvalidated));
    }

    [Fact]
    public void What_was_dirty_in_a_domain_nobody_uses_any_more_is_still_reported()
    {
        ReplayResult result = Trace().At(1000).Write(0).At(2000).Attach(2).Run(InIova);
        Assert.Equal((1, 0), (result.Harvests[0].Reported4K, result.Missed4K));
    }

    [Fact]
    public void A_device_attached_back_finds_its_mappings()
    {
        ReplayResult result = Trace().Attach(2).At(1000).Write(0).At(2000).Attach(1).At(3000).Write(0).Run(InIova);
        Assert.Equal((1, 1), (result.Counters.Faults, result.DistinctTrue4K));
    }

    [Fact]
    public void A_domain_made_during_a_harvest_is_tracked_and_harvested()
    {
        ReplayResult result = Trace().At(Begin + 100).By(Second).Attach(2).Map(0, Page).Write(0).Run(InIova);
        Assert.Equal((1, 0, 0), (result.Harvests[0].Reported4K, result.Harvests[0].Missed4K, result.Missed4K));
        Assert.Equal(2 * 1536, result.Harvests[0].EntriesScanned);
    }

    [Fact]
    public void A_pasid_has_mappings_of_its_own()
    {
        ReplayResult result = Trace().By(First, 5).Map(Page, Page).At(1000).Write(Page).Write(0).By(First).Write(0).Write(Page).Run(InIova);
        Assert.Equal((2, 2), (result.Counters.Faults, result.DistinctTrue4K));
        Assert.Equal([5u, null], result.FirstFaults.Select(f => f.Pasid?.Value));
    }

    [Fact]
    public void A_pasid_can_be_attached_to_the_domain_of_another_device()
    {
        ReplayResult result = Trace().By(Second, 9).Attach(1).At(1000).Write(0).Run(InIova);
        Assert.Equal((0, 1), (result.Counters.Faults, result.DistinctTrue4K));
    }

    [Fact]
    public void Missed_pages_are_listed_by_domain_and_address()
    {
        TraceBuilder trace = new TraceBuilder().Attach(9).Map(0, 3 * Page).By(Second).Attach(4).Map(0, Page);
        foreach (long at in new[] { 1000, FlushEnd + 100_000 }) trace.At(at).By(Second).Write(0).By(First).Write(2 * Page).Write(0);
        Assert.Equal([(4, 0UL), (9, 0UL), (9, 2UL)], trace.Run(InIova with { Flush = FlushStrategy.None }).MissedPages.Select(m => ((int)m.Domain.Value, m.Page)));
    }

    public static TheoryData<string> Models => [.. IommuCatalogue.Models.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void PASID_0_and_no_PASID_are_one_address_space_on_every_model(string model)
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 2 * Page).At(1000).Write(0).By(First, 0).Write(Page).Map(2 * Page, Page).Write(2 * Page);
        ReplayResult result = trace.Run(new() { Iommu = model, View = View.Iova, Iotlb = "1x64", HarvestEvery = "1ms" });
        Assert.Equal((0, 3, 3, 0), (result.Counters.Faults, result.DistinctTrue4K, result.DistinctReported4K, result.Missed4K));
    }
}
