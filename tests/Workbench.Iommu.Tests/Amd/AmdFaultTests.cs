using Workbench.Iommu.Amd;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>
/// From what is wrong in memory to the words in the event log. hardware.md §1.8; flag positions are AmdEvent's. The four flag words of denied and not present
/// reads and writes (0x000, 0x020, 0x050, 0x070) are those of published logs [S*].
/// </summary>
public sealed class AmdFaultTests
{
    private const ulong Page = 0x5000, Where = Page + 0x7A8;

    // Codes in 63:60, flags in 59:48, DomainID 7 in 47:32, device 00:01.0 in 15:0.
    private const ulong PageFault = 0x2000_0007_0000_0008;
    private const ulong Pr = 1UL << 52, Rw = 1UL << 53, Pe = 1UL << 54, Rz = 1UL << 55, Tr = 1UL << 56;

    // What is wrong, and where: each spoils one structure of a machine with one 4 KiB page mapped read and write.
    private static readonly Dictionary<string, Action<AmdMachine>> Damage = new()
    {
        ["leaf not present"] = m => m.Entry(Page, 0) = 0,
        ["table not present"] = m => m.Entry(Page, 1) = 0,
        ["leaf without IR"] = m => m.Entry(Page, 0) &= ~AmdV1Format.ReadBit,
        ["leaf without IW"] = m => m.Entry(Page, 0) &= ~AmdV1Format.WriteBit,
        ["reserved bit"] = m => m.Entry(Page, 0) |= 1UL << 52,
        ["skipped level"] = m => m.Entry(Page, 2) = (m.Entry(Page, 2) & ~0xE00UL) | 0x200,
        ["no translation"] = m => m.DeviceEntry(AmdMachine.Nic) &= ~2UL,
        ["entry without IW"] = m => m.DeviceEntry(AmdMachine.Nic) &= ~(1UL << 62),
        ["pass-through without IW"] = m => m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { Mode = 0, CanWrite = false }),
    };

    [Theory]
    [InlineData("leaf not present", false, FaultKind.NotPresent, 0UL)]
    [InlineData("leaf not present", true, FaultKind.NotPresent, Rw)]
    [InlineData("table not present", true, FaultKind.NotPresent, Rw)]
    [InlineData("leaf without IR", false, FaultKind.NoReadPermission, Pr | Pe)]
    [InlineData("leaf without IW", true, FaultKind.NoWritePermission, Pr | Rw | Pe)]
    [InlineData("reserved bit", false, FaultKind.ReservedBits, Pr | Rz)]
    [InlineData("skipped level", true, FaultKind.ReservedBits, Pr | Rw | Rz)]
    [InlineData("no translation", true, FaultKind.DeviceBlocked, Rw)]
    [InlineData("entry without IW", true, FaultKind.NoWritePermission, Pr | Rw | Pe)]
    [InlineData("pass-through without IW", true, FaultKind.NoWritePermission, Pr | Rw | Pe)]
    public void A_page_fault_is_logged_with_these_flags(string damage, bool isWrite, FaultKind kind, ulong flags)
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        Damage[damage](m);
        Translation translation = m.Access(Where, isWrite);
        Assert.Equal((kind, 0UL), (translation.Fault, translation.Physical));
        Assert.Equal(new AmdEvent(PageFault | flags, Where), m.TakeEvent());
        Assert.False(m.Unit.TryTakeEvent(out _));
    }

    [Fact]
    public void An_address_beyond_the_tables_is_not_present()
    {
        using AmdMachine m = new();
        m.Write(1UL << 50);
        Assert.Equal(new AmdEvent(PageFault | Rw, 1UL << 50), m.TakeEvent());
    }

    // Code 4: a paging entry where there is no memory; the address is the entry's.
    [Theory]
    [InlineData(2, 0x0UL)]
    [InlineData(1, 0x28UL)]
    public void A_table_outside_memory_is_a_hardware_error_of_the_page_table(int level, ulong offset)
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Entry(Page, level) = AmdV1Format.EncodeTable(0x7000, level);
        Assert.Equal(FaultKind.TableUnreachable, m.Write(Where).Fault);
        Assert.Equal(new AmdEvent(0x4000_0007_0000_0008 | Rw, (0x7000 + offset) & ~0xFUL), m.TakeEvent());
    }

    // Code 3: the device table outside memory; the address is the entry's.
    [Fact]
    public void A_device_table_outside_memory_is_a_hardware_error_of_the_device_table()
    {
        using AmdMachine m = new();
        m.Unit.SetDeviceTable(new(0x10_0000), 512);
        Assert.Equal(FaultKind.ContextUnreachable, m.Read(Where).Fault);
        Assert.Equal(new AmdEvent(0x3000_0000_0000_0008, 0x10_0000 + (8 * 32)), m.TakeEvent());
    }

    // Code 1: RZ for a reserved bit, none for an illegal value; the address to 4 bytes.
    [Theory]
    [InlineData(1UL << 4, Rz)]
    [InlineData(7UL << 9, 0UL)]
    [InlineData(2UL << 7, 0UL)]
    [InlineData(1UL << 55, 0UL)]
    public void An_illegal_device_table_entry_is_logged(ulong bits, ulong flags)
    {
        using AmdMachine m = new();
        m.DeviceEntry(AmdMachine.Nic) |= bits;
        Assert.Equal(FaultKind.ContextInvalid, m.Write(Where + 3).Fault);
        Assert.Equal(new AmdEvent(0x1000_0000_0000_0008 | Rw | flags, Where), m.TakeEvent());
    }

    [Fact]
    public void A_device_beyond_the_table_has_an_illegal_entry()
    {
        using AmdMachine m = new();
        m.Unit.SetDeviceTable(m.Unit.DeviceTable!.Value, 1); // 128 entries
        Assert.Equal(128, m.Unit.DeviceTableLength);
        Assert.Equal((FaultKind.DeviceBlocked, FaultKind.DeviceBeyondTable), (m.Read(0, new(127)).Fault, m.Read(0, new(128)).Fault));
        m.TakeEvent();
        Assert.Equal(new AmdEvent(0x1000_0000_0000_0080, 0), m.TakeEvent());
    }

    // Code 8: requests that the device's entry does not allow, whatever the tables say.
    [Fact]
    public void A_PASID_where_guest_translation_is_off_is_an_invalid_request()
    {
        using AmdMachine m = new();
        Assert.Equal(FaultKind.PasidNotAllowed, m.Access(Where, true, pasid: 0xABCDE).Fault);
        Assert.Equal(new AmdEvent(0x8001_BCDE_000A_0008, Where), m.TakeEvent());
    }

    [Fact]
    public void A_translation_request_where_ATS_is_off_is_an_invalid_request()
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Hardware.RequestTranslation(new(AmdMachine.Nic, Page, true, isTranslationRequest: true), out Translation refused);
        Assert.Equal(FaultKind.TranslationRequestBlocked, refused.Fault);
        Assert.Equal(new AmdEvent(0x8000_0000_0000_0008 | Tr | (1UL << 57), Page), m.TakeEvent());
    }

    // A page fault of a translation request is the device's to hear, not the log's [M].
    [Fact]
    public void A_page_fault_of_a_translation_request_is_not_logged()
    {
        using AmdMachine m = new(AmdMachine.Host with { DeviceTlbEntries = 4 });
        m.Map(Page, 0x9000);
        m.Entry(Page, 0) |= 1UL << 52;
        m.Hardware.RequestTranslation(new(AmdMachine.Nic, Page, true, isTranslationRequest: true), out Translation refused);
        Assert.Equal((FaultKind.ReservedBits, false), (refused.Fault, m.Unit.TryTakeEvent(out _)));
    }

    [Fact]
    public void SA_suppresses_every_event_of_its_device()
    {
        using AmdMachine m = new();
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { AllFaultsAreSuppressed = true });
        m.Write(Page);
        Assert.False(m.Unit.TryTakeEvent(out _));
        Assert.Equal(1, m.Counters.Faults);
    }

    [Fact]
    public void SE_lets_one_page_fault_through_until_the_entry_is_read_anew()
    {
        using AmdMachine m = new();
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { FaultsAreSuppressed = true });
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 3; i++) m.Write(Page);
            Assert.Equal((true, false), (m.Unit.TryTakeEvent(out _), m.Unit.TryTakeEvent(out _)));
            m.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic));
        }
    }

    // The log is a ring in memory with 512 entries, of which 511 fit.
    [Fact]
    public void The_512th_event_overflows_the_log_and_nothing_is_written_until_software_clears_it()
    {
        using AmdMachine m = new();
        for (ulong i = 0; i < 511; i++) m.Write(i << 12);
        Assert.False(m.Unit.Events.HasOverflowed);
        m.Write(0x80_0000);
        Assert.True(m.Unit.Events.HasOverflowed);
        for (ulong i = 0; i < 511; i++) Assert.Equal(i << 12, m.TakeEvent().Address);
        m.Write(0x90_0000);
        Assert.False(m.Unit.TryTakeEvent(out _));
        m.Unit.Events.ClearOverflow();
        m.Write(0xA0_0000);
        Assert.Equal(0xA0_0000UL, m.TakeEvent().Address);
        Assert.False(m.Unit.TryTakeEvent(out _));
    }

    [Fact]
    public void Events_lie_in_memory_and_are_zeroed_when_taken()
    {
        using AmdMachine m = new();
        m.Write(Where);
        Spa at = m.Unit.Events.Base;
        Assert.Equal((PageFault | Rw, Where), (m.Memory.Word(at), m.Memory.Word(new(at.Value + 8))));
        m.TakeEvent();
        Assert.Equal((0UL, 1, 1), (m.Memory.Word(at), m.Unit.Events.Head, m.Unit.Events.Tail));
    }

    [Fact]
    public void Without_a_log_or_with_one_outside_memory_events_are_lost()
    {
        using AmdMachine m = new();
        m.Unit.Events.Set(new(0x7000), 4);
        m.Write(Where);
        Assert.True(m.Unit.TryTakeEvent(out AmdEvent lost));
        Assert.Equal(default, lost);
    }

    // V = 0 lets requests pass untranslated; Mode 0 does, as far as IR and IW allow.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Requests_pass_through(bool isValid)
    {
        using AmdMachine m = new();
        m.SetEntry(AmdMachine.Nic, isValid ? m.EntryOf(AmdMachine.Nic) with { Mode = 0 } : default);
        Assert.Equal((0x123_4567UL, 0x123_4567UL), (m.Read(0x123_4567).Physical, m.Write(0x123_4567).Physical));
        Assert.Empty(m.Hardware.DrainFaults());
    }

    // Kinds that this architecture does not have, or does not log.
    private static FaultKind[] Kinds => [.. Enum.GetValues<FaultKind>().Except(
    [
        FaultKind.None, FaultKind.RootNotPresent, FaultKind.RootUnreachable, FaultKind.RootInvalid, FaultKind.ContextNotPresent, FaultKind.PasidDirectoryUnreachable, FaultKind.PasidDirectoryNotPresent,
        FaultKind.PasidDirectoryInvalid, FaultKind.PasidInvalid, FaultKind.DirtyUpdateNotCoherent, FaultKind.AccessedIsClear, FaultKind.DirtyIsClear, FaultKind.DeviceTranslationRefused, FaultKind.RequestNeedsPasid, FaultKind.TlbConflict,
    ])];

    [Fact]
    public void Every_kind_of_fault_that_can_happen_has_a_code() => Assert.All(Kinds, kind => Assert.True(Enum.IsDefined(AmdFaults.CodeOf(kind))));

    [Fact]
    public void The_neutral_log_says_which_stage_refused()
    {
        using AmdMachine m = new();
        m.Write(Page);
        Assert.Equal([new Fault(FaultKind.NotPresent, AmdMachine.Nic, null, new(Page), true) { Where = new WalkFault(FaultStage.Second) }], m.Hardware.DrainFaults());
    }
}
