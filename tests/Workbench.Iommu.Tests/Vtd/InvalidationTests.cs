using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>What an invalidation drops and what it leaves. hardware.md §2f.</summary>
public sealed class InvalidationTests
{
    private const ulong MiB2 = 0x20_0000, Page = 0x5000;

    private static bool IsCached(VtdMachine m, ulong iova) => m.Read(iova).Source == TranslationSource.Iotlb;

    // §2f [R]: a page-selective invalidation removes large pages that overlap the range.
    [Theory]
    [InlineData(21, 0UL)]
    [InlineData(21, 0x1F_F000UL)]
    [InlineData(30, 0x3FFF_F000UL)]
    public void A_small_range_drops_the_large_page_around_it(int log2, ulong offset)
    {
        using VtdMachine m = new();
        ulong start = 1UL << 30;
        m.Map(start, start, 1UL << log2);
        m.Read(start);
        m.Driver.InvalidateRange(m.Domain, start + offset, start + offset + 0xFFF, leafOnly: true);
        Assert.False(IsCached(m, start));
    }

    [Fact]
    public void A_range_leaves_its_neighbours()
    {
        using VtdMachine m = new();
        m.Map(0, 0x10_0000, 0x8000);
        for (ulong page = 0; page < 8; page++) m.Read(page << 12);
        m.Driver.InvalidateRange(m.Domain, 0x2000, 0x3FFF, leafOnly: true);
        Assert.Equal([0UL, 1, 4, 5, 6, 7], Enumerable.Range(0, 8).Select(p => (ulong)p).Where(p => IsCached(m, p << 12)));
    }

    // §2f "Linux choice": one aligned power of two that spans the range.
    [Fact]
    public void The_driver_rounds_a_range_to_the_enclosing_power_of_two()
    {
        using VtdMachine m = new();
        m.Map(0, 0x10_0000, 0x10000);
        for (ulong page = 0; page < 16; page++) m.Read(page << 12);
        m.Driver.InvalidateRange(m.Domain, 0x3000, 0x4FFF, leafOnly: true); // 3 and 4 differ in three bits: pages 0 to 7
        Assert.Equal([8UL, 9, 10, 11, 12, 13, 14, 15], Enumerable.Range(0, 16).Select(p => (ulong)p).Where(p => IsCached(m, p << 12)));
    }

    // §2f "Linux choice": mask > MAMV means domain-selective.
    [Theory]
    [InlineData(MiB2 - 1, true)]
    [InlineData(MiB2, false)]
    public void Beyond_MAMV_the_driver_takes_the_whole_domain(ulong lastByte, bool farPageStays)
    {
        using VtdMachine m = new(new() { LargestInvalidationMask = 9 });
        m.Map(1UL << 30, 0x9000);
        m.Read(1UL << 30);
        Assert.Equal(2, m.Driver.InvalidateRange(m.Domain, 0, lastByte, leafOnly: true));
        Assert.Equal(farPageStays, IsCached(m, 1UL << 30));
    }

