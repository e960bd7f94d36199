using CsCheck;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Devices with ATS: DTE, types 3 and 8, and the order of a sound protocol. hardware.md §2e, 2f, 5.7.</summary>
public sealed class DeviceTlbTests
{
    private const ulong Page = 0x5000;
    private const uint P3 = 3;

    private static VtdMachine Machine(string model = "vtd", bool tracking = true, DriverProfile? profile = null)
    {
        VtdMachine m = new(new() { Model = model, DeviceTlbEntries = 16, Profile = profile ?? DriverProfile.Linux }, tracking: tracking);
        m.Map(Page, 0x9000, 0x4000);
        return m;
    }

    [Fact]
    public void The_driver_sets_DTE_where_devices_have_ATS()
    {
        using VtdMachine with = Machine(), without = new();
        Assert.Equal((4UL, 0UL), (with.ContextEntry(VtdMachine.Nic) & 4, without.ContextEntry(VtdMachine.Nic) & 4));
        Assert.True(with.Unit.Extended.SupportsDeviceTlb);
        Assert.False(without.Unit.Extended.SupportsDeviceTlb);
    }

    [Fact]
    public void DTE_without_the_capability_is_a_reserved_bit()
    {
        using VtdMachine m = new();
        m.ContextEntry(VtdMachine.Nic) |= 4;
        m.Read(Page);
        Assert.Equal(0x42, (int)m.TakeFault().Reason);
    }

    // The record says in AT that it was a translation request.
    [Fact]
    public void A_translation_request_with_DTE_clear_faults_with_0x44()
    {
        using VtdMachine m = Machine();
        m.ContextEntry(VtdMachine.Nic) &= ~4UL;
        Assert.Equal(FaultKind.TranslationRequestBlocked, m.Write(Page).Fault);
        VtdFaultRecord record = m.TakeFault();
        Assert.Equal((Page, (1UL << 63) | (1UL << 60) | (0x44UL << 32) | VtdMachine.Nic.Value), (record.Word0, record.Word1));
    }

    // §2e step 5 [I]: D at translation time.
    [Fact]
    public void A_page_is_dirty_when_its_translation_is_granted_for_writing()
    {
        using VtdMachine m = Machine();
        Assert.Equal((0x9000UL, TranslationSource.Walk), (m.Read(Page).Physical, m.Read(Page + 0x1000).Source));
        Assert.False(m.IsDirty(Page));
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
        Assert.Equal(TranslationSource.DeviceTlb, m.Write(Page).Source);
    }

    // ECAP.NWFS = 0 [S*]: NW is ignored, so what is only read becomes dirty too [I].
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Without_NWFS_a_translation_for_reading_dirties_a_writable_page(bool hasFlag, bool isDirty)
    {
        using VtdMachine m = VtdMachine.Of(extended: e => e with { SupportsNoWriteFlag = hasFlag }, deviceTlbEntries: 4);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        m.Map(Page, 0x9000);
        m.Map(Page + 0x1000, 0xA000, permission: Permission.Read);
        m.Driver.Attach(VtdMachine.Nic, null, m.Domain);
        m.Read(Page);
        m.Read(Page + 0x1000);
        Assert.Equal((isDirty, false), (m.IsDirty(Page), m.IsDirty(Page + 0x1000)));
    }

