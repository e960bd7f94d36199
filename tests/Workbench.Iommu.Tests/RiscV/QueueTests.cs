using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>The command queue: fetch, fence, stop, go on. RISC-V IOMMU, "Command-Queue" and "Command-queue CSR".</summary>
public sealed class QueueTests
{
    private const ulong Page = 0x5000;

    [Theory]
    [InlineData(0UL, 0x1111_1111_DEAD_BEEFUL)]
    [InlineData(4UL, 0xDEAD_BEEF_1111_1111UL)]
    public void A_fence_writes_its_four_bytes_and_no_others(ulong offset, ulong expected)
    {
        using RiscVMachine m = new();
        Spa status = m.Memory.AllocateFrame();
        m.Memory.Word(status) = 0x1111_1111_1111_1111;
        m.Submit(RiscVCommand.IofenceC(new(status.Value + offset), 0xDEAD_BEEF));
        Assert.Equal((expected, 0UL), (m.Memory.Word(status), m.Memory.Word(new(status.Value + 8))));
        Assert.False(m.Unit.FenceInterruptIsPending);
    }

    [Fact]
    public void A_fence_without_address_writes_nothing()
    {
        using RiscVMachine m = new();
        Spa status = m.Memory.AllocateFrame();
        m.Submit(RiscVCommand.IofenceC(status, 5) with { HasAddress = false });
        Assert.Equal(0UL, m.Memory.Word(status));
    }

    [Fact]
    public void Nothing_happens_before_the_tail_is_written()
    {
        using RiscVMachine m = new();
        Spa status = m.Memory.AllocateFrame();
        int tail = m.Enqueue(RiscVCommand.IofenceC(status, 1));
        Assert.Equal(0UL, m.Memory.Word(status));
        m.Unit.WriteQueueTail(tail);
        Assert.Equal((1UL, tail), (m.Memory.Word(status), m.Unit.QueueHead));
    }

