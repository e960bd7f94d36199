using Workbench.Iommu.Amd;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>Guest (v2) tables: GCR3 tables, PASIDs and their tags. hardware.md §1b; README of Amd for what is inferred.</summary>
public sealed class AmdGuestTests
{
    private const ulong Page = 0x5000, Pr = 1UL << 52, Rw = 1UL << 53, Pe = 1UL << 54, Rz = 1UL << 55, Us = 1UL << 50, Gn = 1UL << 48;

    private static AmdMachine Machine(int bits = 48)
    {
        AmdMachine m = new(AmdMachine.Guest with { AddressBits = bits });
        m.Map(Page, 0x9000);
        return m;
    }

    /// <summary>The GCR3 entry of a PASID: three levels of nine bits.</summary>
    private static ref ulong GuestEntry(AmdMachine m, uint pasid, int level = 0, RequesterId? device = null)
    {
        ulong table = m.EntryOf(device ?? AmdMachine.Nic).GuestTable.Value;
        for (int at = 2; ; at--)
        {
            ref ulong slot = ref m.Memory.Word(new(table + (((pasid >> (9 * at)) & 511) * 8UL)));
            if (at == level) return ref slot;
            table = slot & ~0xFFFUL;
        }
    }

    [Fact]
    public void The_driver_writes_these_fields()
    {
        using AmdMachine m = Machine(57);
        AmdDeviceTableEntry entry = m.EntryOf(AmdMachine.Nic);
        Assert.Equal((true, true, true, true), (entry.IsValid, entry.TranslationIsValid, entry.GuestTranslationIsEnabled, entry.GuestProtectionIsEnabled));
        Assert.Equal((0, 2, 1, true, true), (entry.Mode, entry.GuestTableLevelCode, entry.GuestPagingMode, entry.CanRead, entry.CanWrite));
        Assert.Equal(m.Domain.Table.Root.Value | 1, GuestEntry(m, 0));
        Assert.Equal(AmdHostAccessDirty.None, entry.HostAccessDirty);
    }

