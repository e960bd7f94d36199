using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>From what is wrong in memory to the number in the fault record. hardware.md §2i [L]; VtdFaultReason for provenance.</summary>
public sealed class FaultTests
{
    private const ulong Page = 0x5000;

    // What is wrong, and where: each spoils one structure of a machine with one 4 KiB page mapped read and write.
    private static readonly Dictionary<string, Action<VtdMachine>> Damage = new()
    {
        ["table of root entries unreachable"] = m => m.Unit.RootTable = new(0x1000),
        ["root entry not present"] = m => m.RootEntry(VtdMachine.Nic) = 0,
        ["root entry reserved bit"] = m => m.RootEntry(VtdMachine.Nic) |= 2,
        ["context table unreachable"] = m => m.RootEntry(VtdMachine.Nic) = 0x1001,
        ["context entry not present"] = m => m.ContextEntry(VtdMachine.Nic) &= ~1UL,
        ["context entry reserved bit"] = m => m.ContextEntry(VtdMachine.Nic) |= 1UL << 5,
        ["PASID directory unreachable"] = m => m.ContextEntry(VtdMachine.Nic) = 0x1009,
        ["PASID directory entry not present"] = m => m.DirectoryEntry(VtdMachine.Nic) = 0,
        ["PASID directory entry reserved bit"] = m => m.DirectoryEntry(VtdMachine.Nic) |= 4,
        ["PASID table unreachable"] = m => m.DirectoryEntry(VtdMachine.Nic) = 0x1001,
        ["PASID entry not present"] = m => m.PasidEntry(VtdMachine.Nic) &= ~1UL,
        ["PASID entry reserved bit"] = m => m.PasidEntry(VtdMachine.Nic) |= 1UL << 10,
        ["PASID entry reserved type"] = m => m.PasidEntry(VtdMachine.Nic) |= 7UL << 6,
        ["PASID entry reserved width"] = m => m.PasidEntry(VtdMachine.Nic) |= 7UL << 2,
        ["table unreachable"] = m => m.Entry(Page, 2) = 0x1003,
        ["root table unreachable"] = m => m.PasidEntry(VtdMachine.Nic) = (m.PasidEntry(VtdMachine.Nic) & 0xFFF) | 0x1000,
        ["paging entry reserved bit"] = m => m.Entry(Page, 3) |= VtdSecondStageFormat.PageSizeBit,
        ["leaf not present"] = m => m.Entry(Page, 0) = 0,
        ["table not present"] = m => m.Entry(Page, 1) = 0,
        ["leaf without R"] = m => m.Entry(Page, 0) = 0x9002,
        ["leaf without W"] = m => m.Entry(Page, 0) = 0x9001,
        ["walks not snooped"] = m => m.PasidEntry(VtdMachine.Nic, word: 1) &= ~(1UL << 23),
    };

