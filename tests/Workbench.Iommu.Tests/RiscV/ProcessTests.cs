using Workbench.Iommu.Faults;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>Process directories: PASIDs with first stages of their own. RISC-V IOMMU, "Process to locate the Process-context"; causes 260, 265 to 267.</summary>
public sealed class ProcessTests
{
    private const ulong Page = 0x5000, Nowhere = 0x4000_0000;

    private static RiscVMachine Machine(uint pasid = 0x2_0305)
    {
        RiscVMachine m = new();
        m.Map(Page, 0x9000);
        Domain second = m.Driver.CreateDomain(new(8));
        m.Map(Page, 0xB000, domain: second);
        m.Driver.Attach(RiscVMachine.Nic, new Pasid(pasid), second);
        return m;
    }

    /// <summary>An entry of the Nic's directory of three levels, for a process.</summary>
    private static ref ulong Entry(RiscVMachine m, uint pasid, int level, int word = 0)
    {
        ulong table = (m.DeviceContext(RiscVMachine.Nic, 3) & Bits.Mask(44)) << 12;
        for (int at = 2; ; at--)
        {
            ref ulong slot = ref m.Memory.Word(new(table + RiscVProcessDirectory.OffsetOf(new(pasid), at) + (8UL * (uint)word * (at == level ? 1u : 0u))));
            if (at == level) return ref slot;
            table = new RiscVProcessDirectoryEntry(slot).Table;
        }
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(0x100u)]
    [InlineData(0x2_0305u)]
    [InlineData(0xF_FFFFu)]
    public void A_PASID_has_its_own_domain(uint pasid)
    {
        using RiscVMachine m = Machine(pasid);
        for (int round = 0; round < 2; round++) Assert.Equal((0x9000UL, 0xB000UL), (m.Read(Page).Physical, m.Access(Page, false, pasid: pasid).Physical));
        Assert.Equal(2, m.Counters.IotlbHits);
    }

    [Fact]
    public void The_context_then_is_a_directory_with_DPE_and_process_0_is_the_device_s_own()
    {
        using RiscVMachine m = Machine();
        Assert.Equal(1UL | (1 << 5) | (1 << 8) | (1 << 9), m.DeviceContext(RiscVMachine.Nic)); // V, PDTV, SADE, DPE
        Assert.Equal(3UL, m.DeviceContext(RiscVMachine.Nic, 3) >> 60); // PD20
        Assert.Equal(1UL | (7UL << 12), Entry(m, 0, 0));
        Assert.Equal((9UL << 60) | (m.Domain.Table.Root.Value >> 12), Entry(m, 0, 0, word: 1));
        Assert.Equal(0x9000UL, m.Access(Page, false, pasid: 0).Physical);
    }

    [Fact]
    public void The_device_goes_on_where_it_was_when_its_first_PASID_comes()
    {
        using RiscVMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Write(Page);
        Domain second = m.Driver.CreateDomain(new(8));
        m.Driver.Attach(RiscVMachine.Nic, new Pasid(5), second);
        Assert.Equal((FaultKind.None, 0x9000UL), (m.Write(Page).Fault, m.Write(Page).Physical));
        m.Driver.Attach(RiscVMachine.Nic, null, second);
        Assert.Equal(FaultKind.NotPresent, m.Write(Page).Fault);
    }

    [Fact]
    public void A_PASID_can_be_attached_before_the_device_itself()
    {
        using RiscVMachine m = new();
        m.Map(Page, 0x9000);
        m.Driver.Attach(RiscVMachine.Disk, new Pasid(5), m.Domain);
        Assert.Equal(FaultKind.PasidNotPresent, m.Read(Page, RiscVMachine.Disk).Fault);
        Assert.Equal(RiscVFaultCause.ProcessEntryNotValid, m.TakeFault().Cause);
        m.Driver.Attach(RiscVMachine.Disk, null, m.Domain);
        Assert.Equal((0x9000UL, 0x9000UL), (m.Read(Page, RiscVMachine.Disk).Physical, m.Access(Page, false, RiscVMachine.Disk, pasid: 5).Physical));
    }

    [Fact]
    public void Attaching_a_PASID_elsewhere_flushes_its_context()
    {
        using RiscVMachine m = Machine(5);
        m.Access(Page, false, pasid: 5);
        m.Driver.Attach(RiscVMachine.Nic, new Pasid(5), m.Domain);
        Assert.Equal(0x9000UL, m.Access(Page, false, pasid: 5).Physical);
    }

    [Fact]
    public void Each_process_is_tracked_by_its_own_D()
    {
        using RiscVMachine m = new();
        Domain second = m.Driver.CreateDomain(new(8));
        m.Map(Page, 0x9000);
        m.Map(Page, 0xB000, domain: second);
        m.Driver.Attach(RiscVMachine.Nic, new Pasid(5), second);
        m.Access(Page, true, pasid: 5);
        Assert.Equal((false, true), (m.IsDirty(Page), m.IsDirty(Page, second)));
    }

