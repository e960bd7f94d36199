using Workbench.Iommu.Faults;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>AF and dirty state by HA, HD and AFFD, and what is cached of these. hardware.md 3.2 to 3.4.</summary>
public sealed class DirtySemanticsTests
{
    private const ulong Page = 0x5000, Other = 0x6000;
    private const ulong Ha = 1UL << 43, Hd = 1UL << 42, Affd = 1UL << 35;
    private const ulong S2Ha = 1UL << 56, S2Hd = 1UL << 55, S2Affd = 1UL << 53;
    private const ulong Af = 1UL << 10, ReadOnly = 1UL << 7, Write = 1UL << 7, Dbm = 1UL << 51;

    /// <summary>A machine whose one page, not cached, has a leaf word of the test's making.</summary>
    private static SmmuMachine Machine(bool isStage2, bool ha, bool hd, bool affd, ulong set = 0, ulong clear = 0, bool dirtyTracking = true)
    {
        SmmuMachine m = new((isStage2 ? SmmuMachine.Stage2 : SmmuMachine.Stage1) with { SupportsDirtyTracking = dirtyTracking });
        m.Map(Page, 0x9000, 0x1000);
        m.Map(Other, 0xA000, 0x1000);
        ref ulong entry = ref m.Entry(Page);
        entry = (entry & ~clear) | set;
        if (isStage2) m.StreamWord(SmmuMachine.Nic, 2) = (m.StreamWord(SmmuMachine.Nic, 2) & ~(S2Ha | S2Hd | S2Affd)) | (ha ? S2Ha : 0) | (hd ? S2Hd : 0) | (affd ? S2Affd : 0);
        else m.ContextWord(SmmuMachine.Nic) = (m.ContextWord(SmmuMachine.Nic) & ~(Ha | Hd | Affd)) | (ha ? Ha : 0) | (hd ? Hd : 0) | (affd ? Affd : 0);
        m.Submit(SmmuCommand.CfgiAll());
        return m;
    }

    // AF = 0: HA sets it, AFFD without HA ignores it, else F_ACCESS; {HA, HD} = 01 behaves as 00.
    [Theory]
    [InlineData(false, false, false, FaultKind.AccessedIsClear, false)]
    [InlineData(false, false, true, FaultKind.None, false)]
    [InlineData(false, true, false, FaultKind.AccessedIsClear, false)]
    [InlineData(false, true, true, FaultKind.None, false)]
    [InlineData(true, false, false, FaultKind.None, true)]
    [InlineData(true, false, true, FaultKind.None, true)]
    [InlineData(true, true, false, FaultKind.None, true)]
    [InlineData(true, true, true, FaultKind.None, true)]
    public void A_read_of_a_page_never_accessed(bool ha, bool hd, bool affd, FaultKind fault, bool accessed)
    {
        foreach (bool isStage2 in new[] { false, true })
        {
            using SmmuMachine m = Machine(isStage2, ha, hd, affd);
            Assert.Equal(fault, m.Read(Page).Fault);
            Assert.Equal((accessed, false), (m.IsAccessed(Page), m.IsDirty(Page)));
        }
    }

    // A writable-clean page with AF set: HD with HA makes it dirty, anything else has the permission decide.
    [Theory]
    [InlineData(false, false, FaultKind.NoWritePermission)]
    [InlineData(false, true, FaultKind.NoWritePermission)]
    [InlineData(true, false, FaultKind.NoWritePermission)]
    [InlineData(true, true, FaultKind.None)]
    public void A_write_of_a_writable_clean_page(bool ha, bool hd, FaultKind fault)
    {
        foreach (bool isStage2 in new[] { false, true })
        {
            using SmmuMachine m = Machine(isStage2, ha, hd, affd: false, set: Af);
            ulong before = m.Entry(Page);
            Assert.Equal(fault, m.Write(Page).Fault);
            Assert.Equal(fault == FaultKind.None ? before ^ (isStage2 ? Write : ReadOnly) : before, m.Entry(Page));
        }
    }