    [Theory]
    [InlineData("table of root entries unreachable", true, VtdFaultReason.RootEntryAccess, 0x38)]
    [InlineData("table of root entries unreachable", false, VtdFaultReason.RootEntryAccess, 0x38)]
    [InlineData("root entry not present", true, VtdFaultReason.RootEntryNotPresent, 0x39)]
    [InlineData("root entry reserved bit", true, VtdFaultReason.RootEntryReservedBits, 0x3A)]
    [InlineData("context table unreachable", true, VtdFaultReason.ContextEntryAccess, 0x40)]
    [InlineData("context entry not present", true, VtdFaultReason.ContextEntryNotPresent, 0x41)]
    [InlineData("context entry reserved bit", true, VtdFaultReason.ContextEntryReservedBits, 0x42)]
    [InlineData("PASID directory unreachable", true, VtdFaultReason.PasidDirectoryAccess, 0x50)]
    [InlineData("PASID directory entry not present", true, VtdFaultReason.PasidDirectoryNotPresent, 0x51)]
    [InlineData("PASID directory entry reserved bit", true, VtdFaultReason.PasidDirectoryReservedBits, 0x52)]
    [InlineData("PASID table unreachable", true, VtdFaultReason.PasidEntryAccess, 0x58)]
    [InlineData("PASID entry not present", true, VtdFaultReason.PasidEntryNotPresent, 0x59)]
    [InlineData("PASID entry reserved bit", true, VtdFaultReason.PasidEntryReservedBits, 0x5A)]
    [InlineData("PASID entry reserved type", true, VtdFaultReason.PasidEntryInvalid, 0x5B)]
    [InlineData("PASID entry reserved width", true, VtdFaultReason.PasidEntryInvalid, 0x5B)]
    [InlineData("table unreachable", true, VtdFaultReason.SecondStageAccess, 0x78)]
    [InlineData("root table unreachable", true, VtdFaultReason.SecondStageAccess, 0x78)]
    [InlineData("leaf not present", true, VtdFaultReason.SecondStagePermission, 0x79)]
    [InlineData("leaf not present", false, VtdFaultReason.SecondStagePermission, 0x79)]
    [InlineData("table not present", true, VtdFaultReason.SecondStagePermission, 0x79)]
    [InlineData("paging entry reserved bit", true, VtdFaultReason.SecondStageReservedBits, 0x7A)]
    [InlineData("walks not snooped", true, VtdFaultReason.SecondStageDirtyWithoutSnoop, 0x7C)]
    [InlineData("leaf without W", true, VtdFaultReason.WriteDenied, 0x85)]
    [InlineData("leaf without R", false, VtdFaultReason.ReadDenied, 0x86)]
    public void What_is_wrong_gives_this_reason(string damage, bool isWrite, VtdFaultReason reason, int number)
    {
        using VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        Damage[damage](m);
        Translation translation = m.Access(Page + 0x7A8, isWrite);
        Assert.NotEqual(FaultKind.None, translation.Fault);
        Assert.Equal(0UL, translation.Physical);
        Assert.True(m.Unit.TryTakeFault(out VtdFaultRecord record));
        Assert.Equal((reason, number), (record.Reason, (int)record.Reason));
        Assert.Equal((Page, VtdMachine.Nic), (record.Page.Value, record.SourceId));
        Assert.Equal(isWrite ? VtdRequestType.Write : VtdRequestType.Read, record.Type);
        Assert.True(record.IsRecorded);
        Assert.False(record.HasPasid);
    }

    [Fact]
    public void An_address_beyond_the_width_has_its_own_reason()
    {
        using VtdMachine m = new();
        m.Write(1UL << 48);
        m.Unit.TryTakeFault(out VtdFaultRecord record);
        Assert.Equal(0x83, (int)record.Reason);
        Assert.Equal(1UL << 48, record.Page.Value);
    }

    [Theory]
    [InlineData(3u, VtdFaultReason.PasidEntryNotPresent)]
    [InlineData(64u, VtdFaultReason.PasidDirectoryNotPresent)]
    [InlineData(0xFFFFFu, VtdFaultReason.PasidDirectoryNotPresent)]
    public void A_PASID_nobody_set_up_faults_and_is_named_in_the_record(uint pasid, VtdFaultReason reason)
    {
        using VtdMachine m = new();
        m.Access(Page, true, pasid: pasid);
        m.Unit.TryTakeFault(out VtdFaultRecord record);
        Assert.Equal((reason, true, pasid), (record.Reason, record.HasPasid, record.Pasid.Value));
    }

    [Fact]
    public void A_PASID_where_the_context_enables_none_faults_with_0x45()
    {
        using VtdMachine m = new();
        m.ContextEntry(VtdMachine.Nic) &= ~8UL;
        m.Access(Page, true, pasid: 0);
        m.Unit.TryTakeFault(out VtdFaultRecord record);
        Assert.Equal(0x45, (int)record.Reason);
    }

