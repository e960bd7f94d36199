using Workbench.Iommu.Ats;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Tests.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Caches;

public sealed class RefillTests
{
    private static VtdMachine Machine(IotlbGeometry? iotlb = null)
    {
        VtdMachine m = new(new() { Iotlb = iotlb ?? new() { Sets = 16, Ways = 4 } });
        m.Map(0, 0x10_0000, 16 << 12);
        m.Hardware.CountsRefills = true;
        return m;
    }

    [Fact]
    public void A_miss_after_an_invalidation_is_one_refill()
    {
        using VtdMachine m = Machine();
        m.Read(0);
        m.Read(0x1000);
        m.Driver.InvalidateRange(m.Domain, 0, 0xFFF, leafOnly: true);
        Assert.Equal(0, m.Counters.Refills);
        m.Read(0);
        m.Read(0);
        m.Read(0x1000);
        Assert.Equal(1, m.Counters.Refills);
        m.Driver.InvalidateAll();
        m.Read(0);
        m.Read(0x1000);
        Assert.Equal((3L, 3L), (m.Counters.Refills, m.Counters.EntriesInvalidated));
    }

    [Fact]
    public void A_first_miss_and_a_replacement_are_no_refills()
    {
        using VtdMachine m = Machine(new() { Sets = 1, Ways = 1 });
        m.Read(0);
        m.Read(0x1000);
        m.Read(0);
        Assert.Equal((0L, 3L), (m.Counters.Refills, m.Counters.IotlbMisses));
    }

    [Fact]
    public void A_full_IOTLB_that_empties_itself_makes_no_refills()
    {
        using VtdMachine m = Machine(new() { Sets = 1, Ways = 1, Replacement = Replacement.FlushWhenFull });
        m.Read(0);
        m.Read(0x1000);
        m.Read(0);
        Assert.Equal((0L, 2L), (m.Counters.Refills, m.Counters.IotlbFullFlushes));
    }

    [Fact]
    public void A_miss_that_faults_brings_nothing_back()
    {
        using VtdMachine m = Machine();
        m.Read(0);
        m.Domain.Table.Unmap(0, 0x1000, null, new());
        m.Driver.InvalidateAll();
        m.Read(0);
        Assert.Equal((0L, 1L), (m.Counters.Refills, m.Counters.Faults));
        m.Map(0, 0x20_0000);
        m.Read(0);
        Assert.Equal(1, m.Counters.Refills);
    }

    [Fact]
    public void A_write_that_walks_for_the_dirty_bit_alone_is_no_refill()
    {
        using VtdMachine m = new(tracking: true);
        m.Hardware.CountsRefills = true;
        m.Map(0, 0x20_0000, 0x2000, largest: 12);
        m.Read(0);
        m.Read(0x1000);
        m.Domain.Table.Unmap(0, 0x2000, null, new());
        m.Driver.InvalidateAll();
        // One large page takes the place of both: it is brought back once, and what it covers of the other is no miss.
        m.Map(0, 0x20_0000, 0x20_0000, largest: 21);
        m.Read(0);
        m.Write(0x1000);
        Assert.Equal((1L, 1L), (m.Counters.Refills, m.Counters.DirtyRewalks));
    }

    [Fact]
    public void Only_what_was_dropped_while_counting_is_known()
    {
        using VtdMachine m = Machine();
        m.Hardware.CountsRefills = false;
        m.Read(0);
        m.Driver.InvalidateAll();
        m.Hardware.CountsRefills = true;
        m.Read(0);
        m.Driver.InvalidateAll();
        // Said again, it goes on.
        m.Hardware.CountsRefills = true;
        m.Read(0);
        Assert.Equal(1, m.Counters.Refills);
        m.Driver.InvalidateAll();
        m.Hardware.CountsRefills = false;
        m.Read(0);
        Assert.Equal(1, m.Counters.Refills);
    }

    [Fact]
    public void Devices_with_TLBs_hand_the_switch_on()
    {
        using VtdMachine m = Machine();
        DeviceTlbs devices = new(m.Hardware, 4);
        Assert.True(devices.CountsRefills);
        devices.CountsRefills = false;
        Assert.False(m.Hardware.CountsRefills);
    }

    [Fact]
    public void What_was_counted_since_leaves_out_what_was_before() =>
        Assert.Equal(3, new IommuCounters { Refills = 5 }.Since(new() { Refills = 2 }).Refills);

    [Fact]
    public void The_oldest_is_forgotten_beyond_four_times_the_capacity()
    {
        DroppedEntries dropped = new(iotlbEntries: 2);
        for (ulong page = 0; page < 9; page++) dropped.Add(new() { Page = page, Tag = IotlbEntry.TagOf(owner: 7, 12) });
        Assert.False(dropped.Take(7, 0));
        Assert.All(Enumerable.Range(1, 8), page => Assert.True(dropped.Take(7, (ulong)page << 12)));
        Assert.All(Enumerable.Range(0, 9), page => Assert.False(dropped.Take(7, (ulong)page << 12)));
    }

    [Fact]
    public void An_entry_is_known_by_its_owner_and_every_address_it_held()
    {
        DroppedEntries dropped = new(iotlbEntries: 2);
        dropped.Add(new() { Page = 3, Tag = IotlbEntry.TagOf(owner: 7, 21) });
        Assert.False(dropped.Take(8, 3UL << 21));
        Assert.False(dropped.Take(7, (3UL << 21) - 1));
        Assert.False(dropped.Take(7, 4UL << 21));
        Assert.True(dropped.Take(7, (4UL << 21) - 1));
        Assert.False(dropped.Take(7, 3UL << 21));
    }
}
