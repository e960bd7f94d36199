using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>Each cause, provoked, and its record bit for bit. RISC-V IOMMU, "Fault/Event-Queue"; hardware.md 4.7.</summary>
public sealed class FaultTests
{
    private const ulong Page = 0x5000, Address = Page + 0x7A8;
    private const ulong Nowhere = 0x4000_0000; // PPN field for a page where there is no memory

    private static readonly Dictionary<string, Action<RiscVMachine>> Damage = new()
    {
        ["unit off"] = m => m.Unit.DirectoryPointer = default,
        ["directory unreachable"] = m => m.Unit.DirectoryPointer = m.Unit.DirectoryPointer with { Table = new(0x1000) },
        ["directory entry not valid"] = m => m.DirectoryEntry(RiscVMachine.Nic) &= ~1UL,
        ["directory entry reserved"] = m => m.DirectoryEntry(RiscVMachine.Nic) |= 2,
        ["context unreachable"] = m => m.DirectoryEntry(RiscVMachine.Nic) = Nowhere | 1,
        ["context not valid"] = m => m.DeviceContext(RiscVMachine.Nic) &= ~1UL,
        ["context reserved bit"] = m => m.DeviceContext(RiscVMachine.Nic) |= 1UL << 12,
        ["context mode none"] = m => m.DeviceContext(RiscVMachine.Nic, 3) |= 15UL << 60,
        ["context with EN_ATS without ATS"] = m => m.DeviceContext(RiscVMachine.Nic) |= 2,
        ["device beyond the directory"] = m => m.Unit.DirectoryPointer = new() { Mode = RiscVDeviceDirectoryMode.OneLevel, Table = m.Unit.DirectoryPointer.Table },
        ["root unreachable"] = m => m.DeviceContext(RiscVMachine.Nic, 3) = (m.DeviceContext(RiscVMachine.Nic, 3) & ~Bits.Mask(44)) | 1,
        ["table unreachable"] = m => m.Entry(Page, 2) = Nowhere | 1,
        ["leaf not valid"] = m => m.Entry(Page, 0) &= ~1UL,
        ["table not valid"] = m => m.Entry(Page, 2) = 0,
        ["W without R"] = m => m.Entry(Page, 0) = 0x2415,
        ["pointer at level 0"] = m => m.Entry(Page, 0) = 0x2401,
        ["A in a pointer"] = m => m.Entry(Page, 1) |= 0x40,
        ["PBMT without Svpbmt"] = m => m.Entry(Page, 0) |= 1UL << 61,
        ["PBMT in a pointer"] = m => m.Entry(Page, 1) |= 1UL << 61,
        ["bit 59 without Svrsw60t59b"] = m => m.Entry(Page, 0) |= 1UL << 59,
        ["bit 60 in a pointer"] = m => m.Entry(Page, 1) |= 1UL << 60,
        ["no W"] = m => m.Entry(Page, 0) = 0x2413,
        ["X only"] = m => m.Entry(Page, 0) = 0x2419,
        ["no U"] = m => m.Entry(Page, 0) = 0x2407,
    };

    [Theory]
    [InlineData("unit off", 256)]
    [InlineData("directory unreachable", 257)]
    [InlineData("context unreachable", 257)]
    [InlineData("directory entry not valid", 258)]
    [InlineData("context not valid", 258)]
    [InlineData("directory entry reserved", 259)]
    [InlineData("context reserved bit", 259)]
    [InlineData("context mode none", 259)]
    [InlineData("context with EN_ATS without ATS", 259)]
    [InlineData("device beyond the directory", 260)]
    [InlineData("root unreachable", 7)]
    [InlineData("root unreachable", 5, false)]
    [InlineData("table unreachable", 7)]
    [InlineData("table unreachable", 5, false)]
    [InlineData("leaf not valid", 15)]
    [InlineData("leaf not valid", 13, false)]
    [InlineData("table not valid", 15)]
    [InlineData("W without R", 15)]
    [InlineData("W without R", 13, false)]
    [InlineData("pointer at level 0", 13, false)]
    [InlineData("A in a pointer", 15)]
    [InlineData("PBMT without Svpbmt", 13, false)]
    [InlineData("PBMT in a pointer", 13, false)]
    [InlineData("bit 59 without Svrsw60t59b", 13, false)]
    [InlineData("bit 60 in a pointer", 15)]
    [InlineData("no W", 15)]
    [InlineData("X only", 13, false)]
    [InlineData("no U", 15)]
    [InlineData("no U", 13, false)]
    public void What_is_wrong_gives_this_cause(string damage, int cause, bool isWrite = true)
    {
        using RiscVMachine m = new();
        m.Map(Page, 0x9000);
        RequesterId device = damage == "device beyond the directory" ? RequesterId.Of(1, 0, 0) : RiscVMachine.Nic;
        Damage[damage](m);
        Assert.NotEqual(FaultKind.None, m.Access(Address, isWrite, device).Fault);
        Assert.Equal(Record(cause, isWrite, device), m.TakeFault());
        Assert.False(m.Unit.TryTakeFault(out _));
    }