    [Fact]
    public void A_writable_dirty_page_is_written_without_an_update()
    {
        foreach (bool isStage2 in new[] { false, true })
        {
            using SmmuMachine m = Machine(isStage2, ha: false, hd: false, affd: false, set: Af | (isStage2 ? Write : 0), clear: isStage2 ? 0 : ReadOnly);
            Assert.Equal(FaultKind.None, m.Write(Page).Fault);
            Assert.Equal((0, 0), (m.Counters.DirtyUpdates, m.Counters.AccessedUpdates));
        }
    }

    [Fact]
    public void A_page_without_DBM_is_read_only_or_writable_for_good()
    {
        foreach (bool isStage2 in new[] { false, true })
        {
            using SmmuMachine readOnly = Machine(isStage2, ha: true, hd: true, affd: false, clear: Dbm);
            Assert.Equal(FaultKind.NoWritePermission, readOnly.Write(Page).Fault);
            using SmmuMachine writable = Machine(isStage2, ha: true, hd: true, affd: false, set: isStage2 ? Write : 0, clear: Dbm | (isStage2 ? 0 : ReadOnly));
            ulong before = writable.Entry(Page);
            Assert.Equal(FaultKind.None, writable.Write(Page).Fault);
            Assert.Equal(before | Af, writable.Entry(Page));
            Assert.Empty(writable.Scan(clear: false));
        }
    }

    // IHI 0070 §3.13: the access flag fault comes before the permission fault.
    [Fact]
    public void An_access_flag_fault_outranks_a_permission_fault()
    {
        using SmmuMachine m = Machine(isStage2: false, ha: false, hd: false, affd: false, clear: Dbm);
        Assert.Equal(FaultKind.AccessedIsClear, m.Write(Page).Fault);
    }

    [Fact]
    public void AF_and_dirty_are_set_by_one_update()
    {
        using SmmuMachine m = Machine(isStage2: false, ha: true, hd: true, affd: false);
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.Equal((1, 1), (m.Counters.DirtyUpdates, m.Counters.AccessedUpdates));
        Assert.True(m.IsDirty(Page) && m.IsAccessed(Page));
        Assert.False(m.IsDirty(Other) || m.IsAccessed(Other));
    }

