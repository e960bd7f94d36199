using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>Each fault provoked, and its record word for word. IHI 0070 §7.3; positions as in the vectors of SmmuEvent.</summary>
public sealed class FaultTests
{
    private const ulong Page = 0x5000, Physical = 0x9_0000, Offset = 0xABC;
    // StreamID 8; RnW is bit 35 of word 1, S2 bit 39, CLASS bits 41:40 (CD 0, TT 1, IN 2), TTRnW bit 44.
    private const ulong Sid = 8UL << 32, Read = 1UL << 35, S2 = 1UL << 39, Tt = 1UL << 40, In = 2UL << 40, TableRead = 1UL << 44;

    private static void AssertEvent(NestedMachine m, ulong word0, ulong word1 = 0, ulong word2 = 0, ulong word3 = 0)
    {
        Assert.Equal(new SmmuEvent(word0, word1, word2, word3), m.TakeEvent());
        m.AssertNoEvent();
    }

    private static NestedMachine Mapped()
    {
        NestedMachine m = new();
        m.Map(Page, Physical);
        return m;
    }

    private static void OnlyStage1(NestedMachine m, SmmuContextDescriptor? descriptor = null) => m.Write(m.Stage1Entry, descriptor ?? m.Descriptor);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_mapped_is_F_TRANSLATION(bool isWrite)
    {
        using NestedMachine m = Mapped();
        Assert.Equal(FaultKind.NotPresent, m.Access(0x7ABC, isWrite).Fault);
        AssertEvent(m, Sid | 0x10, In | (isWrite ? 0 : Read), 0x7ABC);
    }

    [Fact]
    public void An_address_beyond_T0SZ_is_F_TRANSLATION()
    {
        using NestedMachine m = Mapped();
        m.Read(0xFFFF_FF80_0000_0000);
        AssertEvent(m, Sid | 0x10, In | Read, 0xFFFF_FF80_0000_0000);
        m.Read(1UL << 39);
        AssertEvent(m, Sid | 0x10, In | Read, 1UL << 39);
    }

    [Fact]
    public void A_disabled_lower_half_is_F_TRANSLATION()
    {
        using NestedMachine m = Mapped();
        OnlyStage1(m, m.Descriptor with { LowerIsDisabled = true });
        m.Write(0);
        AssertEvent(m, Sid | 0x10, In, 0);
    }

    [Fact]
    public void The_SubstreamID_is_in_the_record()
    {
        using NestedMachine m = Mapped();
        m.Write(m.Stage1Entry with { ContextsLog2 = 4, DefaultSubstream = SmmuDefaultSubstream.UseContext0 }, m.Descriptor);
        Span<ulong> words = stackalloc ulong[8];
        m.Descriptor.Write(words);
        m.Memory.Write(new(m.Contexts.Value + (3 * 64)), words);
        m.Access(0x7ABC, false, pasid: 3);
        AssertEvent(m, Sid | 0x10 | (1UL << 11) | (3UL << 12), In | Read, 0x7ABC);
    }

    [Fact]
    public void A_table_beyond_IPS_is_F_ADDR_SIZE()
    {
        using NestedMachine m = Mapped();
        // The root at a low intermediate address; what it points to lies above 2^45.
        Assert.Equal(MapResult.Mapped, m.Second.Map(0x4000_0000, m.First.Root.Value, 0x1000, Permission.ReadWrite, 12, new()));
        m.Write(m.Stage1Entry.Over(m.Stage2Entry), m.Descriptor with { LowerTable = 0x4000_0000, OutputSize = SmmuAddressSize.Bits44 });
        m.Read(Page);
        AssertEvent(m, Sid | 0x11, In | Read, Page);
    }

    [Theory]
    [InlineData("smmu", 0x0UL)]
    [InlineData("smmu-s2", 0x80_0000_0000UL)]
    public void A_leaf_beyond_OAS_is_F_ADDR_SIZE(string model, ulong stage)
    {
        using SmmuMachine m = new(new() { Model = model, GranuleLog2 = 16 });
        m.Map(0x5_0000, 0x9_0000, 0x1_0000);
        m.Entry(0x5_0000) |= 1UL << 12; // OA[48]
        m.Read(0x5_0ABC);
        Assert.Equal(new SmmuEvent(Sid | 0x11, stage | In | Read, 0x5_0ABC, stage == 0 ? 0 : 0x5_0000UL), m.TakeEvent());
    }

    [Theory]
    [InlineData(false, 0x12UL)]
    [InlineData(true, 0x12UL)]
    public void AF_clear_is_F_ACCESS(bool isWrite, ulong code)
    {
        using NestedMachine m = Mapped();
        OnlyStage1(m, m.Descriptor with { AccessFlagIsUpdated = false, DirtyIsUpdated = false });
        m.Access(Page + Offset, isWrite);
        AssertEvent(m, Sid | code, In | (isWrite ? 0 : Read), Page + Offset);
    }

