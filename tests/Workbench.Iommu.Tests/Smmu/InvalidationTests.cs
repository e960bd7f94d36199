using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>What each command drops and what it leaves. IHI 0070 §4.3, §4.4; hardware.md 3.5.</summary>
public sealed class InvalidationTests
{
    private const ushort Asid = SmmuMachine.DomainNumber, OtherAsid = 8;
    private const ulong Page = 0x5000, MiB2 = 0x20_0000;

    /// <summary>Two stage-1 address spaces of VMID 0 (ASIDs 7 and 8) and, if asked, the second under another VMID; a page of each is cached.</summary>
    private static SmmuMachine TwoSpaces(ushort otherVmid = 0)
    {
        SmmuMachine m = new();
        Domain other = m.Driver.CreateDomain(new(OtherAsid));
        m.Driver.Attach(SmmuMachine.Disk, null, other);
        m.Map(Page, 0x9000, 0x2000, largest: 12);
        m.Map(Page, 0xA000, 0x2000, largest: 12, domain: other);
        m.StreamWord(SmmuMachine.Disk, 2) = otherVmid;
        m.Submit(SmmuCommand.CfgiAll());
        foreach (ulong page in new[] { Page, Page + 0x1000 })
        {
            m.Read(page);
            m.Read(page, SmmuMachine.Disk);
        }
        return m;
    }

