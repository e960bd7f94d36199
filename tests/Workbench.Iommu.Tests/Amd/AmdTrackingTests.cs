using Workbench.Iommu.Amd;
using Workbench.Iommu.Invalidation;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>
/// HAD is bits 8:7 of the device table entry and is cached: INVALIDATE_DEVTAB_ENTRY, then INVALIDATE_IOMMU_PAGES. And what clearing D takes.
/// hardware.md §1.5, §5.
/// </summary>
public sealed class AmdTrackingTests
{
    private const ulong First = 0x5000, Second = 0x6000, Had = 3UL << 7;

    private static AmdMachine Machine(bool tracking)
    {
        AmdMachine m = new(tracking: tracking);
        // Two leaves: together they would be one of 8 KiB, so they map crosswise.
        m.Map(First, 0x9000);
        m.Map(Second, 0xC000);
        return m;
    }

    [Fact]
    public void The_driver_flips_exactly_HAD()
    {
        using AmdMachine m = new();
        AmdDeviceTableEntry off = m.EntryOf(AmdMachine.Nic);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Equal(off with { HostAccessDirty = AmdHostAccessDirty.AccessedAndDirty }, m.EntryOf(AmdMachine.Nic));
        Assert.Equal(off.Word0 | Had, m.DeviceEntry(AmdMachine.Nic));
        m.Driver.SetDirtyTracking(m.Domain, enable: false);
        Assert.Equal(off, m.EntryOf(AmdMachine.Nic));
    }

