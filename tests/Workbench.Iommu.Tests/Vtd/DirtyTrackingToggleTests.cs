using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>
/// SSADE is bit 9 of the PASID-table entry and is cached: PASID-cache invalidation, then a domain-selective IOTLB invalidation.
/// hardware.md §2c, §2d [L].
/// </summary>
public sealed class DirtyTrackingToggleTests
{
    private const ulong Ssade = 1UL << 9;
    private const ulong First = 0x5000, Second = 0x6000;

    private static VtdMachine Machine(bool tracking)
    {
        VtdMachine m = new(tracking: tracking);
        m.Map(First, 0x9000, 0x2000);
        return m;
    }

    [Fact]
    public void The_driver_flips_exactly_SSADE()
    {
        using VtdMachine m = new();
        ulong off = m.PasidEntry(VtdMachine.Nic), word1 = m.PasidEntry(VtdMachine.Nic, word: 1);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Equal(off | Ssade, m.PasidEntry(VtdMachine.Nic));
        Assert.Equal(word1, m.PasidEntry(VtdMachine.Nic, word: 1));
        m.Driver.SetDirtyTracking(m.Domain, enable: false);
        Assert.Equal(off, m.PasidEntry(VtdMachine.Nic));
    }

    [Fact]
    public void SSADE_in_memory_changes_nothing_while_the_entry_is_cached()
    {
        using VtdMachine m = Machine(tracking: false);
        m.Write(First);
        m.PasidEntry(VtdMachine.Nic) |= Ssade;
        m.Write(First);
        m.Write(Second); // a walk, by the cached PASID entry
        Assert.False(m.IsDirty(First) || m.IsDirty(Second) || m.IsAccessed(Second));
    }

    [Fact]
    public void The_PASID_cache_alone_makes_new_walks_set_D_but_not_cached_pages()
    {
        using VtdMachine m = Machine(tracking: false);
        m.Write(First);
        m.PasidEntry(VtdMachine.Nic) |= Ssade;
        m.Submit(VtdDescriptor.PasidCachePasid(m.Domain.Id, default));
        m.Write(First);
        m.Write(Second);
        Assert.False(m.IsDirty(First));
        Assert.True(m.IsDirty(Second));
    }

    [Fact]
    public void The_IOTLB_alone_makes_no_difference()
    {
        using VtdMachine m = Machine(tracking: false);
        m.Write(First);
        m.PasidEntry(VtdMachine.Nic) |= Ssade;
        m.Submit(VtdDescriptor.IotlbDomain(m.Domain.Id));
        m.Write(First);
        Assert.False(m.IsDirty(First));
    }

    [Fact]
    public void Both_invalidations_make_every_write_set_D()
    {
        using VtdMachine m = Machine(tracking: false);
        m.Write(First);
        m.PasidEntry(VtdMachine.Nic) |= Ssade;
        m.Submit(VtdDescriptor.PasidCachePasid(m.Domain.Id, default), VtdDescriptor.IotlbDomain(m.Domain.Id));
        m.Write(First);
        Assert.True(m.IsDirty(First));
    }

    [Fact]
    public void Clearing_SSADE_leaves_D_being_set_until_the_PASID_cache_is_flushed()
    {
        using VtdMachine m = Machine(tracking: true);
        m.Read(First);
        m.PasidEntry(VtdMachine.Nic) &= ~Ssade;
        m.Write(First);
        Assert.True(m.IsDirty(First));
        m.Submit(VtdDescriptor.PasidCachePasid(m.Domain.Id, default), VtdDescriptor.IotlbDomain(m.Domain.Id));
        m.Write(Second);
        Assert.False(m.IsDirty(Second));
    }

    [Fact]
    public void A_global_PASID_cache_invalidation_serves_as_well()
    {
        using VtdMachine m = Machine(tracking: false);
        m.Read(First);
        m.PasidEntry(VtdMachine.Nic) |= Ssade;
        m.Submit(VtdDescriptor.PasidCacheGlobal(), VtdDescriptor.IotlbGlobal());
        m.Write(First);
        Assert.True(m.IsDirty(First));
    }

    [Fact]
    public void The_PASID_cache_of_another_domain_is_not_dropped()
    {
        using VtdMachine m = Machine(tracking: false);
        m.Read(First);
        m.PasidEntry(VtdMachine.Nic) |= Ssade;
        m.Submit(VtdDescriptor.PasidCacheDomain(new(8)), VtdDescriptor.IotlbGlobal());
        m.Write(First);
        Assert.False(m.IsDirty(First));
    }

    // §1.5, §2h: iommufd clears D and syncs before it enables, so that leftovers of an earlier run are not reported.
    [Fact]
    public void Turning_tracking_on_clears_what_an_earlier_run_left()
    {
        using VtdMachine m = Machine(tracking: true);
        m.Write(First);
        m.Driver.SetDirtyTracking(m.Domain, enable: false);
        Assert.True(m.IsDirty(First)); // off leaves the bits: they mean nothing
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Empty(m.Scan(clear: false));
        m.Write(First);
        Assert.Equal([(First >> 12, 12)], m.Scan(clear: false));
    }

    [Fact]
    public void Tracking_covers_every_device_of_the_domain()
    {
        using VtdMachine m = Machine(tracking: false);
        m.Driver.Attach(VtdMachine.Disk, null, m.Domain);
        m.Read(First, VtdMachine.Disk);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        m.Write(First, VtdMachine.Disk);
        Assert.True(m.IsDirty(First));
    }

    [Fact]
    public void A_device_attached_later_is_tracked_from_its_first_write()
    {
        using VtdMachine m = Machine(tracking: true);
        m.Driver.Attach(VtdMachine.Disk, null, m.Domain);
        m.Write(First, VtdMachine.Disk);
        Assert.True(m.IsDirty(First));
    }

    [Fact]
    public void Setting_what_is_set_takes_no_commands()
    {
        using VtdMachine m = Machine(tracking: true);
        long before = m.Driver.CommandsSubmitted;
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Equal(before, m.Driver.CommandsSubmitted);
    }
}