    [Fact]
    public void A_read_only_page_is_F_PERMISSION()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical, first: Permission.Read);
        m.Write(Page + Offset);
        AssertEvent(m, Sid | 0x13, In, Page + Offset);
    }

    [Fact]
    public void A_privileged_page_is_F_PERMISSION()
    {
        using NestedMachine m = Mapped();
        m.FirstWord(Page) &= ~(1UL << 6);
        m.Read(Page);
        AssertEvent(m, Sid | 0x13, In | Read, Page);
    }

    [Fact]
    public void Stage_2_faults_of_the_result_name_its_intermediate_address()
    {
        using NestedMachine m = Mapped();
        ulong ipa = NestedMachine.Intermediate(Page);
        m.SecondWord(ipa) &= ~(1UL << 51);
        m.Write(Page + Offset);
        AssertEvent(m, Sid | 0x13, S2 | In, Page + Offset, ipa);
        m.SecondWord(ipa) = 0;
        m.Read(Page + Offset);
        AssertEvent(m, Sid | 0x10, S2 | In | Read, Page + Offset, ipa);
    }

    [Fact]
    public void Stage_2_faults_of_a_table_are_of_class_TT()
    {
        using NestedMachine m = Mapped();
        ulong table = m.LeafTable(Page), slot = table + (Page >> 12 << 3);
        m.SecondWord(table) &= ~(1UL << 51);
        m.Read(Page + Offset); // to set AF is a write
        AssertEvent(m, Sid | 0x13, S2 | Tt | Read, Page + Offset, slot & ~0xFFFUL);
        m.SecondWord(table) &= ~(3UL << 6);
        m.Write(Page + Offset);
        AssertEvent(m, Sid | 0x13, S2 | Tt | TableRead, Page + Offset, slot & ~0xFFFUL);
        m.SecondWord(table) = 0;
        m.Write(Page + Offset);
        AssertEvent(m, Sid | 0x10, S2 | Tt, Page + Offset, table);
    }

    [Fact]
    public void Stage_2_faults_of_a_context_descriptor_are_of_class_CD()
    {
        using NestedMachine m = Mapped();
        m.SecondWord(m.Contexts.Value) = 0;
        m.Execute(SmmuCommand.CfgiAll());
        Assert.Equal(FaultKind.NotPresent, m.Write(Page + Offset).Fault);
        AssertEvent(m, Sid | 0x10, S2, Page + Offset, m.Contexts.Value);
    }

    [Fact]
    public void Stage_2_alone_takes_the_address_for_an_intermediate_one()
    {
        using NestedMachine m = Mapped();
        m.Write(m.Stage2Entry);
        m.Read(0x1_2345_6789);
        AssertEvent(m, Sid | 0x10, S2 | In | Read, 0x1_2345_6789, 0x1_2345_6000);
        m.Read(1UL << 48); // above IAS: a stage-1 address size fault
        AssertEvent(m, Sid | 0x11, In | Read, 1UL << 48);
    }

    [Fact]
    public void A_bypass_beyond_OAS_is_F_ADDR_SIZE()
    {
        using NestedMachine m = Mapped();
        m.Write(SmmuStreamTableEntry.ForBypass());
        Assert.Equal((FaultKind.None, 0xFFFF_FFFF_FFFFUL), (m.Read(0xFFFF_FFFF_FFFF).Fault, m.Read(0xFFFF_FFFF_FFFF).Physical));
        m.Write(1UL << 48);
        AssertEvent(m, Sid | 0x11, In, 1UL << 48);
    }

    [Fact]
    public void A_table_outside_memory_is_F_WALK_EABT()
    {
        using NestedMachine m = Mapped();
        OnlyStage1(m);
        m.Memory.Word(m.First.Root) = 0x1_0003;
        m.Read(Page);
        AssertEvent(m, Sid | 0x0B, Tt | Read, Page);
        m.Write(m.Stage2Entry with { Stage2Table = new(0x10_0000) });
        m.Write(Page);
        AssertEvent(m, Sid | 0x0B, S2 | In, Page);
    }

    [Fact]
    public void A_walk_that_cannot_update_coherently_is_F_WALK_EABT()
    {
        using NestedMachine m = new(SmmuFeatures.Default with { SupportsHierarchyDisable = false, IsCoherent = false });
        m.Map(Page, Physical);
        m.Write(m.Stage1Entry, m.Descriptor);
        m.Read(Page);
        AssertEvent(m, Sid | 0x0B, Tt | Read, Page);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void R_and_S2R_suppress_the_faults_of_their_stage(bool r, bool s2r)
    {
        using NestedMachine m = Mapped();
        m.Write(m.Stage1Entry.Over(m.Stage2Entry with { Stage2FaultsAreRecorded = s2r }), m.Descriptor with { FaultsAreRecorded = r });
        m.Read(0x7000);
        Assert.Equal(r, m.Unit.TryTakeEvent(out _));
        m.SecondWord(NestedMachine.Intermediate(Page)) = 0;
        Assert.Equal(FaultKind.NotPresent, m.Read(Page).Fault);
        Assert.Equal(s2r, m.Unit.TryTakeEvent(out _));
        m.SecondWord(m.Contexts.Value) = 0;
        m.Execute(SmmuCommand.CfgiAll());
        Assert.Equal(FaultKind.NotPresent, m.Read(Page).Fault);
        Assert.Equal(s2r, m.Unit.TryTakeEvent(out _));
    }

    [Fact]
    public void A_disabled_unit_bypasses_or_aborts_without_events()
    {
        using NestedMachine m = Mapped();
        m.Read(Page);
        m.Unit.WriteControl(SmmuUnit.EventQueueBit);
        Assert.Equal(0x1234_5678UL, m.Read(0x1234_5678).Physical);
        Assert.Equal(FaultKind.BeyondAddressWidth, m.Read(1UL << 50).Fault);
        m.Unit.AbortsWhileDisabled = true;
        m.Unit.WriteControl(SmmuUnit.EnableBit | SmmuUnit.EventQueueBit);
        m.Unit.WriteControl(SmmuUnit.EventQueueBit);
        Assert.Equal(FaultKind.DeviceBlocked, m.Read(Page).Fault);
        m.AssertNoEvent();
    }
}