    [Theory]
    [InlineData("vtd")]
    [InlineData("vtd-fs")]
    public void The_IOTLB_alone_loses_writes_and_the_protocol_loses_none(string model)
    {
        using VtdMachine m = Machine(model);
        InvalidationGather gather = new();
        m.Write(Page);
        Assert.Single(m.Scan(clear: true, gather));
        m.Submit(model == "vtd" ? VtdDescriptor.IotlbDomain(m.Domain.Id) : VtdDescriptor.PasidIotlbAll(m.Domain.Id, default));
        m.Write(Page);
        Assert.Empty(m.Scan(clear: true, gather)); // lost: the device asked nobody
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(4, m.Driver.Invalidate(m.Domain, gather)); // IOTLB, wait, device TLB, wait
            m.Write(Page);
            Assert.Equal([(Page >> 12, 12)], m.Scan(clear: true, gather));
        }
    }

    // The device TLB first and the IOTLB after it: the device may fill up again from the stale entry in between.
    [Fact]
    public void The_wrong_order_lets_the_device_take_the_stale_entry_again()
    {
        using VtdMachine m = Machine();
        m.Write(Page);
        m.Scan(clear: true);
        AlignedRange range = new(Page, 0);
        m.Submit(VtdDescriptor.DeviceTlb(VtdMachine.Nic, range));
        m.Write(Page);
        m.Submit(VtdDescriptor.IotlbPages(m.Domain.Id, range));
        m.Write(Page);
        Assert.Empty(m.Scan(clear: true));
    }

    [Fact]
    public void Every_attached_device_is_told_after_a_wait()
    {
        using VtdMachine m = Machine();
        m.Driver.Attach(VtdMachine.Disk, null, m.Domain);
        m.Driver.Attach(VtdMachine.Disk, new Pasid(P3), m.Domain);
        int head = m.Unit.QueueHead;
        Assert.Equal(6, m.Driver.InvalidateRange(m.Domain, Page, Page + 0x1FFF, leafOnly: true));
        VtdDescriptor[] sent = [.. Enumerable.Range(head, 6).Select(i => At(m, i))];
        Assert.Equal([VtdDescriptorType.Iotlb, VtdDescriptorType.Wait, VtdDescriptorType.DeviceTlb, VtdDescriptorType.DeviceTlb, VtdDescriptorType.PasidDeviceTlb, VtdDescriptorType.Wait], sent.Select(d => d.Type));
        Assert.Equal([VtdMachine.Nic, VtdMachine.Disk, VtdMachine.Disk], sent[2..5].Select(d => d.SourceId));
        Assert.Equal(P3, sent[4].Pasid.Value);
        Assert.True(sent[2].DeviceTlbAddress.TryDecode(out AlignedRange range) && range == new AlignedRange(0x4000, 2));
    }

    private static VtdDescriptor At(VtdMachine m, int index)
    {
        ulong[] words = [.. Enumerable.Range(0, 4).Select(i => m.Memory.Word(new(m.Unit.QueueBase.Value + ((ulong)(index % m.Unit.QueueLength) * 32) + (8UL * (uint)i))))];
        return VtdDescriptor.Read(words);
    }

    /// <summary>Who holds Page and the page after it: n the device, p its PASID 3, d another device.</summary>
    private static string Held(VtdMachine m)
    {
        string found = "";
        foreach ((ulong iova, string names) in new[] { (Page, "NPD"), (Page + 0x1000, "npd") })
        {
            if (m.Read(iova).Source == TranslationSource.DeviceTlb) found += names[0];
            if (m.Access(iova, false, pasid: P3).Source == TranslationSource.DeviceTlb) found += names[1];
            if (m.Read(iova, VtdMachine.Disk).Source == TranslationSource.DeviceTlb) found += names[2];
        }
        return found;
    }

    // A message without PASID drops the range for every PASID (PCIe ATS); G does so too.
    [Theory]
    [InlineData("type 3, page", "Dnpd")]
    [InlineData("type 3, 8 KiB", "NPDd")]
    [InlineData("type 3, all", "Dd")]
    [InlineData("type 3, other device", "NPnp")]
    [InlineData("type 8, page of PASID 3", "NDnpd")]
    [InlineData("type 8, all of PASID 3", "NDnd")]
    [InlineData("type 8, PASID 4", "NPDnpd")]
    [InlineData("type 8, G", "Dd")]
    [InlineData("type 2, global", "NPDnpd")]
    public void A_descriptor_drops_this_from_devices_and_leaves_that(string command, string left)
    {
        using VtdMachine m = Machine();
        m.Driver.Attach(VtdMachine.Nic, new Pasid(P3), m.Domain);
        m.Driver.Attach(VtdMachine.Disk, null, m.Domain);
        Held(m);
        Assert.Equal("NPDnpd", Held(m));
        AlignedRange page = new(Page, 0), all = new(0, 52);
        m.Submit(command switch
        {
            "type 3, page" => VtdDescriptor.DeviceTlb(VtdMachine.Nic, page),
            "type 3, 8 KiB" => VtdDescriptor.DeviceTlb(VtdMachine.Nic, new(Page + 0x1000, 1)),
            "type 3, all" => VtdDescriptor.DeviceTlb(VtdMachine.Nic, all),
            "type 3, other device" => VtdDescriptor.DeviceTlb(VtdMachine.Disk, all),
            "type 8, page of PASID 3" => VtdDescriptor.PasidDeviceTlb(VtdMachine.Nic, new(P3), page),
            "type 8, all of PASID 3" => VtdDescriptor.PasidDeviceTlb(VtdMachine.Nic, new(P3), all),
            "type 8, PASID 4" => VtdDescriptor.PasidDeviceTlb(VtdMachine.Nic, new(4), all),
            "type 8, G" => VtdDescriptor.PasidDeviceTlb(VtdMachine.Nic, new(4), all, everyPasid: true),
            _ => VtdDescriptor.IotlbGlobal(),
        });
        Assert.Equal(left, Held(m));
    }

    [Fact]
    public void Turning_tracking_on_reaches_what_devices_hold()
    {
        using VtdMachine m = Machine(tracking: false);
        m.Write(Page);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
    }

    [Fact]
    public void A_device_that_leaves_a_domain_forgets_it()
    {
        using VtdMachine m = Machine();
        m.Write(Page);
        Domain other = m.Driver.CreateDomain(new(8));
        m.Map(Page, 0xF000, domain: other);
        m.Driver.Attach(VtdMachine.Nic, null, other);
        Assert.Equal(0xF000UL, m.Write(Page).Physical);
    }

    [Fact]
    public void Invalidating_everything_reaches_every_device()
    {
        using VtdMachine m = Machine();
        m.Driver.Attach(VtdMachine.Disk, new Pasid(P3), m.Domain);
        m.Write(Page);
        m.Access(Page, true, VtdMachine.Disk, P3);
        Assert.Equal(5, m.Driver.InvalidateAll());
        Assert.NotEqual(TranslationSource.DeviceTlb, m.Write(Page).Source);
        Assert.NotEqual(TranslationSource.DeviceTlb, m.Access(Page, true, VtdMachine.Disk, P3).Source);
    }

    // Nested: the parent's range says nothing about the device's addresses, so all of its device TLB goes.
    [Fact]
    public void A_parents_invalidation_empties_the_device_TLBs_of_what_nests_on_it()
    {
        using VtdMachine m = Machine();
        VtdNestedDomain guest = new(m.Driver, m.Protocol, m.Domain, new(20));
        guest.Map(0x7000_0000, Page, 0x1000);
        guest.Attach(VtdMachine.Disk, null);
        InvalidationGather gather = new();
        m.Scan(clear: true, gather);
        m.Driver.Invalidate(m.Domain, gather);
        for (int round = 0; round < 3; round++)
        {
            m.Write(0x7000_0000, VtdMachine.Disk);
            Assert.Contains((Page >> 12, 12), m.Scan(clear: true, gather));
            m.Driver.Invalidate(m.Domain, gather);
        }
        m.Write(0x7000_0000, VtdMachine.Disk);
        m.Scan(clear: true, gather);
        guest.Invalidate(0x7000_0000, 0x7000_0FFF, leafOnly: true); // the guest's own flush is not the host's
        m.Write(0x7000_0000, VtdMachine.Disk);
        Assert.Contains((Page >> 12, 12), m.Scan(clear: false));
    }

    // Random rounds: whatever is written between two harvests is reported by the second.
    [Fact]
    public void With_the_protocol_no_write_is_lost() =>
        Gen.Select(Gen.OneOf("vtd", "vtd-fs"), Gen.OneOf(DriverProfile.All.ToArray()), Gen.Select(Gen.Int[0, 3], Gen.Bool, Gen.Int[0, 2]).Array[1, 60]).Sample((model, profile, steps) =>
        {
            using VtdMachine m = Machine(model, profile: profile);
            m.Driver.Attach(VtdMachine.Disk, new Pasid(P3), m.Domain);
            HashSet<ulong> written = [];
            InvalidationGather gather = new();
            foreach ((int page, bool isWrite, int who) in steps)
            {
                if (who == 2)
                {
                    ReportedLeaves reported = new();
                    ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
                    m.Domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, reported, gather);
                    m.Driver.Invalidate(m.Domain, gather);
                    Assert.Equal(written.Order(), reported.All.Select(r => r.FirstPage));
                    written.Clear();
                    continue;
                }
                ulong iova = Page + ((ulong)page << 12);
                Translation got = who == 0 ? m.Access(iova, isWrite) : m.Access(iova, isWrite, VtdMachine.Disk, P3);
                Assert.Equal(FaultKind.None, got.Fault);
                if (isWrite) written.Add(iova >> 12);
            }
        }, iter: 200);
}
