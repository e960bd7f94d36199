using Workbench.Iommu.Faults;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>
/// SADE (bit 8) and GADE (bit 7) of DC.tc are cached with the context: IODIR.INVAL_DDT, then the IOTINVALs that the context's stages ask for.
/// hardware.md 4.2; RISC-V IOMMU, software guidelines.
/// </summary>
public sealed class UpdateToggleTests
{
    private const ulong First = 0x5000, Second = 0x6000;

    private static readonly RiscVDeviceId Nic = RiscVDeviceId.Of(RiscVMachine.Nic);

    public static TheoryData<string, ulong> Models => new() { { "riscv", 1UL << 8 }, { "riscv-g", 1UL << 7 } };

    private static RiscVMachine Machine(string model)
    {
        RiscVMachine m = new(model);
        m.Map(First, 0x9000, 0x2000, largest: 12);
        return m;
    }

    private static RiscVCommand Flush(string model) => model == "riscv" ? RiscVCommand.IotinvalVma(pscid: 7) : RiscVCommand.IotinvalGvma(7);

    [Theory]
    [MemberData(nameof(Models))]
    public void Off_in_memory_changes_nothing_while_the_context_is_cached(string model, ulong bit)
    {
        using RiscVMachine m = Machine(model);
        m.Read(First);
        m.DeviceContext(RiscVMachine.Nic) &= ~bit;
        Assert.Equal(FaultKind.None, m.Write(Second).Fault);
        Assert.True(m.IsDirty(Second));
        m.Submit(Flush(model)); // IOTINVAL has no effect on directory caches
        Assert.Equal(FaultKind.None, m.Write(First).Fault);
        Assert.True(m.IsDirty(First));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Off_after_the_context_went_faults_clear_bits(string model, ulong bit)
    {
        using RiscVMachine m = Machine(model);
        m.Read(First);
        m.DeviceContext(RiscVMachine.Nic) &= ~bit;
        m.Submit(RiscVCommand.IodirInvalDdt(Nic));
        Assert.Equal(FaultKind.AccessedIsClear, m.Read(Second).Fault);
        Assert.Equal(FaultKind.DirtyIsClear, m.Write(First).Fault);
        Assert.False(m.IsAccessed(Second) || m.IsDirty(First));
    }

    // A write through an entry that was cached dirty goes on, though D is clear in memory: only IOTINVAL makes it fault.
    [Theory]
    [MemberData(nameof(Models))]
    public void Off_takes_effect_for_cached_pages_after_IOTINVAL_only(string model, ulong bit)
    {
        using RiscVMachine m = Machine(model);
        m.Write(First);
        m.Scan(clear: true);
        m.DeviceContext(RiscVMachine.Nic) &= ~bit;
        m.Submit(RiscVCommand.IodirInvalDdt(Nic));
        Assert.Equal((FaultKind.None, TranslationSource.Iotlb), (m.Write(First).Fault, m.Write(First).Source));
        m.Submit(Flush(model));
        Assert.Equal(FaultKind.DirtyIsClear, m.Write(First).Fault);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void On_takes_effect_after_IODIR_only(string model, ulong bit)
    {
        using RiscVMachine m = Machine(model);
        m.DeviceContext(RiscVMachine.Nic) &= ~bit;
        Assert.Equal(FaultKind.AccessedIsClear, m.Write(First).Fault);
        m.DeviceContext(RiscVMachine.Nic) |= bit;
        m.Submit(Flush(model));
        Assert.Equal(FaultKind.AccessedIsClear, m.Write(First).Fault);
        m.Submit(RiscVCommand.IodirInvalDdt(Nic));
        Assert.Equal(FaultKind.None, m.Write(First).Fault);
        Assert.True(m.IsDirty(First));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_context_of_another_device_is_not_dropped(string model, ulong bit)
    {
        using RiscVMachine m = Machine(model);
        m.Read(First);
        m.DeviceContext(RiscVMachine.Nic) &= ~bit;
        m.Submit(RiscVCommand.IodirInvalDdt(RiscVDeviceId.Of(RiscVMachine.Disk)));
        Assert.Equal(FaultKind.None, m.Write(Second).Fault);
        m.Submit(RiscVCommand.IodirInvalDdt());
        Assert.Equal(FaultKind.DirtyIsClear, m.Write(First).Fault);
    }

    // Without AMO_HWAD both bits are misconfigurations: cause 259.
    [Theory]
    [MemberData(nameof(Models))]
    public void On_without_AMO_HWAD_is_a_misconfigured_context(string model, ulong bit)
    {
        using RiscVMachine m = new(model, new() { SupportsDirtyTracking = false });
        m.DeviceContext(RiscVMachine.Nic) |= bit;
        Assert.Equal(FaultKind.ContextInvalid, m.Read(First).Fault);
        Assert.Equal(RiscVFaultCause.DeviceEntryMisconfigured, m.TakeFault().Cause);
    }
}
