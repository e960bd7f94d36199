using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Contexts of PGTT 1: x86-64 tables whose A and D hardware always keeps. hardware.md §2b, 2c.</summary>
public sealed class FirstStageTests
{
    private const ulong Page = 0x5000, GiB = 1UL << 30;

    // Word 2 of the PASID entry: FSPTPTR 191:140, EAFE 135, WPE 132, FSPM 131:130, SRE 128.
    [Theory]
    [InlineData(48, 0UL)]
    [InlineData(57, 4UL)]
    public void The_driver_writes_PGTT_1_and_the_paging_mode(int bits, ulong mode)
    {
        using VtdMachine m = new(VtdMachine.FirstStage with { AddressBits = bits });
        Assert.Equal(0x41UL, m.PasidEntry(VtdMachine.Nic));
        Assert.Equal(m.Domain.Table.Root.Value | mode, m.PasidEntry(VtdMachine.Nic, word: 2));
        Assert.Equal(7UL | (1UL << 23), m.PasidEntry(VtdMachine.Nic, word: 1));
    }

    [Theory]
    [InlineData(48, 4)]
    [InlineData(57, 5)]
    public void A_walk_reads_one_entry_of_each_level(int bits, int levels)
    {
        using VtdMachine m = new(VtdMachine.FirstStage with { AddressBits = bits });
        ulong top = (1UL << (bits - 1)) - 0x1000;
        m.Map(top, 0x9000);
        Assert.Equal(0x9678UL, m.Read(top + 0x678).Physical);
        Assert.Equal((1, levels), (m.Counters.Walks, m.Counters.TableReads));
    }

    // No enable: a domain that is not tracked has its bits set all the same, in tables too.
    [Fact]
    public void A_and_D_are_kept_without_being_asked_for()
    {
        using VtdMachine m = new(VtdMachine.FirstStage);
        m.Map(Page, 0x9000, 0x2000);
        m.Read(Page);
        Assert.Equal(0x9027UL, m.Leaf(Page));
        for (int level = 1; level <= 3; level++) Assert.Equal(0x27UL, m.Entry(Page, level) & 0xFFF);
        m.Write(Page);
        Assert.Equal(0x9067UL, m.Leaf(Page));
        Assert.Equal(0xA007UL, m.Leaf(Page + 0x1000));
    }

    [Fact]
    public void Clearing_D_without_an_invalidation_loses_the_next_write_and_the_protocol_loses_none()
    {
        using VtdMachine m = new(VtdMachine.FirstStage, tracking: true);
        m.Map(Page, 0x9000);
        m.Write(Page);
        Assert.Single(m.Scan(clear: true));
        m.Write(Page);
        Assert.Empty(m.Scan(clear: true));
        m.Driver.InvalidateRange(m.Domain, Page, Page + 0xFFF, leafOnly: true);
        Invalidation.InvalidationGather gather = new();
        for (int round = 0; round < 3; round++)
        {
            m.Write(Page);
            Assert.Equal([(Page >> 12, 12)], m.Scan(clear: true, gather));
            m.Driver.Invalidate(m.Domain, gather);
        }
    }

    // EAFE, bit 135, adds bit 10 wherever A is set.
    [Fact]
    public void Extended_accessed_is_set_in_every_level_when_enabled()
    {
        using VtdMachine m = new(VtdMachine.FirstStage);
        m.Map(Page, 0x9000);
        m.Read(Page);
        Assert.Equal(0UL, m.Leaf(Page) & 0x400);
        m.PasidEntry(VtdMachine.Nic, word: 2) |= 0x80;
        m.Submit(VtdDescriptor.PasidCachePasid(m.Domain.Id, default), VtdDescriptor.PasidIotlbAll(m.Domain.Id, default));
        m.Read(Page);
        Assert.Equal(0x9427UL, m.Leaf(Page));
        for (int level = 1; level <= 3; level++) Assert.Equal(0x427UL, m.Entry(Page, level) & 0xFFF);
    }