    // In the second stage page faults are guest page faults, whose guest address is the IOVA.
    [Theory]
    [InlineData("leaf not valid", 23)]
    [InlineData("leaf not valid", 21, false)]
    [InlineData("A in a pointer", 23)]
    [InlineData("no U", 21, false)]
    [InlineData("no W", 23)]
    public void Of_the_second_stage_they_are_guest_page_faults(string damage, int cause, bool isWrite = true)
    {
        using RiscVMachine m = new("riscv-g");
        m.Map(Page, 0x9000);
        Damage[damage](m);
        m.Access(Address, isWrite);
        Assert.Equal(Record(cause, isWrite) with { Word3 = Address }, m.TakeFault());
    }

    [Fact]
    public void An_access_fault_of_the_second_stage_names_no_guest_address()
    {
        using RiscVMachine m = new("riscv-g");
        m.Map(Page, 0x9000);
        m.Entry(Page, 2) = Nowhere | 1;
        m.Write(Address);
        Assert.Equal(Record(7, isWrite: true), m.TakeFault());
    }

    [Theory]
    [InlineData("riscv", 1UL << 47, 15)]
    [InlineData("riscv", 0x8000_0000_0000_0000UL, 15)]
    [InlineData("riscv-g", 1UL << 50, 23)]
    public void An_address_beyond_the_width_is_a_page_fault(string model, ulong address, int cause)
    {
        using RiscVMachine m = new(model);
        m.Write(address);
        Assert.Equal((cause, address), ((int)m.TakeFault().Cause, m.Hardware.DrainFaults()[0].Iova.Value));
    }

    // The upper half of a signed space exists and is not mapped: index 511 at the top.
    [Fact]
    public void The_upper_half_is_walked()
    {
        using RiscVMachine m = new();
        ulong upper = unchecked((ulong)-0x1000L);
        m.Memory.Word(new(m.Domain.Table.Root.Value + (511 * 8))) = 0;
        Assert.Equal(FaultKind.NotPresent, m.Read(upper).Fault);
        m.Memory.Word(new(m.Domain.Table.Root.Value + (511 * 8))) = 0x17; // 512 GiB at 0
        Assert.Equal((FaultKind.None, (1UL << 39) - 0x1000), (m.Read(upper).Fault, m.Read(upper).Physical));
    }

    [Theory]
    [InlineData(36, 0xF_FFFF_F000UL, 0)]
    [InlineData(36, 0x10_0000_0000UL, 7)]
    public void A_page_beyond_the_physical_addresses_is_an_access_fault(int physicalBits, ulong physical, int cause)
    {
        using PhysicalMemory memory = new();
        // Tables lie above such an address, so only a leaf can be judged: a root that is one, read past the check of where it lies.
        Contexts.TableStage stage = new()
        {
            Root = memory.AllocateFrame().Value, RootLevel = 0, LastInput = Bits.Mask(20), LastOutput = Bits.Mask(physicalBits),
            Accessed = Contexts.BitKeeping.ByHardware, Dirty = Contexts.BitKeeping.ByHardware,
        };
        memory.Word(new(stage.Root)) = RiscVFirstStageFormat.EncodeLeaf(physical, 0, 12, Permission.ReadWrite);
        PageTableWalker<RiscVFirstStageFormat> walker = new(memory, hasWalkCaches: false);
        IommuCounters counters = default;
        FaultKind fault = walker.Walk(new() { Tag = Workbench.Iommu.Caches.CacheTag.Outside(1), Walker = walker, Table = stage }, 0, AccessKind.Write, ref counters, out _);
        Assert.Equal(cause, (int)RiscVFaults.CauseOf(fault, walker.LastFault, isWrite: true));
    }