    public static TheoryData<string, SmmuCommand, bool, bool, bool> Stage1Commands => new()
    {
        // the command; does it drop the NIC's page, the page behind it, the disk's page (ASID 8)?
        { "NH_ALL", SmmuCommand.TlbiNhAll(0), true, true, true },
        { "NH_ALL of another VMID", SmmuCommand.TlbiNhAll(1), false, false, false },
        { "NH_ASID", SmmuCommand.TlbiNhAsid(0, Asid), true, true, false },
        { "NH_ASID of another VMID", SmmuCommand.TlbiNhAsid(1, Asid), false, false, false },
        { "NH_ASID of another ASID", SmmuCommand.TlbiNhAsid(0, OtherAsid), false, false, true },
        { "NH_VA", SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Single(Page)), true, false, false },
        { "NH_VA of another VMID", SmmuCommand.TlbiNhVa(1, Asid, SmmuTlbiRange.Single(Page)), false, false, false },
        { "NH_VA leaf", SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Single(Page), leafOnly: true), true, false, false },
        { "NH_VA range", SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(Page, SmmuGranule.Size4K, 1, 0)), true, true, false },
        { "NH_VA range behind", SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(Page + 0x1000, SmmuGranule.Size4K, 1, 0)), false, true, false },
        { "NH_VA with the right hint", SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(Page, SmmuGranule.Size4K, 0, 0, 3)), true, false, false },
        { "NH_VA with a wrong hint", SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 0, 9, 2)), false, false, false },
        { "NH_VAA", SmmuCommand.TlbiNhVaa(0, SmmuTlbiRange.Single(Page)), true, false, true },
        { "NH_VAA of another VMID", SmmuCommand.TlbiNhVaa(1, SmmuTlbiRange.Single(Page)), false, false, false },
        { "S12_VMALL", SmmuCommand.TlbiS12VmAll(0), true, true, true },
        { "S12_VMALL of another VMID", SmmuCommand.TlbiS12VmAll(1), false, false, false },
        { "S2_IPA", SmmuCommand.TlbiS2Ipa(0, SmmuTlbiRange.Single(Page)), false, false, false },
        { "NSNH_ALL", SmmuCommand.TlbiNsnhAll(), true, true, true },
        { "EL2_ALL", SmmuCommand.TlbiEl2All(), false, false, false },
        { "EL2_ASID", SmmuCommand.TlbiEl2Asid(Asid), false, false, false },
        { "EL2_VA", SmmuCommand.TlbiEl2Va(Asid, SmmuTlbiRange.Single(Page)), false, false, false },
        { "EL2_VAA", SmmuCommand.TlbiEl2Vaa(SmmuTlbiRange.Single(Page)), false, false, false },
        { "CFGI_STE", SmmuCommand.CfgiSte(SmmuMachine.Nic.Value), false, false, false },
        { "PREFETCH_ADDR", SmmuCommand.PrefetchAddress(SmmuMachine.Nic.Value, Page), false, false, false },
        { "SYNC", SmmuCommand.Sync(), false, false, false },
    };

    [Theory]
    [MemberData(nameof(Stage1Commands))]
    public void A_command_drops_its_translations_and_no_others(string name, SmmuCommand command, bool page, bool behind, bool ofOther)
    {
        Assert.NotEmpty(name);
        using SmmuMachine m = TwoSpaces();
        m.Submit(command);
        Assert.Equal((!page, !behind, !ofOther, !(ofOther && (behind || command.Opcode == SmmuOpcode.TlbiNhAsid))),
            (m.IsCached(Page), m.IsCached(Page + 0x1000), m.IsCached(Page, SmmuMachine.Disk), m.IsCached(Page + 0x1000, SmmuMachine.Disk)));
    }

    [Fact]
    public void Commands_for_a_VMID_leave_the_same_ASID_of_another()
    {
        using SmmuMachine m = TwoSpaces(otherVmid: 3);
        m.Submit(SmmuCommand.TlbiNhAll(0), SmmuCommand.TlbiNhAsid(0, OtherAsid), SmmuCommand.TlbiNhVaa(0, SmmuTlbiRange.Single(Page)), SmmuCommand.TlbiS12VmAll(0));
        Assert.True(m.IsCached(Page, SmmuMachine.Disk));
        m.Submit(SmmuCommand.TlbiNhAsid(3, OtherAsid));
        Assert.False(m.IsCached(Page, SmmuMachine.Disk));
    }

    [Fact]
    public void Stage_2_translations_go_by_S2_IPA_S12_VMALL_and_NSNH_ALL_alone()
    {
        using SmmuMachine m = new(SmmuMachine.Stage2);
        m.Map(Page, 0x9000, 0x2000, largest: 12);
        foreach ((SmmuCommand command, bool drops, bool dropsNext) in new[]
        {
            (SmmuCommand.TlbiNhAll(Asid), false, false), (SmmuCommand.TlbiNhVaa(Asid, SmmuTlbiRange.Single(Page)), false, false), (SmmuCommand.TlbiS2Ipa(8, SmmuTlbiRange.Single(Page)), false, false),
            (SmmuCommand.TlbiS2Ipa(Asid, SmmuTlbiRange.Single(Page)), true, false), (SmmuCommand.TlbiS2Ipa(Asid, SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 2, 1)), true, false),
            (SmmuCommand.TlbiS12VmAll(Asid), true, true), (SmmuCommand.TlbiNsnhAll(), true, true),
        })
        {
            m.Read(Page);
            m.Read(Page + 0x1000);
            m.Submit(command);
            Assert.Equal((!drops, !dropsNext), (m.IsCached(Page), m.IsCached(Page + 0x1000)));
        }
    }

    // hardware.md 3.5: the trap. A hint names the level whose leaves go; pages below and blocks above survive it.
    [Theory]
    [InlineData(12, 3, true)]
    [InlineData(12, 2, false)]
    [InlineData(12, 1, false)]
    [InlineData(16, 3, true)] // a contiguous run is of its members' level
    [InlineData(16, 2, false)]
    [InlineData(21, 3, false)]
    [InlineData(21, 2, true)]
    [InlineData(21, 1, false)]
    [InlineData(25, 2, true)]
    [InlineData(30, 1, true)]
    [InlineData(30, 2, false)]
    [InlineData(34, 1, true)]
    [InlineData(34, 3, false)]
    public void A_level_hint_reaches_leaves_of_that_level_only(int leafLog2, int hint, bool drops)
    {
        using SmmuMachine m = new();
        ulong start = 1UL << leafLog2;
        m.Map(start, start, 1UL << leafLog2);
        m.Read(start);
        m.Submit(SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 31, 20, hint), leafOnly: true));
        Assert.Equal(!drops, m.IsCached(start));
        m.Submit(SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 31, 20), leafOnly: true));
        Assert.False(m.IsCached(start));
    }

    [Theory]
    [InlineData(14, 25, 2, true)]
    [InlineData(14, 25, 3, false)]
    [InlineData(14, 21, 3, true)]
    [InlineData(16, 29, 2, true)]
    [InlineData(16, 34, 2, true)]
    [InlineData(16, 21, 3, true)]
    [InlineData(16, 21, 2, false)]
    public void A_level_hint_counts_by_its_granule(int granule, int leafLog2, int hint, bool drops)
    {
        using SmmuMachine m = new(SmmuMachine.Stage1 with { GranuleLog2 = granule });
        ulong start = 1UL << leafLog2;
        m.Map(start, start, 1UL << leafLog2);
        m.Read(start);
        m.Submit(SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(0, granule == 14 ? SmmuGranule.Size16K : SmmuGranule.Size64K, 31, 20, hint), leafOnly: true));
        Assert.Equal(!drops, m.IsCached(start));
    }

    // The hint is about the table's leaf, not about what the IOTLB made of it.
    [Fact]
    public void A_level_hint_reaches_the_pieces_of_a_block_that_the_IOTLB_split()
    {
        using SmmuMachine m = new(SmmuMachine.Stage1 with { Iotlb = new() { Sets = 16, Ways = 4, SplitsLargePages = true } });
        m.Map(MiB2, MiB2, MiB2);
        m.Read(MiB2 + 0x7000);
        m.Submit(SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(MiB2, SmmuGranule.Size4K, 0, 9, 3), leafOnly: true));
        Assert.True(m.IsCached(MiB2 + 0x7000));
        m.Submit(SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Of(MiB2, SmmuGranule.Size4K, 0, 9, 2), leafOnly: true));
        Assert.False(m.IsCached(MiB2 + 0x7000));
    }

    [Fact]
    public void A_leaf_only_command_keeps_the_walk_caches_and_another_does_not()
    {
        using SmmuMachine m = new();
        m.Map(Page, 0x9000, 0x1000);
        foreach ((bool leafOnly, int reads) in new[] { (true, 1), (false, 4) })
        {
            m.Read(Page);
            m.Submit(SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Single(Page), leafOnly));
            long before = m.Counters.TableReads;
            m.Read(Page);
            Assert.Equal(reads, m.Counters.TableReads - before);
        }
    }

    // A single address names the page that holds it, whatever its granule.
    [Theory]
    [InlineData(14)]
    [InlineData(16)]
    public void A_single_address_drops_all_of_a_split_page(int granule)
    {
        using SmmuMachine m = new(SmmuMachine.Stage1 with { GranuleLog2 = granule, Iotlb = new() { Sets = 16, Ways = 4, SplitsLargePages = true } });
        m.Map(0x1_0000, 0x1_0000, 1UL << granule, largest: granule);
        m.Read(0x1_3000);
        m.Submit(SmmuCommand.TlbiNhVa(0, Asid, SmmuTlbiRange.Single(0x1_0000), leafOnly: true));
        Assert.False(m.IsCached(0x1_3000));
    }

    public static TheoryData<string, SmmuCommand, bool> ConfigCommands => new()
    {
        { "CFGI_STE", SmmuCommand.CfgiSte(SmmuMachine.Nic.Value), true },
        { "CFGI_STE of another stream", SmmuCommand.CfgiSte(SmmuMachine.Disk.Value), false },
        { "CFGI_STE of a stream beyond 16 bits", SmmuCommand.CfgiSte(0x1_0000u | SmmuMachine.Nic.Value), false },
        { "CFGI_STE_RANGE around", SmmuCommand.CfgiSteRange(0, 4), true },
        { "CFGI_STE_RANGE below", SmmuCommand.CfgiSteRange(0, 3), false },
        { "CFGI_STE_RANGE above", SmmuCommand.CfgiSteRange(16, 4), false },
        { "CFGI_ALL", SmmuCommand.CfgiAll(), true },
        { "CFGI_CD", SmmuCommand.CfgiCd(SmmuMachine.Nic.Value), true },
        { "CFGI_CD of another substream", SmmuCommand.CfgiCd(SmmuMachine.Nic.Value, new Pasid(1)), false },
        { "CFGI_CD of another stream", SmmuCommand.CfgiCd(SmmuMachine.Disk.Value), false },
        { "CFGI_CD_ALL", SmmuCommand.CfgiCdAll(SmmuMachine.Nic.Value), true },
        { "CFGI_CD_ALL of another stream", SmmuCommand.CfgiCdAll(SmmuMachine.Disk.Value), false },
        { "TLBI_NSNH_ALL", SmmuCommand.TlbiNsnhAll(), false },
        { "SYNC", SmmuCommand.Sync(), false },
    };

    [Theory]
    [MemberData(nameof(ConfigCommands))]
    public void A_CD_taken_down_is_noticed_after_the_right_command(string name, SmmuCommand command, bool isNoticed)
    {
        Assert.NotEmpty(name);
        Assert.Equal(8, SmmuMachine.Nic.Value); // what the ranges are about
        using SmmuMachine m = new();
        m.Map(Page, 0x9000, 0x1000);
        m.Read(Page);
        m.ContextWord(SmmuMachine.Nic) &= ~(1UL << 31);
        m.Submit(command);
        Assert.Equal(isNoticed ? Faults.FaultKind.PasidNotPresent : Faults.FaultKind.None, m.Read(Page).Fault);
    }

    [Fact]
    public void Substreams_have_spaces_of_their_own_and_go_one_by_one()
    {
        using SmmuMachine m = new();
        Domain other = m.Driver.CreateDomain(new(OtherAsid));
        m.Driver.Attach(SmmuMachine.Nic, new Pasid(0x4_1234), other);
        m.Map(Page, 0x9000, 0x1000);
        m.Map(Page, 0xA000, 0x1000, domain: other);
        Assert.Equal((0x9000UL, 0xA000UL), (m.Read(Page).Physical, m.Access(Page, false, pasid: 0x4_1234).Physical));
        m.ContextWord(SmmuMachine.Nic) &= ~(1UL << 31);
        m.ContextWord(SmmuMachine.Nic, 0x4_1234) &= ~(1UL << 31);
        m.Submit(SmmuCommand.CfgiCd(SmmuMachine.Nic.Value, new Pasid(0x4_1234)));
        Assert.Equal((Faults.FaultKind.None, Faults.FaultKind.PasidNotPresent), (m.Read(Page).Fault, m.Access(Page, false, pasid: 0x4_1234).Fault));
    }

    [Fact]
    public void A_sync_by_message_writes_its_word_where_the_part_has_messages()
    {
        using NestedMachine m = new(SmmuFeatures.Default with { SupportsHierarchyDisable = false, SupportsMessageInterrupts = true });
        Spa word = m.Memory.AllocateFrame();
        m.Execute(SmmuCommand.SyncWithMessage(new(word.Value + 4), 0xC0FFEE));
        Assert.Equal(0x00C0_FFEE_0000_0000UL, m.Memory.Word(word));
    }

    [Fact]
    public void An_empty_gather_takes_no_commands()
    {
        using SmmuMachine m = new();
        long before = m.Driver.CommandsSubmitted;
        Assert.Equal(0, m.Driver.Invalidate(m.Domain, new InvalidationGather()));
        Assert.Equal(before, m.Driver.CommandsSubmitted);
    }
}
