using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>The three clocks of a leaf: D in memory, D in the IOTLB, the user's bitmap. hardware.md §0 "universal contract", §2e, §5.</summary>
public sealed class DirtySemanticsTests
{
    private const ulong Page = 0x5000, Large = 0x20_0000;

    // §2e step 3 [S*]: D is cached in the IOTLB, which must be flushed before hardware sets it again.
    [Fact]
    public void A_write_through_a_dirty_known_entry_touches_no_memory_after_D_was_cleared()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Write(Page);
        m.Scan(clear: true);
        ulong cleared = m.Leaf(Page);
        IommuCounters before = m.Counters;
        Assert.Equal(TranslationSource.Iotlb, m.Write(Page).Source);
        Assert.Equal(cleared, m.Leaf(Page));
        Assert.Equal((before.TableReads, before.DirtyUpdates, before.AccessedUpdates), (m.Counters.TableReads, m.Counters.DirtyUpdates, m.Counters.AccessedUpdates));
        Assert.False(m.IsDirty(Page));
    }

    // §0: a flush that has not completed changes nothing; the first write after its completion sets D.
    [Fact]
    public void Only_a_completed_invalidation_makes_the_next_write_visible_again()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Write(Page);
        m.Scan(clear: true);
        int tail = m.Enqueue(VtdDescriptor.IotlbPages(m.Domain.Id, AlignedRange.Enclosing(Page, Page), leafOnly: true));
        m.Write(Page);
        Assert.False(m.IsDirty(Page));
        m.Unit.WriteQueueTail(tail);
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
    }

    [Fact]
    public void A_harvest_with_its_flush_sees_the_next_write()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        InvalidationGather gather = new();
        m.Write(Page);
        Assert.Single(m.Scan(clear: true, gather));
        m.Driver.Invalidate(m.Domain, gather);
        Assert.Empty(m.Scan(clear: true, gather));
        m.Write(Page);
        Assert.Equal([(Page >> 12, 12)], m.Scan(clear: true, gather));
    }

    // §2e step 4 [I], §5.1.
    [Fact]
    public void A_write_to_a_clean_cached_entry_walks_again_and_sets_D()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Read(Page);
        Translation first = m.Write(Page), second = m.Write(Page);
        Assert.Equal((TranslationSource.Rewalk, TranslationSource.Iotlb), (first.Source, second.Source));
        Assert.Equal((1, 1), (m.Counters.DirtyRewalks, m.Counters.DirtyUpdates));
        Assert.True(m.IsDirty(Page));
    }

    // §2e step 2: D only for a write.
    [Fact]
    public void A_read_sets_A_and_not_D()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Read(Page);
        Assert.True(m.IsAccessed(Page));
        Assert.False(m.IsDirty(Page));
        Assert.Equal(0, m.Counters.DirtyUpdates);
    }

    [Fact]
    public void A_write_sets_A_and_D_in_one_update()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Write(Page);
        Assert.Equal(0x9303UL, m.Leaf(Page));
        Assert.Equal(1, m.Counters.DirtyUpdates);
    }

    // §2e step 2, §5.9: each paging entry used gets A; a table entry never gets D.
    [Fact]
    public void Every_table_entry_on_the_way_gets_A_and_none_gets_D()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Write(Page);
        for (int level = 1; level <= 3; level++) Assert.Equal(VtdSecondStageFormat.AccessedBit, m.Entry(Page, level) & (VtdSecondStageFormat.AccessedBit | VtdSecondStageFormat.DirtyBit));
        Assert.Equal(4, m.Counters.AccessedUpdates);
    }

    // §0 "If HW A/D disabled and bit = 0": ignored, and nothing is written.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_tracking_off_memory_is_not_touched(bool isWrite)
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Access(Page, isWrite);
        Assert.Equal(0x9003UL, m.Leaf(Page));
        for (int level = 1; level <= 3; level++) Assert.Equal(3UL, m.Entry(Page, level) & 0xFFF);
        Assert.Equal((0, 0), (m.Counters.AccessedUpdates, m.Counters.DirtyUpdates));
    }

    [Fact]
    public void With_tracking_off_a_write_after_a_read_is_a_hit()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        Assert.Equal(TranslationSource.Iotlb, m.Write(Page).Source);
    }

    // §5.8: the granule of a report is the leaf.
    [Fact]
    public void One_write_dirties_the_whole_large_page_once()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Large, Large, Large);
        m.Write(Large + 0x12345);
        Assert.Equal(TranslationSource.Iotlb, m.Write(Large + 0x1F_F000).Source);
        Assert.Equal(1, m.Counters.DirtyUpdates);
        Assert.Equal([(512UL, 21)], m.Scan(clear: true));
    }

    // §2e step 1: no A or D for the access that faults. Each case spoils the leaf of a mapped page in its own way.
    [Theory]
    [InlineData(0x9001UL, FaultKind.NoWritePermission)]
    [InlineData(0x9000UL, FaultKind.NotPresent)]
    public void A_write_that_faults_sets_neither_A_nor_D(ulong leaf, FaultKind expected)
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Entry(Page, 0) = leaf;
        Assert.Equal(expected, m.Write(Page).Fault);
        Assert.Equal(leaf, m.Entry(Page, 0));
        Assert.Equal(0, m.Counters.DirtyUpdates);
    }

    [Fact]
    public void A_write_that_meets_reserved_bits_sets_no_D()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Large, Large, Large);
        m.Entry(Large, 1) |= 0x1000;
        ulong spoilt = m.Entry(Large, 1);
        Assert.Equal(FaultKind.ReservedBits, m.Write(Large).Fault);
        Assert.Equal(spoilt, m.Entry(Large, 1));
    }

    // §2c [L]: an A/D update without PWSNP is a fault; where nothing has to be set there is none.
    [Fact]
    public void An_update_that_cannot_be_snooped_faults_and_sets_nothing()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.PasidEntry(VtdMachine.Nic, word: 1) &= ~(1UL << 23);
        Assert.Equal(FaultKind.DirtyUpdateNotCoherent, m.Write(Page).Fault);
        Assert.Equal(0x9003UL, m.Leaf(Page));
        for (int level = 1; level <= 3; level++) m.Entry(Page, level) |= VtdSecondStageFormat.AccessedBit;
        m.Entry(Page, 0) = 0x9303;
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
    }

    // The Diagnose flag: a hit write, tracking on, D clear in memory; nothing else.
    [Fact]
    public void Diagnose_reports_a_hit_write_whose_D_is_clear_in_memory()
    {
        using VtdMachine m = new(tracking: true);
        m.Hardware.Diagnose = true;
        m.Map(Page, 0x9000);
        Assert.False(m.Write(Page).Swallowed); // by a walk: D is set
        Assert.False(m.Write(Page).Swallowed); // a hit, D is set
        m.Scan(clear: true);
        Assert.False(m.Read(Page).Swallowed);  // a hit read loses nothing
        Assert.True(m.Write(Page).Swallowed);
        Assert.True(m.Write(Page).Swallowed);  // every one of them
        m.Driver.InvalidateDomain(m.Domain);
        Assert.False(m.Write(Page).Swallowed);
        Assert.False(m.Write(Page).Swallowed);
    }

    [Fact]
    public void Diagnose_off_reports_nothing_swallowed()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Write(Page);
        m.Scan(clear: true);
        Assert.False(m.Write(Page).Swallowed);
    }

    [Fact]
    public void Diagnose_reports_nothing_while_tracking_is_off()
    {
        using VtdMachine m = new();
        m.Hardware.Diagnose = true;
        m.Map(Page, 0x9000);
        m.Write(Page);
        Assert.False(m.Write(Page).Swallowed);
    }

    [Fact]
    public void Diagnose_sees_another_page_of_the_same_large_leaf_cover_for_it()
    {
        using VtdMachine m = new(tracking: true);
        m.Hardware.Diagnose = true;
        m.Map(Large, Large, Large);
        m.Write(Large);
        m.Scan(clear: true);
        Assert.True(m.Write(Large + 0x3000).Swallowed);
        m.Entry(Large, 1) |= VtdSecondStageFormat.DirtyBit;
        Assert.False(m.Write(Large + 0x3000).Swallowed);
    }
}