    [Fact]
    public void A_PASID_without_process_directory_is_disallowed_and_named()
    {
        using RiscVMachine m = new();
        m.Access(Address, true, pasid: 0xABCDE);
        Assert.Equal(Record(260, isWrite: true) with { Word0 = 260 | (0xABCDEUL << 12) | (1UL << 32) | (3UL << 34) | (8UL << 40) }, m.TakeFault());
    }

    // DTF leaves only what is found before the context, and 268, 272, 273.
    [Theory]
    [InlineData("leaf not valid", false)]
    [InlineData("table unreachable", false)]
    [InlineData("context not valid", true)]
    [InlineData("context reserved bit", true)]
    [InlineData("unit off", true)]
    public void DTF_suppresses_what_the_context_is_needed_for(string damage, bool isRecorded)
    {
        using RiscVMachine m = new();
        m.Map(Page, 0x9000);
        m.DeviceContext(RiscVMachine.Nic) |= 1UL << 4;
        Damage[damage](m);
        Assert.NotEqual(FaultKind.None, m.Write(Address).Fault);
        Assert.Equal(isRecorded, m.Unit.TryTakeFault(out _));
    }

    [Fact]
    public void DTF_suppresses_a_PASID_that_is_not_allowed()
    {
        using RiscVMachine m = new();
        m.DeviceContext(RiscVMachine.Nic) |= 1UL << 4;
        Assert.Equal(FaultKind.PasidNotAllowed, m.Access(Address, true, pasid: 3).Fault);
        Assert.False(m.Unit.TryTakeFault(out _));
        m.DeviceContext(RiscVMachine.Nic) &= ~(1UL << 4);
        m.Access(Address, true, pasid: 3); // what failed is not cached
        Assert.Equal(RiscVFaultCause.TransactionTypeDisallowed, m.TakeFault().Cause);
    }

    [Fact]
    public void A_full_queue_overflows_and_drops_until_software_clears_the_bit()
    {
        using RiscVMachine m = new();
        for (uint i = 0; i < 127; i++) m.Write(i << 12);
        Assert.Equal((127, false), (m.Unit.FaultQueue.Count, m.Unit.FaultQueue.Overflowed));
        m.Write(0x7F000);
        Assert.Equal((127, true), (m.Unit.FaultQueue.Count, m.Unit.FaultQueue.Overflowed));
        for (ulong i = 0; i < 127; i++) Assert.Equal(i << 12, m.TakeFault().Address.Value);
        m.Write(0x80000);
        Assert.Equal(0, m.Unit.FaultQueue.Count); // room alone is not enough
        m.Unit.FaultQueue.ClearErrors();
        m.Write(0x81000);
        Assert.Equal(0x81000UL, m.TakeFault().Address.Value);
    }

    [Fact]
    public void A_queue_where_there_is_no_memory_sets_fqmf()
    {
        using RiscVMachine m = new();
        m.Unit.FaultQueue.Set(new(0x10000), 16);
        m.Write(Page);
        Assert.Equal((true, 0), (m.Unit.FaultQueue.MemoryFaulted, m.Unit.FaultQueue.Count));
        m.Unit.FaultQueue.Set(new(0), 0);
        m.Write(Page);
        Assert.False(m.Unit.FaultQueue.MemoryFaulted); // off: nothing is even tried
    }

    // Kinds that this architecture does not have are the device's own refusals.
    [Fact]
    public void Every_kind_of_fault_has_a_cause() =>
        Assert.All(Enum.GetValues<FaultKind>().Where(k => k is not FaultKind.None and not FaultKind.DeviceTranslationRefused), kind =>
        {
            foreach (FaultStage stage in Enum.GetValues<FaultStage>())
                Assert.True(Enum.IsDefined(RiscVFaults.CauseOf(kind, new(stage), isWrite: true)) && RiscVFaults.CauseOf(kind, new(stage), isWrite: false) != RiscVFaultCause.None);
        });

    private static RiscVFaultRecord Record(int cause, bool isWrite, RequesterId? device = null) =>
        new((uint)cause | ((isWrite ? 3UL : 2UL) << 34) | ((ulong)(device ?? RiscVMachine.Nic).Value << 40), 0, Address, 0);
}