    private static readonly Dictionary<string, Action<VtdMachine>> Damage = new()
    {
        ["table unreachable"] = m => m.Entry(Page, 2) = 0x1007,
        ["leaf not present"] = m => m.Entry(Page, 0) = 0,
        ["table not present"] = m => m.Entry(Page, 2) &= ~1UL,
        ["PS at level 3"] = m => m.Entry(Page, 3) |= 0x80,
        ["unaligned large page"] = m => m.Entry(Page, 1) = 0x4087,
        ["supervisor leaf"] = m => m.Entry(Page, 0) &= ~4UL,
        ["supervisor table"] = m => m.Entry(Page, 2) &= ~4UL,
        ["read-only leaf"] = m => m.Entry(Page, 0) &= ~2UL,
        ["read-only table"] = m => m.Entry(Page, 3) &= ~2UL,
        ["walks not snooped"] = m => m.PasidEntry(VtdMachine.Nic, word: 1) &= ~(1UL << 23),
        ["paging mode 2"] = m => m.PasidEntry(VtdMachine.Nic, word: 2) |= 8,
        ["paging mode 3"] = m => m.PasidEntry(VtdMachine.Nic, word: 2) |= 12,
        ["SRE without ECAP.SRS"] = m => m.PasidEntry(VtdMachine.Nic, word: 2) |= 1,
    };

    [Theory]
    [InlineData("table unreachable", true, 0x70)]
    [InlineData("leaf not present", true, 0x71)]
    [InlineData("leaf not present", false, 0x71)]
    [InlineData("table not present", false, 0x71)]
    [InlineData("PS at level 3", true, 0x72)]
    [InlineData("unaligned large page", true, 0x72)]
    [InlineData("supervisor leaf", false, 0x81)]
    [InlineData("supervisor leaf", true, 0x81)]
    [InlineData("supervisor table", false, 0x81)]
    [InlineData("supervisor table", true, 0x81)]
    [InlineData("read-only leaf", true, 0x85)]
    [InlineData("read-only table", true, 0x85)]
    [InlineData("walks not snooped", true, 0x90)]
    [InlineData("walks not snooped", false, 0x90)]
    [InlineData("paging mode 2", true, 0x5B)]
    [InlineData("paging mode 3", true, 0x5B)]
    [InlineData("SRE without ECAP.SRS", true, 0x5A)]
    public void What_is_wrong_gives_this_record(string damage, bool isWrite, int reason)
    {
        using VtdMachine m = new(VtdMachine.FirstStage);
        m.Map(Page, 0x9000);
        Damage[damage](m);
        Assert.NotEqual(FaultKind.None, m.Access(Page + 0x7A8, isWrite).Fault);
        VtdFaultRecord record = m.TakeFault();
        Assert.Equal((Page, (1UL << 63) | (isWrite ? 0 : 1UL << 62) | ((ulong)reason << 32) | VtdMachine.Nic.Value), (record.Word0, record.Word1));
    }