    [Fact]
    public void Second_stages_have_no_processes()
    {
        using RiscVMachine m = new("riscv-g");
        Assert.Contains("riscv", Assert.Throws<NotSupportedException>(() => m.Driver.Attach(RiscVMachine.Disk, new Pasid(5), m.Domain)).Message, StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, Action<RiscVMachine>> Damage = new()
    {
        ["directory unreachable"] = m => m.DeviceContext(RiscVMachine.Nic, 3) = (3UL << 60) | 1,
        ["directory entry not valid"] = m => Entry(m, 5, 1) &= ~1UL,
        ["directory entry reserved"] = m => Entry(m, 5, 2) |= 2,
        ["context unreachable"] = m => Entry(m, 5, 1) = Nowhere | 1,
        ["context not valid"] = m => Entry(m, 5, 0) &= ~1UL,
        ["context reserved bit"] = m => Entry(m, 5, 0) |= 8,
        ["context mode none"] = m => Entry(m, 5, 0, word: 1) |= 15UL << 60,
        ["too wide for PD8"] = m => m.DeviceContext(RiscVMachine.Nic, 3) = (1UL << 60) | (m.DeviceContext(RiscVMachine.Nic, 3) & Bits.Mask(44)),
    };

    [Theory]
    [InlineData("directory unreachable", 265)]
    [InlineData("context unreachable", 265)]
    [InlineData("directory entry not valid", 266)]
    [InlineData("context not valid", 266)]
    [InlineData("directory entry reserved", 267)]
    [InlineData("context reserved bit", 267)]
    [InlineData("context mode none", 267)]
    [InlineData("too wide for PD8", 260, 0x100u)]
    [InlineData("too wide for PD8", 260, 0x1_0000u)]
    public void What_is_wrong_gives_this_cause(string damage, int cause, uint pasid = 5)
    {
        using RiscVMachine m = Machine(5);
        Damage[damage](m);
        m.Access(Page + 8, true, pasid: pasid);
        Assert.Equal(new((uint)cause | ((ulong)pasid << 12) | (1UL << 32) | (3UL << 34) | (8UL << 40), 0, Page + 8, 0), m.TakeFault());
    }

    [Fact]
    public void A_PASID_of_more_than_20_bits_is_too_wide()
    {
        using RiscVMachine m = Machine();
        m.Access(Page, true, pasid: 0x10_0005);
        RiscVFaultRecord record = m.TakeFault();
        Assert.Equal((RiscVFaultCause.TransactionTypeDisallowed, 5u), (record.Cause, record.ProcessId.Value)); // the field has 20 bits
    }

    // Without DPE a request without PASID has no first stage; without a second stage either it passes.
    [Fact]
    public void Without_DPE_requests_without_PASID_pass_through()
    {
        using RiscVMachine m = Machine(5);
        m.DeviceContext(RiscVMachine.Nic) &= ~(1UL << 9);
        Assert.Equal((0x1234_5678UL, FaultKind.None), (m.Write(0x1234_5678).Physical, m.Write(0x1234_5678).Fault));
        Assert.Equal(0xB000UL, m.Access(Page, false, pasid: 5).Physical);
    }

    [Fact]
    public void A_bare_directory_passes_every_process_through()
    {
        using RiscVMachine m = Machine(5);
        m.DeviceContext(RiscVMachine.Nic, 3) = 0;
        Assert.Equal(0x1234_5678UL, m.Access(0x1234_5678, true, pasid: 77).Physical);
    }

    [Fact]
    public void INVAL_PDT_drops_one_process_of_one_device()
    {
        using RiscVMachine m = Machine(5);
        m.Access(Page, false, pasid: 5);
        m.Read(Page);
        Entry(m, 5, 0) &= ~1UL;
        Entry(m, 0, 0) &= ~1UL;
        RiscVDeviceId nic = RiscVDeviceId.Of(RiscVMachine.Nic);
        m.Submit(RiscVCommand.IodirInvalPdt(nic, new(6)), RiscVCommand.IodirInvalPdt(RiscVDeviceId.Of(RiscVMachine.Disk), new(5)), RiscVCommand.IotinvalVma(pscid: 8));
        Assert.Equal(FaultKind.None, m.Access(Page, false, pasid: 5).Fault);
        m.Submit(RiscVCommand.IodirInvalPdt(nic, new(5)));
        Assert.Equal(FaultKind.PasidNotPresent, m.Access(Page, false, pasid: 5).Fault);
        Assert.Equal(FaultKind.None, m.Read(Page).Fault);
        m.Submit(RiscVCommand.IodirInvalDdt(nic)); // the device, and all of its processes
        Assert.Equal(FaultKind.PasidNotPresent, m.Read(Page).Fault);
    }

    // Under a second stage the directory lies at guest addresses: an implicit read, reported with the request's own access type.
    [Theory]
    [InlineData(true, 23)]
    [InlineData(false, 21)]
    public void A_directory_that_the_guest_has_not_is_an_implicit_guest_page_fault(bool isWrite, int cause)
    {
        using NestedMachine n = new();
        RiscVMachine m = n.Machine;
        Spa frame = m.Memory.AllocateFrame();
        new RiscVProcessContext { IsValid = true, Pscid = 3, FirstStageMode = RiscVFirstStageMode.Sv39, FirstStageTable = NestedMachine.Root }.Write(System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref m.Memory.Word(new(frame.Value + (5 * 16))), 2));
        n.MapGuest(Page, NestedMachine.Data);
        m.DeviceContext(RiscVMachine.Nic) |= 1UL << 5;
        m.DeviceContext(RiscVMachine.Nic, 2) = 0;
        m.DeviceContext(RiscVMachine.Nic, 3) = (1UL << 60) | 0x50; // PD8 at guest address 0x50000
        m.Access(Page + 4, isWrite, pasid: 5);
        Assert.Equal(new((uint)cause | (5UL << 12) | (1UL << 32) | ((isWrite ? 3UL : 2UL) << 34) | (8UL << 40), 0, Page + 4, 0x5_0051), m.TakeFault());
        m.Map(0x5_0000, frame.Value, largest: 12);
        Assert.Equal(0x9_0000UL, m.Access(Page, isWrite, pasid: 5).Physical);
        Assert.Equal(RiscVSecondStageFormat.AccessedBit, n.Host(0x5_0000) & 0xC0); // read, not written
        m.Access(0x10_0000_0000_0000, isWrite); // a later fault is not taken for that of the directory
        Assert.False(m.TakeFault().IsImplicit);
    }
}
