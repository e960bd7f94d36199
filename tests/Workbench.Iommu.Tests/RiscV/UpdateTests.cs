using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>A and D: who sets them, what a clear one means, and what a harvest loses without its flush. hardware.md 4.2 to 4.4.</summary>
public sealed class UpdateTests
{
    private const ulong Page = 0x5000;
    private const ulong Clean = 0x2417, Accessed = 0x2457, Dirty = 0x24D7;

    // Privileged architecture, "Addressing and memory protection": with updates off, A = 0, or D = 0 on a store, is a page fault of the access type.
    [Theory]
    [InlineData("riscv", Clean, false, RiscVFaultCause.ReadPage)]
    [InlineData("riscv", Clean, true, RiscVFaultCause.WritePage)]
    [InlineData("riscv", Accessed, false, RiscVFaultCause.None)]
    [InlineData("riscv", Accessed, true, RiscVFaultCause.WritePage)]
    [InlineData("riscv", Dirty, false, RiscVFaultCause.None)]
    [InlineData("riscv", Dirty, true, RiscVFaultCause.None)]
    [InlineData("riscv-g", Clean, false, RiscVFaultCause.ReadGuestPage)]
    [InlineData("riscv-g", Clean, true, RiscVFaultCause.WriteGuestPage)]
    [InlineData("riscv-g", Accessed, false, RiscVFaultCause.None)]
    [InlineData("riscv-g", Accessed, true, RiscVFaultCause.WriteGuestPage)]
    [InlineData("riscv-g", Dirty, false, RiscVFaultCause.None)]
    [InlineData("riscv-g", Dirty, true, RiscVFaultCause.None)]
    public void With_updates_off_a_clear_bit_faults_and_nothing_is_written(string model, ulong leaf, bool isWrite, RiscVFaultCause cause)
    {
        using RiscVMachine m = new(model, new() { SupportsDirtyTracking = false });
        m.Map(Page, 0x9000);
        m.Entry(Page, 0) = leaf;
        m.Access(Page, isWrite);
        Assert.Equal(leaf, m.Entry(Page, 0));
        Assert.Equal(cause, m.Unit.TryTakeFault(out RiscVFaultRecord record) ? record.Cause : RiscVFaultCause.None);
    }

    [Theory]
    [InlineData("riscv", Clean, false, Accessed)]
    [InlineData("riscv", Clean, true, Dirty)]
    [InlineData("riscv", Accessed, false, Accessed)]
    [InlineData("riscv", Accessed, true, Dirty)]
    [InlineData("riscv-g", Clean, false, Accessed)]
    [InlineData("riscv-g", Clean, true, Dirty)]
    [InlineData("riscv-g", Accessed, true, Dirty)]
    public void With_updates_on_hardware_sets_them(string model, ulong leaf, bool isWrite, ulong after)
    {
        using RiscVMachine m = new(model);
        m.Map(Page, 0x9000);
        m.Entry(Page, 0) = leaf;
        Assert.Equal(FaultKind.None, m.Access(Page, isWrite).Fault);
        Assert.Equal(after, m.Entry(Page, 0));
    }

    // Never in entries that point to tables: A and D are reserved there.
    [Fact]
    public void Table_entries_are_never_marked()
    {
        using RiscVMachine m = new();
        m.Map(Page, 0x9000);
        m.Write(Page);
        for (int level = 1; level <= 3; level++) Assert.Equal(1UL, m.Entry(Page, level) & 0x3FF);
        Assert.Equal((1, 1), (m.Counters.AccessedUpdates, m.Counters.DirtyUpdates));
    }

    [Theory]
    [InlineData(0x2413UL, FaultKind.NoWritePermission)]
    [InlineData(0x2407UL, FaultKind.SupervisorOnly)]
    [InlineData(0x2416UL, FaultKind.NotPresent)]
    [InlineData(0x0040_0000_0000_2417UL, FaultKind.ReservedBits)]
    public void A_write_that_faults_marks_nothing(ulong leaf, FaultKind expected)
    {
        using RiscVMachine m = new();
        m.Map(Page, 0x9000);
        m.Entry(Page, 0) = leaf;
        Assert.Equal(expected, m.Write(Page).Fault);
        Assert.Equal(leaf, m.Entry(Page, 0));
    }

    [Fact]
    public void A_write_to_a_clean_cached_entry_walks_again_once()
    {
        using RiscVMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        Assert.Equal((TranslationSource.Rewalk, TranslationSource.Iotlb), (m.Write(Page).Source, m.Write(Page).Source));
        Assert.True(m.IsDirty(Page));
    }

    // "Software that clears A or D must invalidate cached copies, otherwise the IOMMU may not set them again."
    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void Clearing_D_without_invalidation_loses_the_next_write(string model)
    {
        using RiscVMachine m = new(model, tracking: true);
        m.Hardware.Diagnose = true;
        m.Map(Page, 0x9000);
        m.Write(Page);
        m.Scan(clear: true);
        Assert.True(m.Write(Page).Swallowed);
        Assert.Empty(m.Scan(clear: false));
    }

    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void With_the_protocol_of_the_driver_no_write_is_lost(string model)
    {
        using RiscVMachine m = new(model, tracking: true);
        m.Map(0, 0x10_0000, 0x10_0000);
        InvalidationGather gather = new();
        for (int round = 0; round < 20; round++)
        {
            SortedSet<ulong> written = [];
            for (int i = 0; i < 40; i++)
            {
                ulong iova = (ulong)((round * 977) + (i * i * 131)) % 256 << 12;
                m.Write(iova);
                Assert.True(m.Domain.Table.TryGetLeaf(iova, out _, out int log2));
                written.Add(iova >> log2 << log2 >> 12);
            }
            Assert.Equal(written, m.Scan(clear: true, gather).Select(r => r.FirstPage));
            m.Driver.Invalidate(m.Domain, gather);
        }
    }

    // The order of issue 772: a queued invalidation has done nothing before its fence completes.
    [Fact]
    public void Only_an_executed_invalidation_makes_the_next_write_visible()
    {
        using RiscVMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Write(Page);
        m.Scan(clear: true);
        int tail = m.Enqueue(RiscVCommand.IotinvalVmaRange(Page, 12, pscid: 7), RiscVCommand.IofenceC());
        m.Write(Page);
        Assert.False(m.IsDirty(Page));
        m.Unit.WriteQueueTail(tail);
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
    }

    [Fact]
    public void Turning_tracking_on_clears_what_earlier_writes_left_and_off_changes_nothing()
    {
        using RiscVMachine m = new();
        m.Map(Page, 0x9000);
        m.Write(Page);
        ulong tc = m.DeviceContext(RiscVMachine.Nic);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Empty(m.Scan(clear: false));
        m.Write(Page);
        Assert.Equal([(Page >> 12, 12)], m.Scan(clear: false));
        long before = m.Driver.CommandsSubmitted;
        m.Driver.SetDirtyTracking(m.Domain, enable: false);
        Assert.Equal((tc, before), (m.DeviceContext(RiscVMachine.Nic), m.Driver.CommandsSubmitted));
        Assert.Equal(FaultKind.None, m.Write(Page + 0xFFF).Fault);
    }

    [Theory]
    [InlineData("riscv", 0x101UL)]
    [InlineData("riscv-g", 0x81UL)]
    public void SADE_or_GADE_is_on_from_the_start(string model, ulong tc)
    {
        using RiscVMachine m = new(model), without = new(model, new() { SupportsDirtyTracking = false });
        Assert.Equal((tc, 1UL), (m.DeviceContext(RiscVMachine.Nic), without.DeviceContext(RiscVMachine.Nic)));
    }
}
