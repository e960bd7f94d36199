using Workbench.Iommu.Faults;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>Stalled transactions, CMD_RESUME, CMD_STALL_TERM and the event queue's end. IHI 0070 §3.12, §4.7, §7.4; hardware.md 3.7.</summary>
public sealed class StallTests
{
    private const ulong Page = 0x5000, Physical = 0x9_0000, Stall = 1UL << 31;

    private static NestedMachine Machine(bool stage1 = true, bool stage2 = false)
    {
        NestedMachine m = new();
        m.Map(Page, Physical);
        m.Write(m.Stage1Entry.Over(m.Stage2Entry with { Stage2Stalls = stage2 }), m.Descriptor with { Stalls = stage1 });
        return m;
    }

    [Fact]
    public void A_stalled_fault_is_recorded_with_its_tag_though_R_is_clear()
    {
        using NestedMachine m = Machine();
        m.Write(m.Stage1Entry.Over(m.Stage2Entry), m.Descriptor with { Stalls = true, FaultsAreRecorded = false });
        m.Access(0x7000, true);
        m.Access(0x8000, false);
        Assert.Equal(new SmmuEvent(0x0000_0008_0000_0010, (2UL << 40) | Stall, 0x7000), m.TakeEvent());
        Assert.Equal(new SmmuEvent(0x0000_0008_0000_0010, (2UL << 40) | (1UL << 35) | Stall | 1, 0x8000), m.TakeEvent());
        Assert.Equal(2, m.Unit.StalledTransactions);
    }

    [Fact]
    public void A_retry_translates_anew_with_what_the_tables_say_now()
    {
        using NestedMachine m = Machine();
        m.Access(0x7000, true);
        SmmuEvent stalled = m.TakeEvent();
        m.Map(0x7000, Physical + 0x1000);
        m.Execute(SmmuCommand.Resume(8, stalled.StallTag, SmmuResumeAction.Retry), SmmuCommand.Sync());
        Assert.True(m.Unit.TryTakeResumption(out SmmuResumption ended));
        Assert.Equal((0x7000UL, true, FaultKind.None, Physical + 0x1000, false), (ended.Request.Iova, ended.Request.IsWrite, ended.Translation.Fault, ended.Translation.Physical, ended.IsAborted));
        Assert.True(m.FirstIsDirty(0x7000));
        Assert.Equal(0, m.Unit.StalledTransactions);
    }

    [Fact]
    public void A_retry_that_faults_again_stalls_again_and_has_no_outcome_yet()
    {
        using NestedMachine m = Machine();
        m.Access(0x7000, true);
        m.Execute(SmmuCommand.Resume(8, m.TakeEvent().StallTag, SmmuResumeAction.RetryIgnoringAbort));
        Assert.False(m.Unit.TryTakeResumption(out _));
        Assert.Equal(1, m.Unit.StalledTransactions);
        Assert.Equal(1, m.TakeEvent().StallTag);
    }

    [Fact]
    public void A_retry_under_a_context_that_no_longer_stalls_ends_in_an_abort()
    {
        using NestedMachine m = Machine();
        m.Access(0x7000, true);
        ushort tag = m.TakeEvent().StallTag;
        m.Nested();
        m.Execute(SmmuCommand.Resume(8, tag, SmmuResumeAction.Retry));
        Assert.True(m.Unit.TryTakeResumption(out SmmuResumption ended));
        Assert.Equal((FaultKind.NotPresent, true), (ended.Translation.Fault, ended.IsAborted));
    }

    [Theory]
    [InlineData(SmmuResumeAction.Terminate, false)]
    [InlineData(SmmuResumeAction.Abort, true)]
    public void A_termination_ends_it(SmmuResumeAction action, bool isAborted)
    {
        using NestedMachine m = Machine();
        m.Access(0x7000, true);
        m.Execute(SmmuCommand.Resume(8, m.TakeEvent().StallTag, action));
        Assert.True(m.Unit.TryTakeResumption(out SmmuResumption ended));
        Assert.Equal((FaultKind.NotPresent, isAborted), (ended.Translation.Fault, ended.IsAborted));
        Assert.Equal(0, m.Unit.StalledTransactions);
        m.AssertNoEvent();
    }

    [Theory]
    [InlineData(9U, 0)]
    [InlineData(8U, 1)]
    public void A_tag_that_is_no_transaction_of_the_stream_does_nothing(uint stream, int tag)
    {
        using NestedMachine m = Machine();
        m.Access(0x7000, true);
        m.Execute(SmmuCommand.Resume(stream, (ushort)tag, SmmuResumeAction.Abort));
        Assert.Equal(1, m.Unit.StalledTransactions);
        Assert.False(m.Unit.TryTakeResumption(out _));
    }

