using Workbench.Iommu.Faults;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>Each fault of the stream and context lookup provoked, and its record word for word. IHI 0070 §5.2, §7.3.</summary>
public sealed class LookupFaultTests
{
    private const ulong Page = 0x5000, Physical = 0x9_0000;
    private const ulong Sid = 8UL << 32;

    private static void AssertEvent(NestedMachine m, ulong word0)
    {
        Assert.Equal(new SmmuEvent(word0, 0), m.TakeEvent());
        m.AssertNoEvent();
    }

    private static NestedMachine Mapped()
    {
        NestedMachine m = new();
        m.Map(Page, Physical);
        return m;
    }

    [Fact]
    public void Streams_beyond_the_table_are_C_BAD_STREAMID()
    {
        using NestedMachine m = Mapped();
        m.Access(Page, false, device: new RequesterId(64)); // 2^6 streams
        AssertEvent(m, (64UL << 32) | 0x02);
        Spa level1 = m.Memory.AllocateFrame();
        m.Unit.StreamTable = SmmuStreamTable.TwoLevel(level1, 16, 8);
        m.Execute(SmmuCommand.CfgiAll());
        m.Read(Page);
        AssertEvent(m, Sid | 0x02);
    }

    [Fact]
    public void A_stream_table_outside_memory_is_F_STE_FETCH()
    {
        using NestedMachine m = Mapped();
        m.Unit.StreamTable = SmmuStreamTable.Linear(new(0x1000), 6);
        m.Execute(SmmuCommand.CfgiAll());
        m.Read(Page);
        AssertEvent(m, Sid | 0x03);
        m.Unit.StreamTable = SmmuStreamTable.TwoLevel(new(0x1000), 16, 8);
        m.Read(Page);
        AssertEvent(m, Sid | 0x03);
    }

    [Fact]
    public void Entries_that_are_invalid_or_illegal_are_C_BAD_STE()
    {
        using NestedMachine m = Mapped();
        m.Write(m.Stage1Entry with { IsValid = false });
        m.Read(Page);
        AssertEvent(m, Sid | 0x04);
        m.Write(m.Stage2Entry with { Stage2SizeOffset = 15 });
        m.Read(Page);
        AssertEvent(m, Sid | 0x04);
        m.Write(m.Stage1Entry with { StreamWorld = SmmuStreamWorld.El2 }); // not modelled
        m.Read(Page);
        AssertEvent(m, Sid | 0x04);
    }

    [Fact]
    public void An_aborting_stream_says_nothing()
    {
        using NestedMachine m = Mapped();
        m.Write(SmmuStreamTableEntry.ForAbort());
        Assert.Equal(FaultKind.DeviceBlocked, m.Read(Page).Fault);
        m.AssertNoEvent();
    }

    [Fact]
    public void Substreams_where_there_are_none_are_C_BAD_SUBSTREAMID()
    {
        using NestedMachine m = Mapped();
        foreach (SmmuStreamTableEntry stream in new[] { m.Stage1Entry, m.Stage2Entry, SmmuStreamTableEntry.ForBypass(), m.Stage1Entry with { ContextsLog2 = 1 } })
        {
            m.Write(stream);
            m.Access(Page, false, pasid: 2);
            AssertEvent(m, Sid | 0x08 | (2UL << 12));
        }
        Spa level1 = m.Memory.AllocateFrame();
        m.Write(m.Stage1Entry with { ContextsLog2 = 8, ContextFormat = SmmuContextFormat.TwoLevel4K, ContextTable = level1.Value });
        m.Access(Page, false, pasid: 2);
        AssertEvent(m, Sid | 0x08 | (2UL << 12));
    }

    [Theory]
    [InlineData(SmmuDefaultSubstream.Terminate, DmaRequest.NoPasid, true)]
    [InlineData(SmmuDefaultSubstream.Reserved, DmaRequest.NoPasid, true)]
    [InlineData(SmmuDefaultSubstream.UseContext0, 0U, true)]
    [InlineData(SmmuDefaultSubstream.UseContext0, DmaRequest.NoPasid, false)]
    [InlineData(SmmuDefaultSubstream.Terminate, 0U, false)]
    public void Requests_that_S1DSS_forbids_are_F_STREAM_DISABLED(SmmuDefaultSubstream mode, uint pasid, bool isDisabled)
    {
        using NestedMachine m = Mapped();
        m.Write(m.Stage1Entry.Over(m.Stage2Entry) with { ContextsLog2 = 4, DefaultSubstream = mode });
        Assert.Equal(isDisabled ? FaultKind.RequestNeedsPasid : FaultKind.None, m.Access(Page, false, pasid).Fault);
        if (isDisabled) AssertEvent(m, Sid | 0x06 | (pasid == 0 ? 1UL << 11 : 0));
    }

    [Fact]
    public void S1DSS_can_let_requests_past_stage_1()
    {
        using NestedMachine m = Mapped();
        SmmuStreamTableEntry stage1 = m.Stage1Entry with { ContextsLog2 = 4, DefaultSubstream = SmmuDefaultSubstream.BypassStage1 };
        m.Write(stage1.Over(m.Stage2Entry));
        Assert.Equal(Physical, m.Read(NestedMachine.Intermediate(Page)).Physical);
        m.Write(stage1);
        Assert.Equal(Page, m.Read(Page).Physical);
    }

    [Fact]
    public void Context_descriptors_outside_memory_are_F_CD_FETCH()
    {
        using NestedMachine m = Mapped();
        m.Write(m.Stage1Entry with { ContextTable = 0x1000 });
        m.Read(Page);
        AssertEvent(m, Sid | 0x09);
        m.Write(m.Stage1Entry with { ContextTable = 0x1000, ContextsLog2 = 8, ContextFormat = SmmuContextFormat.TwoLevel4K });
        m.Access(Page, false, pasid: 2);
        AssertEvent(m, Sid | 0x09 | (1UL << 11) | (2UL << 12));
    }

    [Fact]
    public void Descriptors_that_are_invalid_or_illegal_are_C_BAD_CD()
    {
        using NestedMachine m = Mapped();
        foreach (SmmuContextDescriptor descriptor in new[] { m.Descriptor with { IsValid = false }, m.Descriptor with { LowerSizeOffset = 15 }, m.Descriptor with { Is64Bit = false } })
        {
            m.Write(m.Stage1Entry, descriptor);
            m.Read(Page);
            AssertEvent(m, Sid | 0x0A);
        }
    }
}
