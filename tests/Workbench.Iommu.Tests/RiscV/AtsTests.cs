using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>Translation requests and device TLBs. RISC-V IOMMU, "PCIe ATS translation request handling".</summary>
public sealed class AtsTests
{
    private const ulong Page = 0x5000;

    private static RiscVMachine Machine(string model = "riscv")
    {
        RiscVMachine m = new(model, new() { DeviceTlbEntries = 16 }, tracking: true);
        m.Map(Page, 0x9000);
        return m;
    }

    // hardware.md 4.3: NW = 0 of a writable page sets D at the translation, and W is granted only with D.
    [Theory]
    [InlineData("riscv", true, 0x24D7UL, Permission.ReadWrite)]
    [InlineData("riscv", false, 0x2457UL, Permission.Read)]
    [InlineData("riscv-g", true, 0x24D7UL, Permission.ReadWrite)]
    [InlineData("riscv-g", false, 0x2457UL, Permission.Read)]
    public void A_request_to_write_makes_the_page_dirty_now(string model, bool toWrite, ulong leaf, Permission granted)
    {
        using RiscVMachine m = Machine(model);
        Translation answer = m.Ask(Page, toWrite);
        Assert.Equal((FaultKind.None, 0x9000UL, granted), (answer.Fault, answer.Physical, answer.Granted));
        Assert.Equal(leaf, m.Leaf(Page));
    }

    [Fact]
    public void In_nested_contexts_W_takes_D_of_both_stages()
    {
        using NestedMachine n = new(spec: new() { DeviceTlbEntries = 4 });
        n.MapGuest(Page, NestedMachine.Data, 0x13);
        Assert.Equal(Permission.Read, n.Machine.Ask(Page, toWrite: true).Granted);
        Assert.Equal(0x40UL, n.Host(NestedMachine.Data) & 0xC0); // read-only in the first stage: not dirty in the second
        n.MapGuest(Page + 0x1000, NestedMachine.Data + 0x1000);
        Assert.Equal(Permission.ReadWrite, n.Machine.Ask(Page + 0x1000, toWrite: true).Granted);
        Assert.Equal((0xC0UL, 0xC0UL), (n.Guest(Page + 0x1000) & 0xC0, n.Host(NestedMachine.Data + 0x1000) & 0xC0));
    }

    // Causes 12 to 23 and 266: success without permission and without record.
    [Theory]
    [InlineData("not mapped")]
    [InlineData("no U")]
    [InlineData("reserved bits")]
    [InlineData("not canonical")]
    public void A_page_fault_is_an_answer_without_permission(string what)
    {
        foreach (string model in new[] { "riscv", "riscv-g" })
        {
            using RiscVMachine m = Machine(model);
            if (what == "not mapped") m.Entry(Page, 0) = 0;
            if (what == "no U") m.Entry(Page, 0) &= ~0x10UL;
            if (what == "reserved bits") m.Entry(Page, 0) |= 1UL << 54;
            Translation answer = m.Ask(what == "not canonical" ? 1UL << 60 : Page, toWrite: true);
            Assert.Equal((FaultKind.None, Permission.None), (answer.Fault, answer.Granted));
            Assert.False(m.Unit.TryTakeFault(out _));
        }
    }

    [Theory]
    [InlineData(true, 7)]
    [InlineData(false, 5)]
    public void An_access_fault_is_recorded_as_an_ATS_request(bool toWrite, int cause)
    {
        using RiscVMachine m = Machine();
        m.Entry(Page, 2) = 0x4000_0001;
        Assert.Equal(FaultKind.TableUnreachable, m.Ask(Page, toWrite).Fault);
        Assert.Equal(new((uint)cause | (8UL << 34) | (8UL << 40), 0, Page, 0), m.TakeFault());
    }

    [Fact]
    public void Without_EN_ATS_a_request_is_disallowed()
    {
        using RiscVMachine m = Machine();
        m.DeviceContext(RiscVMachine.Nic) &= ~2UL;
        Assert.Equal(FaultKind.TranslationRequestBlocked, m.Ask(Page, toWrite: false).Fault);
        Assert.Equal(new(260 | (8UL << 34) | (8UL << 40), 0, Page, 0), m.TakeFault());
    }

    [Fact]
    public void In_bare_mode_requests_pass_and_translation_requests_do_not()
    {
        using RiscVMachine m = Machine();
        m.Unit.DirectoryPointer = new() { Mode = RiscVDeviceDirectoryMode.Bare };
        Assert.Equal(FaultKind.TranslationRequestBlocked, m.Ask(0x1234_5000, toWrite: true).Fault);
        Assert.Equal(260, (int)m.TakeFault().Cause);
        using RiscVMachine plain = new();
        plain.Unit.DirectoryPointer = new() { Mode = RiscVDeviceDirectoryMode.Bare };
        Assert.Equal(0x1234_5678UL, plain.Write(0x1234_5678).Physical);
        Assert.Equal(0x1234_5678UL, plain.Access(0x1234_5678, true, pasid: 9).Physical);
    }

