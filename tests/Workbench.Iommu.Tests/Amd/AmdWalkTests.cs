using Workbench.Iommu.Amd;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>Host tables as hardware walks them, and how they grow. hardware.md §1.1 to §1.6.</summary>
public sealed class AmdWalkTests
{
    private const ulong Page = 0x5000;

    // §1.5: HAD 0 records nothing, 1 A only, 3 A and D; entries that lead to tables get A too [I].
    [Theory]
    [InlineData(AmdHostAccessDirty.None, false, 0x00UL, 0x00UL)]
    [InlineData(AmdHostAccessDirty.None, true, 0x00UL, 0x00UL)]
    [InlineData(AmdHostAccessDirty.Accessed, false, 0x20UL, 0x20UL)]
    [InlineData(AmdHostAccessDirty.Accessed, true, 0x20UL, 0x20UL)]
    [InlineData(AmdHostAccessDirty.AccessedAndDirty, false, 0x20UL, 0x20UL)]
    [InlineData(AmdHostAccessDirty.AccessedAndDirty, true, 0x60UL, 0x20UL)]
    public void HAD_says_which_bits_an_access_sets(AmdHostAccessDirty had, bool isWrite, ulong inLeaf, ulong inTables)
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { HostAccessDirty = had });
        ulong[] before = [m.Entry(Page, 0), m.Entry(Page, 1), m.Entry(Page, 2)];
        Assert.Equal(FaultKind.None, m.Access(Page, isWrite).Fault);
        Assert.Equal([before[0] | inLeaf, before[1] | inTables, before[2] | inTables], [m.Entry(Page, 0), m.Entry(Page, 1), m.Entry(Page, 2)]);
    }

    // §1.4: D is set in the replica that the address selects, and an IOTLB entry covers the whole page.
    [Theory]
    [InlineData(16, 0)]
    [InlineData(16, 11)]
    [InlineData(20, 255)]
    [InlineData(29, 100)]
    public void A_write_sets_D_in_the_replica_it_walked(int sizeLog2, int replica)
    {
        using AmdMachine m = new(tracking: true);
        ulong start = 1UL << 30, unit = sizeLog2 > 20 ? 1UL << 21 : 0x1000, run = (1UL << sizeLog2) / unit;
        m.Map(start, 2UL << 30, 1UL << sizeLog2);
        m.Write(start + ((ulong)replica * unit) + 0x123);
        for (ulong i = 0; i < run; i++) Assert.Equal(i == (ulong)replica, AmdV1Format.IsDirty(m.Leaf(start + (i * unit))));
        Assert.Equal(TranslationSource.Iotlb, m.Write(start + (((ulong)replica + 7) % run * unit)).Source);
        Assert.Equal(1, m.Counters.DirtyUpdates);
    }

    [Fact]
    public void A_scan_ORs_the_replicas_and_clears_them_all()
    {
        using AmdMachine m = new(tracking: true);
        m.Map(0x10000, 0x90000, 0x10000);
        m.Read(0x10000); // fills the IOTLB clean through replica 0
        m.Write(0x1B000);
        m.Driver.InvalidateDomain(m.Domain);
        m.Write(0x13000);
        Assert.Equal([3, 11], Enumerable.Range(0, 16).Where(i => m.IsDirty(0x10000 + ((ulong)i << 12))));
        Assert.Equal([(0x10UL, 16)], m.Scan(clear: true));
        Assert.DoesNotContain(Enumerable.Range(0, 16), i => m.IsDirty(0x10000 + ((ulong)i << 12)));
    }

    [Fact]
    public void Unmapping_a_run_reports_D_of_any_replica_and_leaves_no_member()
    {
        using AmdMachine m = new(tracking: true);
        m.Map(0x10000, 0x90000, 0x10000);
        m.Write(0x1F000);
        Models.ReportedLeaves gone = new();
        Assert.Equal(0x10000UL, m.Domain.Table.Unmap(0x10000, 0x10000, gone, new()));
        Assert.Equal([(0x10UL, 16)], gone.All);
        for (ulong i = 0; i < 16; i++) Assert.Equal(0UL, m.Entry(0x10000 + (i << 12), 0));
    }

    // §1.1: IR and IW are ANDed over DTE and every level.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(-1)]
    public void Any_level_can_take_permission_away(int level)
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        if (level < 0) m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { CanWrite = false });
        else m.Entry(Page, level) &= ~AmdV1Format.WriteBit;
        Assert.Equal((FaultKind.None, FaultKind.NoWritePermission), (m.Read(Page).Fault, m.Write(Page).Fault));
        m.Driver.InvalidateAll();
        if (level < 0) m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { CanWrite = true, CanRead = false });
        else m.Entry(Page, level) = (m.Entry(Page, level) | AmdV1Format.WriteBit) & ~AmdV1Format.ReadBit;
        Assert.Equal((FaultKind.NoReadPermission, FaultKind.None), (m.Read(Page).Fault, m.Write(Page).Fault));
    }

    // §1.1: PR = 1 with IR = IW = 0 is present without access.
    [Fact]
    public void A_present_entry_may_allow_nothing()
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Entry(Page, 0) = 0x9001;
        Assert.Equal((FaultKind.NoReadPermission, FaultKind.NoWritePermission), (m.Read(Page).Fault, m.Write(Page).Fault));
    }

    // §1.2: no level is skipped.
    [Fact]
    public void An_entry_that_skips_a_level_faults()
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Entry(Page, 2) = AmdV1Format.EncodeTable(AmdV1Format.TableAddress(m.Entry(Page, 1)), 1);
        Assert.Equal(FaultKind.ReservedBits, m.Read(Page).Fault);
    }

    [Fact]
    public void A_size_code_that_does_not_fit_its_level_faults()
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Entry(Page, 1) = 0x6000_0000_0000_7E01;
        Assert.Equal(FaultKind.ReservedBits, m.Read(Page).Fault);
    }

    // §1.2: an address beyond DTE.Mode's levels; the sixth takes all 64 bits.
    [Theory]
    [InlineData(48)]
    [InlineData(57)]
    public void An_address_beyond_the_tables_faults(int bits)
    {
        using AmdMachine m = new(AmdMachine.Host with { AddressBits = bits });
        Assert.Equal(FaultKind.NotPresent, m.Read((1UL << 39) - 0x1000).Fault);
        Assert.Equal(FaultKind.BeyondAddressWidth, m.Read(1UL << 39).Fault);
        m.Map((1UL << bits) - 0x1000, 0x9000);
        Assert.Equal(0x9FFFUL, m.Read((1UL << bits) - 1).Physical);
        Assert.Equal(FaultKind.BeyondAddressWidth, m.Read(1UL << bits).Fault);
        Assert.Equal(MapResult.OutOfRange, m.Driver.Map(m.Domain, 1UL << bits, 0x9000, 0x1000, Permission.Read, 12, new()));
    }

    // §1.2: the top grows on the fly; new root and Mode go to the device table, and no translation is dropped.
    [Fact]
    public void A_table_grows_from_three_to_six_levels_and_cached_entries_stay_right()
    {
        using AmdMachine m = new(AmdMachine.Host with { AddressBits = 64 });
        m.Map(Page, 0x9000);
        m.Read(Page);
        ulong[] firstBeyond = [1UL << 39, 1UL << 48, 1UL << 57];
        for (int i = 0; i < firstBeyond.Length; i++)
        {
            Assert.Equal((3 + i, m.Domain.Table.Root), (m.EntryOf(AmdMachine.Nic).Mode, m.EntryOf(AmdMachine.Nic).HostRoot));
            long invalidated = m.Counters.EntriesInvalidated, commands = m.Driver.CommandsSubmitted;
            m.Map(firstBeyond[i], 0x10000 + ((ulong)i << 12));
            Assert.Equal((invalidated, commands + 2), (m.Counters.EntriesInvalidated, m.Driver.CommandsSubmitted)); // INVALIDATE_DEVTAB_ENTRY and a wait
            Assert.Equal((TranslationSource.Iotlb, 0x9000UL), (m.Read(Page).Source, m.Read(Page).Physical));
            Assert.Equal(0x10000 + ((ulong)i << 12), m.Read(firstBeyond[i]).Physical);
        }
        Assert.Equal(6, m.EntryOf(AmdMachine.Nic).Mode);
        m.Map(0xFFFF_FFFF_FFFF_F000, 0xA000);
        Assert.Equal(0xAFFFUL, m.Read(ulong.MaxValue).Physical);
        m.Driver.InvalidateAll();
        Assert.Equal((0x9000UL, 0x12000UL), (m.Read(Page).Physical, m.Read(1UL << 57).Physical));
    }

    [Fact]
    public void Growth_reaches_every_device_of_the_domain_and_keeps_tracking()
    {
        using AmdMachine m = new(tracking: true);
        m.Driver.Attach(AmdMachine.Disk, null, m.Domain);
        m.Read(Page, AmdMachine.Disk); // its entry is cached now
        m.Map(1UL << 40, 0x9000);
        m.Write(1UL << 40, AmdMachine.Disk);
        Assert.True(m.IsDirty(1UL << 40));
    }

    // A forgotten INVALIDATE_DEVTAB_ENTRY leaves the device at the old top.
    [Fact]
    public void Without_the_device_table_command_a_grown_table_is_not_seen()
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        Assert.Equal(MapResult.Mapped, m.Domain.Table.Map(1UL << 40, 0xA000, 0x1000, Permission.ReadWrite, 12, new()));
        m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { Mode = 4, HostRoot = m.Domain.Table.Root });
        Assert.Equal(FaultKind.BeyondAddressWidth, m.Read(1UL << 40).Fault);
        m.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic));
        Assert.Equal((0xA000UL, TranslationSource.Iotlb), (m.Read(1UL << 40).Physical, m.Read(Page).Source));
    }

    // §1.3: 512 GiB is made of two leaves of 256 GiB, and hardware translates the size it should not meet.
    [Fact]
    public void The_driver_never_makes_a_leaf_of_512_GiB()
    {
        using AmdMachine m = new();
        m.Map(1UL << 39, 1UL << 40, 1UL << 39);
        Assert.Equal(2, m.Domain.Table.Leaves);
        Assert.True(m.Domain.Table.TryGetLeaf(1UL << 39, out _, out int log2));
        Assert.Equal(38, log2);
        m.Entry(1UL << 39, 3) = 0x6000_0100_0000_0001;
        Assert.Equal(0x101_2345_6000UL, m.Read((1UL << 39) + 0x1_2345_6000).Physical);
    }

    [Theory]
    [InlineData(0, 51, 1)]
    [InlineData(20, 20, 1)]
    [InlineData(16, 16, 1)]
    [InlineData(38, 39, 2)]
    public void The_driver_takes_the_largest_leaf_it_may(int largest, int lengthLog2, int leaves)
    {
        using AmdMachine m = new(AmdMachine.Host with { AddressBits = 57, LargestLeafLog2 = largest });
        m.Map(1UL << 52, 0, 1UL << lengthLog2);
        Assert.Equal(leaves, m.Domain.Table.Leaves);
    }

    [Fact]
    public void Leftover_replicas_keep_translating_when_one_member_is_torn()
    {
        // §2g: hardware may read any mix of old and new members, so a half-removed run is still reachable through the rest.
        using AmdMachine m = new();
        m.Map(0x10000, 0x90000, 0x10000);
        m.Entry(0x13000, 0) = 0;
        Assert.Equal((FaultKind.NotPresent, 0x94000UL), (m.Read(0x13000).Fault, m.Read(0x14000).Physical));
        Assert.Equal(0x93000UL, m.Read(0x13000).Physical); // through the entry that the neighbour cached
    }
}
