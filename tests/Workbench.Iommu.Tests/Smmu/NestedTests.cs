using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>Stage 1 over stage 2: tables and context descriptors are reached through stage 2. IHI 0070 §3.13, §4.4; hardware.md 3.3, 3.5.</summary>
public sealed class NestedTests
{
    private const ulong Page = 0x5000, Physical = 0x9_0000;

    [Fact]
    public void A_read_goes_through_both_stages_and_marks_both_accessed()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        Assert.Equal((FaultKind.None, Physical + 0x123), (m.Read(Page + 0x123).Fault, m.Read(Page + 0x123).Physical));
        Assert.True(m.SecondIsAccessed(NestedMachine.Intermediate(Page)));
        Assert.False(m.FirstIsDirty(Page) || m.SecondIsDirty(NestedMachine.Intermediate(Page)));
    }

    [Fact]
    public void A_write_makes_both_leaves_dirty_and_the_page_of_the_table_it_updates()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.True(m.FirstIsDirty(Page) && m.SecondIsDirty(NestedMachine.Intermediate(Page)));
        Assert.True(m.SecondIsDirty(m.LeafTable(Page)));
        // The tables above were read, the context descriptor was fetched: neither makes a page dirty.
        Assert.False(m.SecondIsDirty(m.First.Root.Value) || m.SecondIsDirty(m.Contexts.Value));
        Assert.True(m.SecondIsAccessed(m.First.Root.Value) && m.SecondIsAccessed(m.Contexts.Value));
    }

    // §3.13: to set AF in stage 1 is a write of its table too.
    [Fact]
    public void A_read_that_sets_AF_makes_the_page_of_the_table_dirty()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        m.Read(Page);
        Assert.True(m.SecondIsDirty(m.LeafTable(Page)));
    }

    [Fact]
    public void Stage_2_must_allow_the_update_of_a_stage_1_table()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        m.SecondWord(m.LeafTable(Page)) &= ~(1UL << 51);
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page).Fault);
        Assert.False(m.FirstIsDirty(Page) || m.SecondIsDirty(NestedMachine.Intermediate(Page)));
    }

    [Fact]
    public void A_lagging_update_asks_stage_2_at_once()
    {
        using NestedMachine m = new(dirtyMayLag: true);
        m.Map(Page, Physical);
        m.SecondWord(m.LeafTable(Page)) &= ~(1UL << 51);
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page).Fault);
        m.Execute(SmmuCommand.Sync());
        Assert.False(m.FirstIsDirty(Page));
    }

    [Fact]
    public void With_HTTU_off_at_stage_1_the_table_page_stays_clean()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        m.FirstWord(Page) = (m.FirstWord(Page) | (1UL << 10)) & ~(1UL << 7); // accessed and dirty
        m.Write(m.Stage1Entry.Over(m.Stage2Entry), m.Descriptor with { AccessFlagIsUpdated = false, DirtyIsUpdated = false });
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.True(m.SecondIsDirty(NestedMachine.Intermediate(Page)));
        Assert.False(m.SecondIsDirty(m.LeafTable(Page)));
    }

    [Fact]
    public void With_HTTU_off_at_stage_2_only_stage_1_is_updated()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical, second: Permission.ReadWrite);
        m.Write(m.Stage1Entry.Over(m.Stage2Entry with { Stage2AccessFlagIsUpdated = false, Stage2DirtyIsUpdated = false, Stage2IgnoresAccessFlag = true }), m.Descriptor);
        // Every page of stage 2 is writable-clean: to update the stage-1 table needs permission that clean pages do not give.
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page).Fault);
    }

    // The trap: combined entries are cached under virtual addresses.
    [Fact]
    public void S2_IPA_does_not_remove_what_stage_1_combined()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        m.Read(Page);
        // Not by its intermediate address, nor by a range that has its virtual one too.
        m.Execute(SmmuCommand.TlbiS2Ipa(NestedMachine.Vmid, SmmuTlbiRange.Single(NestedMachine.Intermediate(Page))), SmmuCommand.TlbiS2Ipa(NestedMachine.Vmid, SmmuTlbiRange.Of(0, SmmuGranule.Size4K, 31, 20)), SmmuCommand.Sync());
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page).Source);
        m.Execute(SmmuCommand.TlbiNhAll(NestedMachine.Vmid), SmmuCommand.Sync());
        Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
    }

    // A migration clears stage 2: without NH_ALL the next write through the combined entry is lost.
    [Fact]
    public void Clearing_stage_2_takes_S2_IPA_and_NH_ALL()
    {
        using NestedMachine m = new();
        m.Engine.Diagnose = true;
        m.Map(Page, Physical);
        m.Write(Page);
        m.SecondWord(NestedMachine.Intermediate(Page)) &= ~(1UL << 7);
        m.Execute(SmmuCommand.TlbiS2Ipa(NestedMachine.Vmid, SmmuTlbiRange.Single(NestedMachine.Intermediate(Page)), leafOnly: true), SmmuCommand.Sync());
        Assert.True(m.Write(Page).Swallowed);
        Assert.False(m.SecondIsDirty(NestedMachine.Intermediate(Page)));
        m.Execute(SmmuCommand.TlbiNhAll(NestedMachine.Vmid), SmmuCommand.Sync());
        Assert.False(m.Write(Page).Swallowed);
        Assert.True(m.SecondIsDirty(NestedMachine.Intermediate(Page)));
    }

    [Fact]
    public void S2_IPA_makes_walks_of_stage_1_tables_look_again()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        m.Map(Page + 0x1000, Physical + 0x1000);
        m.Read(Page);
        m.SecondWord(m.LeafTable(Page)) = 0;
        m.Execute(SmmuCommand.TlbiS2Ipa(NestedMachine.Vmid, SmmuTlbiRange.Single(m.LeafTable(Page))), SmmuCommand.Sync());
        Assert.Equal(FaultKind.None, m.Read(Page).Fault); // cached whole
        Assert.Equal(FaultKind.NotPresent, m.Read(Page + 0x1000).Fault);
    }

    // The hint of NH_VA is about stage 1, however small the pieces that stage 2 makes of its blocks.
    [Fact]
    public void A_level_hint_means_the_stage_1_leaf()
    {
        using NestedMachine m = new();
        m.Map(0x20_0000, 0x40_0000, log2: 21, secondLog2: 12);
        Assert.Equal(12, m.Read(0x20_3000).PageLog2);
        m.Execute(SmmuCommand.TlbiNhVa(NestedMachine.Vmid, NestedMachine.Asid, SmmuTlbiRange.Of(0x20_0000, SmmuGranule.Size4K, 0, 9, 3)));
        Assert.Equal(TranslationSource.Iotlb, m.Read(0x20_3000).Source);
        m.Execute(SmmuCommand.TlbiNhVa(NestedMachine.Vmid, NestedMachine.Asid, SmmuTlbiRange.Of(0x20_0000, SmmuGranule.Size4K, 0, 9, 2)));
        Assert.Equal(TranslationSource.Walk, m.Read(0x20_3000).Source);
    }

    [Fact]
    public void Stage_1_alone_with_a_VMID_is_tagged_by_it()
    {
        using NestedMachine m = new();
        Assert.Equal(Iommu.PageTables.MapResult.Mapped, m.First.Map(Page, Physical, 0x1000, Permission.ReadWrite, 12, new()));
        m.Write(m.Stage1Entry with { Vmid = 3 }, m.Descriptor);
        m.Read(Page);
        m.Execute(SmmuCommand.TlbiNhAsid(0, NestedMachine.Asid), SmmuCommand.TlbiNhAll(NestedMachine.Vmid));
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page).Source);
        m.Execute(SmmuCommand.TlbiNhAsid(3, NestedMachine.Asid));
        Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
    }

    [Fact]
    public void Memory_of_the_tables_fits_what_stage_2_maps()
    {
        using NestedMachine m = new();
        Assert.InRange(m.Memory.AllocateFrame().Value, PhysicalMemory.Base, PhysicalMemory.Base + NestedMachine.TableBytes);
    }
}