    [Fact]
    public void STALL_TERM_aborts_every_transaction_of_its_stream()
    {
        using NestedMachine m = Machine();
        for (ulong i = 0; i < 3; i++) m.Access(0x7000 + (i << 12), true);
        m.Execute(SmmuCommand.StallTerminate(9));
        Assert.Equal(3, m.Unit.StalledTransactions);
        m.Execute(SmmuCommand.StallTerminate(8));
        Assert.Equal(0, m.Unit.StalledTransactions);
        for (ulong i = 0; i < 3; i++)
        {
            Assert.True(m.Unit.TryTakeResumption(out SmmuResumption ended));
            Assert.Equal((0x7000 + (i << 12), true), (ended.Request.Iova, ended.IsAborted));
        }
    }

    [Fact]
    public void Each_stage_stalls_by_its_own_bit()
    {
        using NestedMachine first = Machine(stage1: true, stage2: false), second = Machine(stage1: false, stage2: true);
        foreach ((NestedMachine m, bool stalls1, bool stalls2) in new[] { (first, true, false), (second, false, true) })
        {
            m.Read(0x7000);
            Assert.Equal(stalls1, m.TakeEvent().IsStalled);
            m.SecondWord(NestedMachine.Intermediate(Page)) = 0;
            m.Read(Page);
            Assert.Equal(stalls2, m.TakeEvent().IsStalled);
            m.SecondWord(m.Contexts.Value) = 0;
            m.Execute(SmmuCommand.CfgiAll());
            m.Read(Page);
            Assert.Equal(stalls2, m.TakeEvent().IsStalled);
        }
    }

    // §3.12: F_WALK_EABT and configuration errors abort whatever S says.
    [Fact]
    public void Broken_structures_never_stall()
    {
        using NestedMachine m = Machine(stage1: true, stage2: true);
        m.Memory.Word(m.First.Root) = NestedMachine.TableBytes | 3; // intermediate, not mapped: stage 2 stalls
        m.Read(Page);
        Assert.True(m.TakeEvent().IsStalled);
        m.Write(m.Stage1Entry with { Vmid = 0 }, m.Descriptor with { Stalls = true });
        m.Read(Page);
        SmmuEvent record = m.TakeEvent();
        Assert.Equal((SmmuEventCode.WalkAbort, false), (record.Code, record.IsStalled));
        m.Write(m.Stage2Entry with { Stage2Stalls = true });
        m.Read(1UL << 50);
        record = m.TakeEvent();
        Assert.Equal((SmmuEventCode.AddressSize, false), (record.Code, record.IsStalled));
    }

    // §7.4: eight entries; what stalls waits, what does not is lost and noted.
    [Fact]
    public void A_full_queue_loses_events_but_none_of_a_stalled_transaction()
    {
        using NestedMachine m = Machine(stage1: false, stage2: true);
        for (ulong i = 0; i < 8; i++) m.Read(0x10_0000 + (i << 12));
        Assert.False(m.Unit.EventsWereLost);
        m.SecondWord(NestedMachine.Intermediate(Page)) = 0;
        m.Read(Page); // stalls: not lost
        Assert.False(m.Unit.EventsWereLost);
        m.Read(0x20_0000); // terminated: lost
        Assert.True(m.Unit.EventsWereLost);
        Assert.Equal(1u << 31, m.Unit.EventProducer & (1u << 31));
        for (ulong i = 0; i < 8; i++) Assert.Equal(0x10_0000 + (i << 12), m.TakeEvent().InputAddress);
        Assert.False(m.Unit.EventsWereLost); // acknowledged on the way
        SmmuEvent stalled = m.TakeEvent();
        Assert.Equal((Page, true), (stalled.InputAddress, stalled.IsStalled));
        m.AssertNoEvent();
    }

    [Fact]
    public void A_second_overflow_before_the_first_is_acknowledged_is_not_told()
    {
        using NestedMachine m = Machine(stage1: false);
        for (ulong i = 0; i < 10; i++) m.Read(0x10_0000 + (i << 12));
        Assert.Equal(1u << 31, m.Unit.EventProducer & (1u << 31));
    }

    [Fact]
    public void The_event_of_a_transaction_that_was_terminated_meanwhile_is_dropped()
    {
        using NestedMachine m = Machine();
        for (ulong i = 0; i < 9; i++) m.Read(0x10_0000 + (i << 12));
        m.Execute(SmmuCommand.StallTerminate(8));
        for (int i = 0; i < 8; i++) m.TakeEvent();
        m.AssertNoEvent();
    }

    [Fact]
    public void A_part_that_never_stalls_refuses_the_commands_and_the_bit()
    {
        using NestedMachine m = new(SmmuFeatures.Default with { SupportsHierarchyDisable = false });
        m.Write(m.Stage1Entry, m.Descriptor with { Stalls = true });
        m.Read(Page);
        Assert.Equal(SmmuEventCode.BadCd, m.TakeEvent().Code);
        m.Unit.WriteCommandProducer(m.Put(SmmuCommand.Resume(8, 0, SmmuResumeAction.Abort)));
        Assert.Equal(SmmuCommandQueueError.Illegal, m.Unit.CommandError);
    }
}