    // APTable[1] is no dirty state: hardware cannot write it away.
    [Fact]
    public void A_table_without_write_permission_is_not_fixed_by_DBM()
    {
        using SmmuMachine m = Machine(isStage2: false, ha: true, hd: true, affd: false);
        m.Memory.Word(m.Domain.Table.Root) |= 1UL << 62;
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page).Fault);
        Assert.False(m.IsDirty(Page));
        Assert.Equal(FaultKind.None, m.Read(Page).Fault);
    }

    // HA off to on: the CD is cached (CMD_CFGI_CD), and a translation found without updates is too (CMD_TLBI).
    [Theory]
    [InlineData(false, false, false, false)]
    [InlineData(true, false, false, true)]
    [InlineData(false, true, false, false)]
    [InlineData(true, true, true, true)]
    public void HA_takes_effect_after_both_invalidations(bool config, bool translations, bool cachedPageIsMarked, bool newPageIsMarked)
    {
        using SmmuMachine m = Machine(isStage2: false, ha: false, hd: false, affd: true);
        m.Read(Page);
        m.ContextWord(SmmuMachine.Nic) |= Ha | Hd;
        if (config) m.Submit(SmmuCommand.CfgiCd(SmmuMachine.Nic.Value));
        if (translations) m.Submit(SmmuCommand.TlbiNhAsid(0, SmmuMachine.DomainNumber));
        m.Read(Page);
        m.Read(Other);
        Assert.Equal((cachedPageIsMarked, newPageIsMarked), (m.IsAccessed(Page), m.IsAccessed(Other)));
    }

    [Theory]
    [InlineData(false, false, FaultKind.None)]
    [InlineData(true, false, FaultKind.NoWritePermission)]
    [InlineData(true, true, FaultKind.NoWritePermission)]
    public void HD_off_takes_effect_for_clean_pages_when_the_CD_is_dropped(bool config, bool translations, FaultKind fault)
    {
        using SmmuMachine m = Machine(isStage2: false, ha: true, hd: true, affd: false);
        m.Read(Page);
        m.ContextWord(SmmuMachine.Nic) &= ~Hd;
        if (config) m.Submit(SmmuCommand.CfgiCd(SmmuMachine.Nic.Value));
        if (translations) m.Submit(SmmuCommand.TlbiNhAsid(0, SmmuMachine.DomainNumber));
        Assert.Equal(fault, m.Write(Page).Fault);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void S2HA_takes_effect_after_CFGI_STE_and_a_TLBI(bool config, bool translations, bool isMarked)
    {
        using SmmuMachine m = Machine(isStage2: true, ha: false, hd: false, affd: true);
        m.Read(Page);
        m.StreamWord(SmmuMachine.Nic, 2) |= S2Ha | S2Hd;
        if (config) m.Submit(SmmuCommand.CfgiSte(SmmuMachine.Nic.Value));
        if (translations) m.Submit(SmmuCommand.TlbiS12VmAll(SmmuMachine.DomainNumber));
        m.Read(Page);
        Assert.Equal(isMarked, m.IsAccessed(Page));
    }

    [Fact]
    public void A_part_without_dirty_state_refuses_tracking_by_the_name_of_the_field()
    {
        using SmmuMachine m = new(SmmuMachine.Stage1 with { SupportsDirtyTracking = false });
        Assert.Contains("IDR0.HTTU = 1", Assert.Throws<NotSupportedException>(() => m.Driver.SetDirtyTracking(m.Domain, enable: true)).Message, StringComparison.Ordinal);
        // Its leaves are written accessed and dirty, so that nothing faults.
        m.Map(Page, 0x9000, 0x1000);
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.True(m.IsDirty(Page));
    }

    // HA and HD are on from attach: turning tracking on or off changes no structure, as Linux does.
    [Fact]
    public void Tracking_changes_no_structure_but_begins_clean()
    {
        using SmmuMachine m = new();
        m.Map(Page, 0x9000, 0x1000);
        m.Write(Page);
        ulong word = m.ContextWord(SmmuMachine.Nic);
        Assert.Equal(Ha | Hd, word & (Ha | Hd));
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Empty(m.Scan(clear: false));
        m.Write(Page);
        Assert.Equal([(Page >> 12, 12)], m.Scan(clear: false));
        m.Driver.SetDirtyTracking(m.Domain, enable: false);
        Assert.Equal(word, m.ContextWord(SmmuMachine.Nic));
    }

    [Fact]
    public void A_driver_that_maps_dirty_finds_everything_dirty_until_it_clears()
    {
        using SmmuMachine m = new(SmmuMachine.Stage1 with { Profile = new() { Name = "dirty", Shape = Invalidation.InvalidationShape.AsLinux, MapsDirty = true } });
        m.Map(Page, 0x9000, 0x1000);
        Assert.Equal([(Page >> 12, 12)], m.Scan(clear: true));
        Assert.Empty(m.Scan(clear: true));
    }

    // DDI 0487 D8.5.5: one member of a run is updated; software reads and clears all of them.
    [Fact]
    public void A_write_dirties_one_member_of_a_contiguous_run()
    {
        using SmmuMachine m = new();
        m.Map(0x10_0000, 0x20_0000, 0x1_0000);
        Assert.Equal(16, m.Write(0x10_3000).PageLog2);
        Assert.Equal([3], Enumerable.Range(0, 16).Where(i => ArmStage1Format<Granule4K>.IsDirty(m.Entry(0x10_0000 + ((ulong)i << 12)))));
        // The run is cached as one: writes to other members are covered by the report of the whole.
        Assert.Equal(TranslationSource.Iotlb, m.Write(0x10_7000).Source);
        Assert.Equal([(0x100UL, 16)], m.Scan(clear: true));
        Assert.Empty(m.Scan(clear: true));
    }
}
