using Workbench.Iommu.Faults;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Domains, devices and PASIDs as software sets them up. hardware.md §2c, §2d.</summary>
public sealed class VtdDriverTests
{
    private const ulong Page = 0x5000;

    private static Domain Second(VtdMachine m, ushort id = 8)
    {
        Domain domain = m.Driver.CreateDomain(new(id));
        m.Map(Page, 0xB000, domain: domain);
        return domain;
    }

    [Fact]
    public void Domains_with_the_same_address_do_not_mix()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Driver.Attach(VtdMachine.Disk, null, Second(m));
        for (int round = 0; round < 2; round++) // by walks, then by hits
            Assert.Equal((0x9000UL, 0xB000UL), (m.Read(Page).Physical, m.Read(Page, VtdMachine.Disk).Physical));
        Assert.Equal(2, m.Counters.IotlbHits);
    }

    [Fact]
    public void Devices_in_one_domain_share_its_entries()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Driver.Attach(VtdMachine.Disk, null, m.Domain);
        m.Read(Page);
        Assert.Equal((TranslationSource.Iotlb, 0x9000UL), (m.Read(Page, VtdMachine.Disk).Source, m.Read(Page, VtdMachine.Disk).Physical));
    }

    [Fact]
    public void A_write_by_one_device_is_dirty_known_to_the_other()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Driver.Attach(VtdMachine.Disk, null, m.Domain);
        m.Write(Page);
        m.Scan(clear: true);
        m.Write(Page, VtdMachine.Disk);
        Assert.False(m.IsDirty(Page));
    }

    [Fact]
    public void A_PASID_has_its_own_domain()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Driver.Attach(VtdMachine.Nic, new Pasid(65), Second(m));
        Assert.Equal(0xB000UL, m.Access(Page, false, pasid: 65).Physical);
        Assert.Equal(0x9000UL, m.Read(Page).Physical);
        Assert.Equal(0xB000UL, m.Access(Page, false, pasid: 65).Physical);
    }

    [Fact]
    public void The_largest_PASID_can_be_attached()
    {
        using VtdMachine m = new();
        m.Driver.Attach(VtdMachine.Nic, new Pasid(Pasid.MaxValue), Second(m));
        Assert.Equal(0xB000UL, m.Access(Page, false, pasid: Pasid.MaxValue).Physical);
    }

    [Fact]
    public void A_PASID_of_more_than_20_bits_is_refused()
    {
        using VtdMachine m = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Driver.Attach(VtdMachine.Nic, new Pasid(Pasid.MaxValue + 1), m.Domain));
    }

    // §2c: requests without PASID use the entry of RID_PASID, which is 0: one entry, whatever it is called.
    [Fact]
    public void PASID_0_is_what_requests_without_PASID_use()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        Domain second = Second(m);
        m.Driver.Attach(VtdMachine.Nic, new Pasid(0), second);
        Assert.Equal(0xB000UL, m.Read(Page).Physical);
        Assert.Equal(0xB000UL, m.Access(Page, false, pasid: 0).Physical);
        Assert.Empty(m.Domain.Attachments);
        Assert.Single(second.Attachments);
    }

    [Fact]
    public void Requests_with_and_without_PASID_can_be_tracked_apart()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        Domain second = Second(m);
        m.Driver.Attach(VtdMachine.Nic, new Pasid(1), second);
        m.Access(Page, true, pasid: 1);
        Assert.Equal(0xB003UL, m.Leaf(Page, second));
        m.Driver.SetDirtyTracking(second, enable: true);
        m.Access(Page, true, pasid: 1);
        Assert.Equal((0xB303UL, 0x9003UL), (m.Leaf(Page, second), m.Leaf(Page)));
    }

    [Fact]
    public void Attaching_elsewhere_flushes_what_the_device_used_before()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        Domain second = Second(m);
        m.Driver.Attach(VtdMachine.Nic, null, second);
        Assert.Equal((TranslationSource.Walk, 0xB000UL), (m.Read(Page).Source, m.Read(Page).Physical));
        m.Driver.Attach(VtdMachine.Disk, null, m.Domain);
        Assert.Equal(TranslationSource.Walk, m.Read(Page, VtdMachine.Disk).Source); // the old domain's entries went too
        Assert.Equal([(VtdMachine.Disk, (Pasid?)null)], m.Domain.Attachments);
        Assert.Equal([(VtdMachine.Nic, (Pasid?)null)], second.Attachments);
    }

    [Fact]
    public void Attaching_anew_keeps_tracking_as_the_domain_has_it()
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Driver.Attach(VtdMachine.Nic, null, Second(m));
        Assert.Equal(0UL, m.PasidEntry(VtdMachine.Nic) & 0x200);
        m.Driver.Attach(VtdMachine.Nic, null, m.Domain);
        Assert.Equal(0x200UL, m.PasidEntry(VtdMachine.Nic) & 0x200);
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
    }

    [Fact]
    public void A_device_that_left_is_no_longer_toggled()
    {
        using VtdMachine m = new();
        m.Driver.Attach(VtdMachine.Nic, null, Second(m));
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Equal(0UL, m.PasidEntry(VtdMachine.Nic) & 0x200);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 15, 7)]
    [InlineData(0, 16, 0)]
    [InlineData(255, 31, 7)]
    public void Any_function_of_any_bus_can_be_attached(int bus, int device, int function)
    {
        using VtdMachine m = new();
        RequesterId id = RequesterId.Of(bus, device, function);
        Assert.NotEqual(FaultKind.None, m.Read(Page, id).Fault);
        m.Driver.Attach(id, null, Second(m));
        Assert.Equal(0xB000UL, m.Read(Page, id).Physical);
    }

    [Fact]
    public void The_context_cache_is_asked_when_the_requester_changes()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Driver.Attach(VtdMachine.Disk, null, m.Domain);
        foreach (RequesterId device in new[] { VtdMachine.Nic, VtdMachine.Nic, VtdMachine.Disk, VtdMachine.Nic }) m.Read(Page, device);
        Assert.Equal((2, 1), (m.Counters.ContextCacheMisses, m.Counters.ContextCacheHits));
    }

    [Fact]
    public void A_domain_exists_once()
    {
        using VtdMachine m = new();
        Assert.Throws<InvalidOperationException>(() => m.Driver.CreateDomain(new(7)));
    }

    [Fact]
    public void A_domain_of_another_machine_is_refused()
    {
        using VtdMachine m = new(), other = new();
        Assert.Throws<ArgumentException>(() => m.Driver.Attach(VtdMachine.Disk, null, other.Domain));
    }
}