    [Fact]
    public void What_may_only_be_read_is_read_all_the_same()
    {
        using VtdMachine m = new(VtdMachine.FirstStage);
        m.Map(Page, 0x9000, permission: Permission.Read);
        Assert.Equal(FaultKind.None, m.Read(Page).Fault);
        Assert.Equal(0x9025UL, m.Leaf(Page));
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page).Fault);
        Assert.Equal(0x9025UL, m.Leaf(Page)); // a fault sets no D
    }

    [Theory]
    [InlineData(48, 0x0000_8000_0000_0000UL)]
    [InlineData(48, 0xFFFF_7FFF_FFFF_F000UL)]
    [InlineData(57, 0x0100_0000_0000_0000UL)]
    [InlineData(57, 0xFEFF_FFFF_FFFF_F000UL)]
    public void What_is_not_sign_extended_is_not_canonical(int bits, ulong iova)
    {
        using VtdMachine m = new(VtdMachine.FirstStage with { AddressBits = bits });
        Assert.Equal(FaultKind.NotCanonical, m.Write(iova).Fault);
        VtdFaultRecord record = m.TakeFault();
        Assert.Equal((0x80, iova), ((int)record.Reason, record.Page.Value));
        Assert.Equal(0, m.Counters.TableReads);
    }

    // The upper half is what a kernel's table has and PageTable does not write: built by hand here.
    [Theory]
    [InlineData(48)]
    [InlineData(57)]
    public void The_upper_half_is_walked_from_the_upper_half_of_the_top_table(int bits)
    {
        using VtdMachine m = new(VtdMachine.FirstStage with { AddressBits = bits });
        ulong iova = unchecked((ulong)(-(1L << (bits - 1))) + 0x20_3000); // lowest address of the upper half, and a bit
        ulong table = m.Domain.Table.Root.Value;
        for (int level = m.Domain.Table.RootLevel; level > 0; level--)
        {
            ulong next = m.Memory.AllocateFrame().Value;
            m.Memory.Word(new(table + (((iova >> X64Format.Shift(level)) & 511) * 8))) = X64Format.EncodeTable(next, level);
            table = next;
        }
        ref ulong leaf = ref m.Memory.Word(new(table + (3 * 8)));
        leaf = X64Format.EncodeLeaf(0xC000, 0, 12, Permission.ReadWrite);
        Assert.Equal(256UL * 8, (iova >> X64Format.Shift(m.Domain.Table.RootLevel) & 511) * 8);
        Assert.Equal((FaultKind.None, 0xC123UL), (m.Write(iova + 0x123).Fault, m.Write(iova + 0x123).Physical));
        Assert.Equal(0xC067UL, leaf);
        Assert.Equal(TranslationSource.Iotlb, m.Read(iova).Source);
        m.Driver.InvalidateRange(m.Domain, iova, iova + 0xFFF, leafOnly: true);
        Assert.Equal(TranslationSource.Walk, m.Read(iova).Source);
    }

    // CAP.FS1GP, bit 56; 2 MiB leaves always exist.
    [Theory]
    [InlineData(30, 30, FaultKind.None)]
    [InlineData(21, 30, FaultKind.ReservedBits)]
    [InlineData(21, 21, FaultKind.None)]
    public void A_1_GiB_leaf_needs_the_capability(int largest, int leafLog2, FaultKind expected)
    {
        using VtdMachine m = new(VtdMachine.FirstStage with { LargestLeafLog2 = largest });
        Assert.Equal((largest == 30, largest), (m.Unit.Capability.SupportsFirstStage1G, m.Driver.LargestLeafLog2));
        m.Map(GiB, 3 * GiB, 1UL << leafLog2, largest: leafLog2);
        Translation got = m.Write(GiB + 0x1_2345);
        Assert.Equal(expected, got.Fault);
        if (expected == FaultKind.None) Assert.Equal(((3 * GiB) + 0x1_2345, leafLog2), (got.Physical, (int)got.PageLog2));
        else Assert.Equal(0x72, (int)m.TakeFault().Reason);
    }

    [Fact]
    public void The_first_stage_needs_FLTS()
    {
        using VtdMachine m = VtdMachine.Of(extended: e => e with { SupportsFirstStage = false, SupportsNesting = false });
        m.PasidEntry(VtdMachine.Nic) = 0x41;
        m.Write(Page);
        Assert.Equal(0x5B, (int)m.TakeFault().Reason);
    }

    [Fact]
    public void Five_levels_need_FS5LP()
    {
        using VtdMachine m = VtdMachine.Of(c => c with { SupportsFirstStage5Level = false }, usesFirstStage: true);
        m.PasidEntry(VtdMachine.Nic, word: 2) |= 4;
        m.Write(Page);
        Assert.Equal(0x5B, (int)m.TakeFault().Reason);
    }

    // SSADE has no meaning for PGTT 1, and clear it does not stop A and D.
    [Fact]
    public void SSADE_changes_nothing_on_a_first_stage()
    {
        using VtdMachine m = new(VtdMachine.FirstStage);
        m.Map(Page, 0x9000);
        m.PasidEntry(VtdMachine.Nic) |= 1UL << 9;
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
    }

    [Fact]
    public void Turning_tracking_on_clears_what_hardware_marked_before()
    {
        using VtdMachine m = new(VtdMachine.FirstStage);
        m.Map(Page, 0x9000);
        m.Write(Page);
        ulong word0 = m.PasidEntry(VtdMachine.Nic);
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Empty(m.Scan(clear: false));
        m.Write(Page);
        Assert.Single(m.Scan(clear: false));
        Assert.Equal(word0, m.PasidEntry(VtdMachine.Nic));
    }

    [Fact]
    public void A_part_whose_walks_do_not_snoop_refuses_tracking_by_name()
    {
        using VtdMachine m = VtdMachine.Of(extended: e => e with { SupportsSnoopedPageWalk = false, SupportsSecondStageDirty = false }, usesFirstStage: true);
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => m.Driver.SetDirtyTracking(m.Domain, enable: true));
        Assert.Contains("ECAP.SMPWCS", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PASIDs_of_one_domain_have_entries_of_their_own()
    {
        using VtdMachine m = new(VtdMachine.FirstStage);
        m.Map(Page, 0x9000);
        m.Driver.Attach(VtdMachine.Nic, new Pasid(70), m.Domain);
        m.Read(Page);
        Assert.Equal(TranslationSource.Walk, m.Access(Page, false, pasid: 70).Source);
        Assert.Equal((TranslationSource.Iotlb, TranslationSource.Iotlb), (m.Read(Page).Source, m.Access(Page, false, pasid: 70).Source));
        m.Driver.InvalidateRange(m.Domain, Page, Page, leafOnly: true); // one descriptor for each
        Assert.Equal((TranslationSource.Walk, TranslationSource.Walk), (m.Read(Page).Source, m.Access(Page, false, pasid: 70).Source));
    }
}