    // Step 7 comes before the process directory: 260 even where that is broken, and 266 is silent where ATS is allowed.
    [Theory]
    [InlineData(false, 260)]
    [InlineData(true, 0)]
    public void A_process_that_is_not_there(bool allowsAts, int cause)
    {
        using RiscVMachine m = Machine();
        m.Driver.Attach(RiscVMachine.Nic, new Pasid(5), m.Domain);
        if (!allowsAts) m.DeviceContext(RiscVMachine.Nic) &= ~2UL;
        Translation answer = m.Ask(Page, toWrite: false, pasid: 6);
        Assert.Equal(Permission.None, answer.Granted);
        Assert.Equal(cause, m.Unit.TryTakeFault(out RiscVFaultRecord record) ? (int)record.Cause : 0);
    }

    [Fact]
    public void A_device_writes_through_its_own_TLB()
    {
        using RiscVMachine m = Machine();
        m.Write(Page);
        Assert.Equal((TranslationSource.DeviceTlb, true), (m.Write(Page).Source, m.IsDirty(Page)));
    }

    // hardware.md 5.7: D was set with the translation, so the IOTLB's invalidation alone loses what the device writes.
    [Fact]
    public void Without_ATS_INVAL_the_device_s_later_writes_are_lost()
    {
        using RiscVMachine m = Machine();
        m.Write(Page);
        m.Scan(clear: true);
        m.Submit(RiscVCommand.IotinvalVma(pscid: 7));
        Assert.Equal(TranslationSource.DeviceTlb, m.Write(Page).Source);
        Assert.Empty(m.Scan(clear: false));
        m.Submit(RiscVCommand.AtsInval(RiscVMachine.Nic, Page, 12));
        m.Write(Page);
        Assert.Single(m.Scan(clear: false));
    }

    // The other way round the device can fetch the stale entry from the IOTLB again.
    [Fact]
    public void The_IOTLB_goes_first()
    {
        using RiscVMachine m = Machine();
        m.Write(Page);
        m.Scan(clear: true);
        m.Submit(RiscVCommand.AtsInval(RiscVMachine.Nic, Page, 12));
        m.Write(Page); // asks, and is answered from the IOTLB
        m.Submit(RiscVCommand.IotinvalVma(pscid: 7));
        m.Write(Page);
        Assert.Empty(m.Scan(clear: false));
    }

    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void The_driver_flushes_both_with_a_fence_after_each(string model)
    {
        using RiscVMachine m = Machine(model);
        m.Write(Page);
        InvalidationGather gather = new();
        m.Scan(clear: true, gather);
        Assert.Equal(4, m.Driver.Invalidate(m.Domain, gather));
        m.Write(Page);
        Assert.Single(m.Scan(clear: true));
        Assert.Equal(4, m.Driver.InvalidateDomain(m.Domain));
        Assert.NotEqual(TranslationSource.DeviceTlb, m.Write(Page).Source);
        Assert.Equal(5, m.Driver.InvalidateAll());
        Assert.NotEqual(TranslationSource.DeviceTlb, m.Write(Page).Source);
    }

    [Fact]
    public void Attaching_elsewhere_takes_the_device_s_entries_away()
    {
        using RiscVMachine m = Machine();
        m.Write(Page);
        m.Driver.Attach(RiscVMachine.Nic, null, m.Driver.CreateDomain(new(8)));
        Assert.NotEqual(FaultKind.None, m.Write(Page).Fault);
    }

    // ATS.INVAL: without PASID only requests without, with PASID that one, with G every PASID.
    [Theory]
    [InlineData("none", ".xx")]
    [InlineData("5", "x.x")]
    [InlineData("6", "xx.")]
    [InlineData("every", "...")]
    [InlineData("another device", "xxx")]
    [InlineData("another page", "xxx")]
    public void ATS_INVAL_drops_what_it_names(string what, string left)
    {
        using RiscVMachine m = Machine();
        m.Driver.Attach(RiscVMachine.Nic, new Pasid(5), m.Domain);
        m.Driver.Attach(RiscVMachine.Nic, new Pasid(6), m.Domain);
        uint[] pasids = [DmaRequest.NoPasid, 5, 6];
        foreach (uint pasid in pasids) m.Access(Page, true, pasid: pasid);
        m.Submit(what switch
        {
            "none" => RiscVCommand.AtsInval(RiscVMachine.Nic, Page, 12),
            "every" => RiscVCommand.AtsInval(RiscVMachine.Nic, Page, 12, new Pasid(0), everyProcess: true),
            "another device" => RiscVCommand.AtsInval(RiscVMachine.Disk, Page, 12),
            "another page" => RiscVCommand.AtsInval(RiscVMachine.Nic, 0x8000, 15),
            _ => RiscVCommand.AtsInval(RiscVMachine.Nic, 0, 15, new Pasid(uint.Parse(what, System.Globalization.CultureInfo.InvariantCulture))),
        });
        Assert.Equal(left, string.Concat(pasids.Select(pasid => m.Access(Page, true, pasid: pasid).Source == TranslationSource.DeviceTlb ? 'x' : '.')));
    }
}