    [Fact]
    public void The_fallback_stays_within_the_domain()
    {
        using VtdMachine m = new(new() { LargestInvalidationMask = 9 });
        Domain other = m.Driver.CreateDomain(new(8));
        m.Driver.Attach(VtdMachine.Disk, null, other);
        m.Map(Page, 0xA000, domain: other);
        m.Read(Page, VtdMachine.Disk);
        m.Driver.InvalidateRange(m.Domain, 0, MiB2 * 8, leafOnly: true);
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page, VtdMachine.Disk).Source);
    }

    [Fact]
    public void Invalidating_everything_reaches_every_domain()
    {
        using VtdMachine m = new();
        Domain other = m.Driver.CreateDomain(new(8));
        m.Driver.Attach(VtdMachine.Disk, null, other);
        m.Map(Page, 0xA000, domain: other);
        m.Map(Page, 0x9000);
        m.Read(Page);
        m.Read(Page, VtdMachine.Disk);
        m.Driver.InvalidateAll();
        Assert.Equal((TranslationSource.Walk, TranslationSource.Walk), (m.Read(Page).Source, m.Read(Page, VtdMachine.Disk).Source));
    }

    // §2h: an empty gather (start > end) is not synced.
    [Fact]
    public void An_empty_gather_takes_no_commands()
    {
        using VtdMachine m = new();
        long before = m.Driver.CommandsSubmitted;
        Assert.Equal(0, m.Driver.Invalidate(m.Domain, new InvalidationGather()));
        Assert.Equal(before, m.Driver.CommandsSubmitted);
    }

    // §2f: IH = 1, only leaves changed, paging-structure caches may be kept; they let a walk begin at the leaf's table.
    [Fact]
    public void A_leaf_only_invalidation_keeps_the_walk_caches()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        m.Driver.InvalidateRange(m.Domain, Page, Page + 0xFFF, leafOnly: true);
        IommuCounters before = m.Counters;
        m.Read(Page);
        Assert.Equal((1, 1), (m.Counters.TableReads - before.TableReads, m.Counters.WalkCacheHits - before.WalkCacheHits));
    }

    [Fact]
    public void An_invalidation_of_tables_too_drops_the_walk_caches()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        m.Driver.InvalidateRange(m.Domain, Page, Page + 0xFFF, leafOnly: false);
        IommuCounters before = m.Counters;
        m.Read(Page);
        Assert.Equal((4, 0), (m.Counters.TableReads - before.TableReads, m.Counters.WalkCacheHits - before.WalkCacheHits));
    }

    [Fact]
    public void An_invalidation_elsewhere_keeps_the_walk_caches_of_the_lower_levels()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Map(MiB2, 0xA000);
        m.Read(Page);
        m.Read(MiB2);
        m.Driver.InvalidateRange(m.Domain, MiB2, MiB2 + 0xFFF, leafOnly: false); // drops the shared upper levels, and the PDE of the second
        m.Driver.InvalidateRange(m.Domain, Page, Page, leafOnly: true);
        IommuCounters before = m.Counters;
        m.Read(Page);
        Assert.Equal(1, m.Counters.TableReads - before.TableReads);
        m.Read(MiB2);
        Assert.Equal(1 + 4, m.Counters.TableReads - before.TableReads);
    }

    // The trap of IH = 1 after a table was freed: the walk goes on in the old frame until IH = 0.
    [Fact]
    public void A_freed_table_is_still_walked_until_the_walk_caches_go()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        InvalidationGather gather = new();
        m.Domain.Table.Unmap(0, MiB2, null, gather);
        Assert.True(gather.TablesFreed);
        m.Map(Page, 0xB000, domain: Unrelated(m)); // takes the frames
        m.Map(Page, 0xC000);
        m.Driver.InvalidateRange(m.Domain, 0, MiB2 - 1, leafOnly: true);
        Assert.NotEqual(0xC000UL, m.Read(Page).Physical);
        m.Driver.InvalidateRange(m.Domain, 0, MiB2 - 1, leafOnly: false);
        Assert.Equal(0xC000UL, m.Read(Page).Physical);
    }

    private static Domain Unrelated(VtdMachine m) => m.Driver.CreateDomain(new(99));

    [Fact]
    public void A_gather_with_freed_tables_takes_the_walk_caches_along()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        InvalidationGather gather = new();
        m.Domain.Table.Unmap(0, MiB2, null, gather);
        Assert.Equal(2, m.Driver.Invalidate(m.Domain, gather));
        Assert.True(gather.IsEmpty);
        Assert.False(gather.TablesFreed);
        m.Map(Page, 0xC000);
        Assert.Equal(0xC000UL, m.Read(Page).Physical);
    }

    [Fact]
    public void An_unmap_that_is_not_flushed_leaves_the_old_translation()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        InvalidationGather gather = new();
        m.Domain.Table.Unmap(Page, 0x1000, null, gather);
        Assert.Equal((FaultKind.None, 0x9000UL), (m.Read(Page).Fault, m.Read(Page).Physical));
        m.Driver.Invalidate(m.Domain, gather);
        Assert.Equal(FaultKind.NotPresent, m.Read(Page).Fault);
    }

    [Fact]
    public void Without_walk_caches_every_walk_begins_at_the_root()
    {
        using VtdMachine m = new(new() { Iotlb = new() { Sets = 16, Ways = 4, WalkCaches = false } });
        m.Map(0, 0x9000, 0x2000);
        m.Read(0);
        m.Read(0x1000);
        Assert.Equal((8, 0), (m.Counters.TableReads, m.Counters.WalkCacheHits));
    }
}