    // §1.5: one INVALIDATE_DEVTAB_ENTRY per device, one INVALIDATE_IOMMU_PAGES, one COMPLETION_WAIT.
    [Fact]
    public void Turning_on_takes_one_command_per_device_one_for_the_domain_and_a_wait()
    {
        using AmdMachine m = Machine(tracking: false);
        m.Driver.Attach(AmdMachine.Disk, null, m.Domain);
        long before = m.Driver.CommandsSubmitted;
        int head = m.Unit.CommandHead;
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Equal(before + 4, m.Driver.CommandsSubmitted);
        AmdCommand[] sent = [.. Enumerable.Range(head, 4).Select(i => new AmdCommand(m.Memory.Word(new(m.Unit.CommandBase.Value + ((ulong)i * 16))), m.Memory.Word(new(m.Unit.CommandBase.Value + ((ulong)i * 16) + 8))))];
        Assert.Equal([AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic), AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Disk), AmdCommand.InvalidateDomain(m.Domain.Id)], sent[..3]);
        Assert.Equal((AmdCommandOpcode.CompletionWait, true), (sent[3].Opcode, sent[3].StoresData));
        Assert.True(sent[2].IncludesTableEntries);
    }

    // The matrix: HAD in memory, with neither, either or both invalidations; First is cached by a write before, Second is not.
    [Theory]
    [InlineData(false, false, false, false)]
    [InlineData(true, false, false, true)]
    [InlineData(false, true, false, false)]
    [InlineData(true, true, true, true)]
    public void HAD_takes_effect_after_both_invalidations(bool deviceTable, bool pages, bool cachedIsTracked, bool otherIsTracked)
    {
        using AmdMachine m = Machine(tracking: false);
        m.Write(First);
        m.DeviceEntry(AmdMachine.Nic) |= Had;
        if (deviceTable) m.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic));
        if (pages) m.Submit(AmdCommand.InvalidateDomain(m.Domain.Id));
        m.Write(First);
        m.Write(Second);
        Assert.Equal((cachedIsTracked, otherIsTracked), (m.IsDirty(First), m.IsDirty(Second)));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Clearing_HAD_leaves_D_being_set_until_the_entry_is_flushed(bool deviceTable, bool isTracked)
    {
        using AmdMachine m = Machine(tracking: true);
        m.Read(First);
        m.DeviceEntry(AmdMachine.Nic) &= ~Had;
        if (deviceTable) m.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic));
        m.Write(Second);
        Assert.Equal(isTracked, m.IsDirty(Second));
    }

    [Fact]
    public void The_entry_of_another_device_is_not_dropped()
    {
        using AmdMachine m = Machine(tracking: false);
        m.Read(First);
        m.DeviceEntry(AmdMachine.Nic) |= Had;
        m.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Disk), AmdCommand.InvalidateDomain(m.Domain.Id));
        m.Write(First);
        Assert.False(m.IsDirty(First));
    }

    [Fact]
    public void Tracking_covers_every_device_of_the_domain_and_those_attached_later()
    {
        using AmdMachine m = Machine(tracking: false);
        m.Driver.Attach(AmdMachine.Disk, null, m.Domain);
        m.Read(First, AmdMachine.Disk);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        m.Write(First, AmdMachine.Disk);
        RequesterId late = RequesterId.Of(3, 0, 0);
        m.Driver.Attach(late, null, m.Domain);
        m.Write(Second, late);
        Assert.True(m.IsDirty(First) && m.IsDirty(Second));
    }

    [Fact]
    public void Turning_tracking_on_clears_what_an_earlier_run_left()
    {
        using AmdMachine m = Machine(tracking: true);
        m.Write(First);
        m.Driver.SetDirtyTracking(m.Domain, enable: false);
        Assert.True(m.IsDirty(First)); // off leaves the bits: they mean nothing
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Empty(m.Scan(clear: false));
        m.Write(First);
        Assert.Equal([(First >> 12, 12)], m.Scan(clear: false));
    }

    // §0 contract: without the flush a cached dirty entry writes nothing.
    [Theory]
    [InlineData("amd", false)]
    [InlineData("amd", true)]
    [InlineData("amd-v2", false)]
    [InlineData("amd-v2", true)]
    public void Clearing_D_without_an_invalidation_loses_the_next_write(string model, bool invalidates)
    {
        using AmdMachine m = new(new() { Model = model }, tracking: true);
        m.Map(First, 0x9000);
        m.Hardware.Diagnose = true;
        m.Write(First);
        InvalidationGather gather = new();
        Assert.Equal([(First >> 12, 12)], m.Scan(clear: true, gather));
        if (invalidates) m.Driver.Invalidate(m.Domain, gather);
        Assert.Equal(!invalidates, m.Write(First).Swallowed);
        Assert.Equal(invalidates, m.IsDirty(First));
    }

    // §1.4: a run is one IOTLB entry, so a cleared replica anywhere in it loses writes to all of it.
    [Fact]
    public void Clearing_a_run_without_an_invalidation_loses_writes_through_every_replica()
    {
        using AmdMachine m = new(tracking: true);
        m.Map(0x10000, 0x90000, 0x10000);
        m.Write(0x1A000);
        m.Scan(clear: true);
        for (ulong i = 0; i < 16; i++) m.Write(0x10000 + (i << 12));
        Assert.Empty(m.Scan(clear: false));
    }

    [Fact]
    public void A_read_cached_first_does_not_hide_the_write()
    {
        using AmdMachine m = Machine(tracking: true);
        m.Read(First);
        Assert.Equal((false, TranslationSource.Rewalk, true), (m.IsDirty(First), m.Write(First).Source, m.IsDirty(First)));
    }

    // §1b: guest tables have A and D without any switch.
    [Fact]
    public void Guest_tables_are_dirtied_whether_tracking_is_on_or_off()
    {
        using AmdMachine m = new(AmdMachine.Guest);
        m.Map(First, 0x9000);
        m.Write(First);
        Assert.True(m.IsDirty(First) && m.IsAccessed(First));
        AmdDeviceTableEntry before = m.EntryOf(AmdMachine.Nic);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Equal(before, m.EntryOf(AmdMachine.Nic));
        Assert.False(m.IsDirty(First)); // cleared, and invalidated:
        m.Write(First);
        Assert.True(m.IsDirty(First));
    }
}