    [Fact]
    public void PASIDs_have_their_own_domains_and_requests_without_PASID_use_PASID_0()
    {
        using AmdMachine m = Machine();
        m.Driver.Attach(AmdMachine.Nic, new Pasid(Pasid.MaxValue), m.Second(Page, 0xB000));
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(0xB000UL, m.Access(Page, false, pasid: Pasid.MaxValue).Physical);
            Assert.Equal((0x9000UL, 0x9000UL), (m.Read(Page).Physical, m.Access(Page, false, pasid: 0).Physical));
        }
    }

    // §1b: PASID 0 is not sign-extended, the others are.
    [Theory]
    [InlineData(48, 4)]
    [InlineData(57, 5)]
    public void Sign_extension_depends_on_the_PASID(int bits, int levels)
    {
        using AmdMachine m = Machine(bits);
        Domain second = m.Second(Page, 0xB000);
        m.Driver.Attach(AmdMachine.Nic, new Pasid(5), second);
        Assert.Equal(levels, m.Domain.Table.RootLevel + 1);
        ulong upper = 1UL << (bits - 1), canonical = ulong.MaxValue << (bits - 1);
        // The driver maps the lower half only; software that fills the upper one by hand finds it at different addresses.
        m.Entry(Page + upper, levels - 1) = m.Entry(Page, levels - 1);
        m.Entry(Page + upper, levels - 1, second) = m.Entry(Page, levels - 1, second);
        Assert.Equal((0x9000UL, FaultKind.BeyondAddressWidth), (m.Read(Page + upper).Physical, m.Read(Page + canonical).Fault));
        Assert.Equal((FaultKind.NotCanonical, 0xB000UL), (m.Access(Page + upper, false, pasid: 5).Fault, m.Access(Page + canonical, false, pasid: 5).Physical));
        Assert.Equal(Bits.Mask(bits - 1), m.Domain.Table.LastIova);
    }

    // GLX 0, 1, 2: 9, 18 and 27 bits of PASID, of which 20 exist.
    [Theory]
    [InlineData(0, 511u, 512u)]
    [InlineData(1, 0x3FFFFu, 0x40000u)]
    [InlineData(2, 0xFFFFFu, 0x100000u)]
    public void GLX_says_how_many_levels_the_GCR3_table_has(int glx, uint last, uint beyond)
    {
        using AmdMachine m = Machine();
        ulong table = m.Memory.AllocateFrame().Value, top = table;
        for (int level = glx; level > 0; level--)
        {
            ulong next = m.Memory.AllocateFrame().Value;
            m.Memory.Word(new(table + (((last >> (9 * level)) & 511) * 8UL))) = next | 1;
            table = next;
        }
        m.Memory.Word(new(table + ((last & 511) * 8UL))) = m.Domain.Table.Root.Value | 1;
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { GuestTableLevelCode = glx, GuestTable = new(top) });
        Assert.Equal(0x9000UL, m.Access(Page, false, pasid: last).Physical);
        Assert.Equal(FaultKind.PasidBeyondDirectory, m.Access(Page, true, pasid: beyond).Fault);
        ulong named = beyond & Pasid.MaxValue;
        Assert.Equal(new AmdEvent(0x8000_0000_0000_0008 | Gn | ((named & 0xFFFF) << 32) | (named >> 16 << 16), Page), m.TakeEvent());
    }

    // Faults on the way to and in a guest table carry GN, US and the PASID.
    [Theory]
    [InlineData("entry not valid", FaultKind.PasidNotPresent, Rw)]
    [InlineData("entry reserved", FaultKind.PasidReservedBits, Pr | Rw | Rz)]
    [InlineData("not present", FaultKind.NotPresent, Rw)]
    [InlineData("read only", FaultKind.NoWritePermission, Pr | Rw | Pe)]
    [InlineData("supervisor", FaultKind.SupervisorOnly, Pr | Rw | Pe)]
    [InlineData("misaligned", FaultKind.ReservedBits, Pr | Rw | Rz)]
    public void A_guest_fault_names_the_PASID(string damage, FaultKind kind, ulong flags)
    {
        using AmdMachine m = Machine();
        m.Driver.Attach(AmdMachine.Nic, new Pasid(0x12345), m.Domain);
        if (damage == "entry not valid") GuestEntry(m, 0x12345) &= ~1UL;
        else if (damage == "entry reserved") GuestEntry(m, 0x12345, level: 1) |= 2;
        else if (damage == "not present") m.Entry(Page, 0) = 0;
        else if (damage == "read only") m.Entry(Page, 0) &= ~X64Format.WriteBit;
        else if (damage == "supervisor") m.Entry(Page, 0) &= ~X64Format.UserBit;
        else m.Entry(Page, 1) |= X64Format.PageSizeBit | 0x2000;
        Assert.Equal(kind, m.Access(Page, true, pasid: 0x12345).Fault);
        Assert.Equal(new AmdEvent(0x2000_2345_0001_0008 | flags | Gn | Us, Page), m.TakeEvent());
    }

    [Theory]
    [InlineData(0u, FaultKind.BeyondAddressWidth)]
    [InlineData(5u, FaultKind.NotCanonical)]
    public void An_address_beyond_a_guest_table_is_not_present(uint pasid, FaultKind kind)
    {
        using AmdMachine m = Machine();
        m.Driver.Attach(AmdMachine.Nic, new Pasid(pasid), m.Domain);
        Assert.Equal(kind, m.Access(1UL << 60, true, pasid: pasid).Fault);
        Assert.Equal(new AmdEvent(0x2000_0000_0000_0008 | ((ulong)pasid << 32) | Rw | Gn | Us, 1UL << 60), m.TakeEvent());
    }

    [Fact]
    public void A_guest_table_outside_memory_is_a_hardware_error()
    {
        using AmdMachine m = Machine();
        m.Entry(Page, 3) = X64Format.EncodeTable(0x7000, 3);
        Assert.Equal(FaultKind.TableUnreachable, m.Read(Page).Fault);
        Assert.Equal(new AmdEvent(0x4000_0000_0000_0008 | Gn | ((ulong)m.EntryOf(AmdMachine.Nic).DomainId.Value << 32), 0x7000), m.TakeEvent());
    }

    [Fact]
    public void A_GCR3_table_outside_memory_is_a_hardware_error()
    {
        using AmdMachine m = Machine();
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { GuestTable = new(0x7000) });
        Assert.Equal(FaultKind.PasidUnreachable, m.Access(Page, true, pasid: 1).Fault);
        Assert.Equal(new AmdEvent(0x4000_0000_0000_0008 | Rw | Gn | ((ulong)m.EntryOf(AmdMachine.Nic).DomainId.Value << 32), 0x7000), m.TakeEvent());
    }

    // The tag is DTE.DomainID and PASID: a domain is invalidated once for each attachment.
    [Fact]
    public void A_domain_is_invalidated_once_for_each_attachment()
    {
        using AmdMachine m = Machine();
        Domain second = m.Second(Page, 0xB000);
        m.Driver.Attach(AmdMachine.Disk, null, m.Domain);
        m.Driver.Attach(AmdMachine.Disk, new Pasid(9), m.Domain);
        m.Driver.Attach(AmdMachine.Nic, new Pasid(9), second);
        Assert.NotEqual(m.EntryOf(AmdMachine.Nic).DomainId, m.EntryOf(AmdMachine.Disk).DomainId);
        void ReadAll() => Assert.Equal((0x9000UL, 0x9000UL, 0x9000UL, 0xB000UL), (m.Read(Page).Physical, m.Read(Page, AmdMachine.Disk).Physical,
            m.Access(Page, false, AmdMachine.Disk, 9).Physical, m.Access(Page, false, AmdMachine.Nic, 9).Physical));
        ReadAll();
        Assert.Equal(3 + 1, m.Driver.InvalidateRange(m.Domain, Page, Page + 0xFFF, leafOnly: true));
        IommuCounters before = m.Counters;
        ReadAll();
        Assert.Equal((3, 1), (m.Counters.Since(before).IotlbMisses, m.Counters.Since(before).IotlbHits));
    }

    [Fact]
    public void A_PASID_that_left_is_blocked_and_the_others_stay()
    {
        using AmdMachine m = Machine();
        Domain second = m.Second(Page, 0xB000);
        m.Driver.Attach(AmdMachine.Nic, new Pasid(9), m.Domain);
        m.Access(Page, false, pasid: 9);
        m.Driver.Attach(AmdMachine.Nic, new Pasid(9), second);
        Assert.Equal((0xB000UL, 0x9000UL), (m.Access(Page, false, pasid: 9).Physical, m.Read(Page).Physical));
        Assert.Single(m.Domain.Attachments);
    }

    // What is cached of GCR3 goes with a whole-PASID invalidation that includes table entries, and with the device's entry.
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void A_changed_GCR3_entry_is_seen_after_the_right_command(int command, bool isSeen)
    {
        using AmdMachine m = Machine();
        Domain second = m.Second(Page, 0xB000);
        m.Read(Page);
        GuestEntry(m, 0) = second.Table.Root.Value | 1;
        DomainId tag = m.EntryOf(AmdMachine.Nic).DomainId;
        m.Submit(AmdCommand.InvalidateGuestPages(tag, default, new(Page), 12, includeTableEntries: true), command switch
        {
            0 => AmdCommand.InvalidateGuestPages(tag, new(1), default, 64, includeTableEntries: true),
            1 => AmdCommand.InvalidateGuestPages(tag, default, default, 64, includeTableEntries: false),
            2 => AmdCommand.InvalidateGuestPages(tag, default, default, 64, includeTableEntries: true),
            _ => AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic),
        });
        m.Driver.InvalidateRange(m.Domain, Page, Page + 0xFFF, leafOnly: false);
        Assert.Equal(isSeen ? 0xB000UL : 0x9000UL, m.Read(Page).Physical);
    }

    // A cached device table entry outlives the PASID's: only its own command drops it.
    [Fact]
    public void A_PASID_looked_up_anew_uses_the_device_table_entry_that_is_cached()
    {
        using AmdMachine m = Machine();
        m.Read(Page);
        m.DeviceEntry(AmdMachine.Nic) = 1;
        m.Submit(AmdCommand.InvalidateGuestPages(new(1), default, default, 64, includeTableEntries: true));
        Assert.Equal(0x9000UL, m.Read(Page).Physical);
        m.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic));
        Assert.Equal(FaultKind.DeviceBlocked, m.Read(Page).Fault);
    }

    [Fact]
    public void GIOV_off_leaves_requests_without_PASID_to_the_host_side()
    {
        using AmdMachine m = Machine();
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { GuestProtectionIsEnabled = false });
        Assert.Equal((Page, 0x9000UL), (m.Read(Page).Physical, m.Access(Page, false, pasid: 0).Physical)); // Mode 0: passed through
    }

    [Fact]
    public void IR_and_IW_of_the_entry_hold_for_guest_tables()
    {
        using AmdMachine m = Machine();
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { CanWrite = false });
        Assert.Equal((FaultKind.None, FaultKind.NoWritePermission), (m.Read(Page).Fault, m.Write(Page).Fault));
    }

    [Fact]
    public void Host_tables_refuse_a_PASID_by_name_and_stay_as_they_were()
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => m.Driver.Attach(AmdMachine.Nic, new Pasid(1), m.Domain));
        Assert.Contains("EFR.GTSup", refused.Message, StringComparison.Ordinal);
        Assert.Single(m.Domain.Attachments);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
    }

    [Fact]
    public void A_gather_of_a_domain_that_no_device_uses_takes_no_commands()
    {
        using AmdMachine m = Machine();
        Domain unused = m.Second(Page, 0xB000);
        InvalidationGather gather = new();
        unused.Table.Unmap(Page, 0x1000, null, gather);
        Assert.Equal(0, m.Driver.Invalidate(unused, gather));
    }
}