    [Fact]
    public void WSI_sets_fence_w_ip_where_wires_are_used()
    {
        using PhysicalMemory memory = new();
        RiscVUnit unit = Bare(memory, RiscVCapabilities.Default with { InterruptSupport = 2 });
        Fill(memory, unit, RiscVCommand.IofenceC(interrupt: true));
        unit.WriteQueueTail(1);
        Assert.Equal(RiscVCommandError.WireInterruptsDisabled, unit.CommandError);
        unit.UseWireInterrupts(true);
        unit.ClearQueueErrors(); // the command is fetched again
        Assert.Equal((true, 1), (unit.FenceInterruptIsPending, unit.QueueHead));
        unit.ClearFenceInterrupt();
        Assert.False(unit.FenceInterruptIsPending);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Interrupts_are_of_the_kinds_that_IGS_offers(int support, bool wires)
    {
        using PhysicalMemory memory = new();
        RiscVUnit unit = Bare(memory, RiscVCapabilities.Default with { InterruptSupport = support });
        Assert.Throws<InvalidOperationException>(() => unit.UseWireInterrupts(wires));
    }

    private static RiscVCommand Bad(string what) => what switch
    {
        "opcode 0" => default,
        "opcode 5" => new(5, 0),
        "custom opcode" => new(64, 0),
        "function" => new(0x101, 0),
        "reserved bit" => new(0x801, 0),
        "upper reserved bit" => new(1, 1UL << 62),
        "PSCV in GVMA" => new(0x81 | (1UL << 32), 0),
        "WSI" => RiscVCommand.IofenceC(interrupt: true),
        "INVAL_PDT without DV" => new(0x83, 0),
        "device too wide" => RiscVCommand.IodirInvalDdt(new(0x1_0008)),
        "ATS" => RiscVCommand.AtsInval(RiscVMachine.Nic, 0, 12),
        "range of all ones" => new(1 | (1UL << 10), (1UL << 9) | (Bits.Mask(52) << 10)),
        "S" => RiscVCommand.IotinvalVmaRange(0, 13),
        _ => throw new ArgumentOutOfRangeException(nameof(what)),
    };

    [Theory]
    [InlineData("opcode 0", RiscVCommandError.UnknownOpcode)]
    [InlineData("opcode 5", RiscVCommandError.UnknownOpcode)]
    [InlineData("custom opcode", RiscVCommandError.UnknownOpcode)]
    [InlineData("function", RiscVCommandError.UnknownFunction)]
    [InlineData("reserved bit", RiscVCommandError.ReservedBits)]
    [InlineData("upper reserved bit", RiscVCommandError.ReservedBits)]
    [InlineData("PSCV in GVMA", RiscVCommandError.PscidInSecondStage)]
    [InlineData("WSI", RiscVCommandError.WireInterruptsDisabled)]
    [InlineData("INVAL_PDT without DV", RiscVCommandError.DeviceMissing)]
    [InlineData("device too wide", RiscVCommandError.DeviceIdTooWide)]
    [InlineData("ATS", RiscVCommandError.AtsUnsupported)]
    [InlineData("range of all ones", RiscVCommandError.UnspecifiedRange)]
    [InlineData("S", RiscVCommandError.RangeUnsupported)]
    public void A_bad_command_stops_the_queue_at_itself_and_does_nothing(string what, RiscVCommandError error)
    {
        using RiscVMachine m = new(spec: new() { SupportsRangeInvalidation = what != "S" });
        m.Map(Page, 0x9000);
        m.Read(Page);
        Spa before = m.Memory.AllocateFrame(), after = m.Memory.AllocateFrame();
        int start = m.Unit.QueueHead;
        int tail = m.Enqueue(RiscVCommand.IofenceC(before, 1), Bad(what), RiscVCommand.IofenceC(after, 1));
        m.Unit.WriteQueueTail(tail);
        Assert.Equal((error, start + 1), (m.Unit.CommandError, m.Unit.QueueHead));
        Assert.Equal((1UL, 0UL), (m.Memory.Word(before), m.Memory.Word(after)));
        m.Unit.WriteQueueTail(tail); // stopped is stopped
        Assert.Equal((start + 1, 0UL), (m.Unit.QueueHead, m.Memory.Word(after)));
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page).Source);
        m.Unit.ClearQueueErrors(); // still the same command
        Assert.Equal((error, 0UL), (m.Unit.CommandError, m.Memory.Word(after)));
        RiscVCommand good = RiscVCommand.IotinvalVma();
        m.Memory.Write(new(m.Unit.QueueBase.Value + ((ulong)(start + 1) * 16)), [good.Word0, good.Word1]);
        m.Unit.ClearQueueErrors();
        Assert.Equal((tail, 1UL), (m.Unit.QueueHead, m.Memory.Word(after)));
        Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
    }

    [Fact]
    public void A_fence_that_cannot_write_stops_the_queue_with_cqmf()
    {
        using RiscVMachine m = new();
        int start = m.Unit.QueueHead;
        m.Unit.WriteQueueTail(m.Enqueue(RiscVCommand.IotinvalVma(), RiscVCommand.IofenceC(new(0x1000), 1)));
        Assert.Equal((true, start + 1), (m.Unit.QueueMemoryFaulted, m.Unit.QueueHead));
        Exception thrown = Assert.ThrowsAny<Exception>(() => m.Driver.InvalidateAll());
        Assert.Contains("cqmf", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_driver_says_so_when_the_queue_has_stopped()
    {
        using RiscVMachine m = new();
        m.Unit.WriteQueueTail(m.Enqueue(Bad("opcode 0")));
        Assert.Contains("UnknownOpcode", Assert.ThrowsAny<Exception>(() => m.Driver.InvalidateAll()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_where_there_is_no_memory_stops_the_queue_with_cqmf()
    {
        using RiscVMachine m = new();
        m.Unit.SetQueue(new(0x10_0000), 4);
        m.Unit.WriteQueueTail(3);
        Assert.Equal((0, true), (m.Unit.QueueHead, m.Unit.QueueMemoryFaulted));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(-1)]
    public void A_tail_outside_the_queue_is_refused(int tail)
    {
        using RiscVMachine m = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Unit.WriteQueueTail(tail));
    }

    [Theory]
    [InlineData(0x1000UL, 1)]
    [InlineData(0x1000UL, 3)]
    [InlineData(0x1800UL, 4)]
    [InlineData(0x1000UL, 512)] // 8 KiB
    public void A_queue_is_a_power_of_two_and_aligned_to_its_size(ulong address, int length)
    {
        using RiscVMachine m = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Unit.SetQueue(new(address), length));
        if (length != 512) Assert.Throws<ArgumentOutOfRangeException>(() => m.Unit.FaultQueue.Set(new(address), length));
    }

    [Fact]
    public void The_driver_goes_round_the_queue_many_times()
    {
        using RiscVMachine m = new();
        m.Map(Page, 0x9000);
        for (int i = 0; i < 1000; i++)
        {
            m.Read(Page);
            Assert.Equal(2, m.Driver.InvalidateDomain(m.Domain));
        }
        Assert.Equal((1000, 1000), (m.Counters.EntriesInvalidated, m.Counters.IotlbMisses));
    }

    // Devices of another segment are none of this machine: accepted, and nothing to drop.
    [Fact]
    public void Commands_for_another_segment_have_no_effect()
    {
        using RiscVMachine m = new(spec: new() { DeviceTlbEntries = 4 });
        m.Map(Page, 0x9000);
        m.Write(Page);
        m.Submit(RiscVCommand.AtsInval(RiscVMachine.Nic, 0, 64, segment: 1));
        Assert.Equal(TranslationSource.DeviceTlb, m.Write(Page).Source);
        m.Submit(RiscVCommand.AtsInval(RiscVMachine.Nic, 0, 64, segment: 0));
        Assert.NotEqual(TranslationSource.DeviceTlb, m.Write(Page).Source);
        RiscVDeviceDirectoryPointer two = m.Unit.DirectoryPointer;
        m.Unit.DirectoryPointer = two with { Mode = RiscVDeviceDirectoryMode.ThreeLevels };
        m.DeviceContext(RiscVMachine.Nic) &= ~1UL;
        m.Submit(RiscVCommand.IodirInvalDdt(RiscVDeviceId.Of(RiscVMachine.Nic, segment: 1)), RiscVCommand.IodirInvalPdt(RiscVDeviceId.Of(RiscVMachine.Nic, segment: 1), default),
            RiscVCommand.AtsInval(RiscVMachine.Nic, 0, 64));
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        m.Submit(RiscVCommand.IodirInvalDdt(RiscVDeviceId.Of(RiscVMachine.Nic)), RiscVCommand.AtsInval(RiscVMachine.Nic, 0, 64));
        Assert.NotEqual(FaultKind.None, m.Write(Page).Fault);
    }

    private static RiscVUnit Bare(PhysicalMemory memory, RiscVCapabilities capabilities)
    {
        RiscVUnit unit = new(memory, capabilities);
        unit.Connect(IommuEngine.Build(unit, unit.Walkers, new() { Sets = 1, Ways = 4 }, unit.Record));
        unit.SetQueue(memory.AllocateFrame(), 8);
        return unit;
    }

    private static void Fill(PhysicalMemory memory, RiscVUnit unit, RiscVCommand command) => memory.Write(unit.QueueBase, [command.Word0, command.Word1]);
}