    [Fact]
    public void A_PASID_beyond_the_directory_faults_with_0x46()
    {
        using VtdMachine m = new();
        m.ContextEntry(VtdMachine.Nic) &= ~(7UL << 9); // 128 entries: PASIDs 0 to 8191
        m.Access(Page, true, pasid: 8192);
        m.Unit.TryTakeFault(out VtdFaultRecord record);
        Assert.Equal(0x46, (int)record.Reason);
    }

    // CAP.NFR: 8 records. FSTS.PFO is set when a fault finds none free.
    [Fact]
    public void The_ninth_fault_overflows_eight_records()
    {
        using VtdMachine m = new();
        for (uint i = 0; i < 8; i++) m.Write(i << 12);
        Assert.Equal((8, false), (m.Unit.PendingFaults, m.Unit.FaultOverflow));
        m.Write(0x8000);
        Assert.Equal((8, true), (m.Unit.PendingFaults, m.Unit.FaultOverflow));
        Assert.Equal(9, m.Counters.Faults);
    }

    [Fact]
    public void Records_are_taken_oldest_first_and_the_overflow_is_cleared_with_the_last()
    {
        using VtdMachine m = new();
        for (uint i = 0; i < 9; i++) m.Write(i << 12);
        List<ulong> pages = [];
        while (m.Unit.TryTakeFault(out VtdFaultRecord record))
        {
            Assert.Equal(pages.Count < 7, m.Unit.FaultOverflow);
            pages.Add(record.Page.Value >> 12);
        }
        Assert.Equal([0UL, 1, 2, 3, 4, 5, 6, 7], pages);
        m.Write(0xA000);
        Assert.True(m.Unit.TryTakeFault(out VtdFaultRecord after));
        Assert.Equal(0xA000UL, after.Page.Value);
    }

    [Fact]
    public void The_neutral_log_keeps_faults_apart_from_the_records()
    {
        using VtdMachine m = new();
        m.Write(Page);
        m.Read(Page);
        Fault[] drained = [.. m.Hardware.DrainFaults()];
        WalkFault where = new(FaultStage.Second);
        Assert.Equal([new Fault(FaultKind.NotPresent, VtdMachine.Nic, null, new(Page), true) { Where = where }, new Fault(FaultKind.NotPresent, VtdMachine.Nic, null, new(Page), false) { Where = where }], drained);
        Assert.Empty(m.Hardware.DrainFaults());
        Assert.Equal(2, m.Unit.PendingFaults);
    }

    // Kinds that this architecture does not have: A and D never fault, devices without an entry fault as not present.
    private static FaultKind[] Kinds => [.. Enum.GetValues<FaultKind>().Except([FaultKind.AccessedIsClear, FaultKind.DirtyIsClear, FaultKind.DeviceBeyondTable, FaultKind.DeviceBlocked, FaultKind.DeviceTranslationRefused, FaultKind.RequestNeedsPasid, FaultKind.TlbConflict])];

    public static TheoryData<FaultStage> Stages => [FaultStage.First, FaultStage.Second];

    [Theory]
    [MemberData(nameof(Stages))]
    public void Every_kind_of_fault_has_a_reason(FaultStage stage) =>
        Assert.All(Kinds.Where(k => stage == FaultStage.First || k != FaultKind.SupervisorOnly), kind => Assert.True(Enum.IsDefined(VtdFaults.ReasonOf(kind, new(stage))) && (kind == FaultKind.None) == (VtdFaults.ReasonOf(kind, new(stage)) == VtdFaultReason.None)));

    // An address beyond the output width is a reserved bit in VT-d's words.
    [Fact]
    public void Kinds_of_fault_do_not_share_a_reason() =>
        Assert.Equal(Kinds.Length - 1, Kinds.Select(kind => VtdFaults.ReasonOf(kind, new(FaultStage.First))).Distinct().Count());
}
