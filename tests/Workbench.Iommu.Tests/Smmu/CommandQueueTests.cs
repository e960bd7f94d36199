using CsCheck;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>Indexes, errors, and nonsense in memory. IHI 0070 §3.5, §4.1, §7.1.</summary>
public sealed class CommandQueueTests
{
    private const ulong Page = 0x5000, Physical = 0x9_0000;

    [Fact]
    public void An_illegal_command_stops_the_queue_until_it_is_mended_and_acknowledged()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        m.Read(Page);
        uint at = m.Unit.CommandConsumer;
        m.Put(new SmmuCommand(0xFF, 0));
        m.Unit.WriteCommandProducer(m.Put(SmmuCommand.TlbiNsnhAll()));
        Assert.Equal((at | (1u << 24), SmmuCommandQueueError.Illegal, SmmuCommandError.UnknownOpcode), (m.Unit.CommandConsumer, m.Unit.CommandError, m.Unit.IllegalCommand));
        Assert.Equal((1u, 0u), (m.Unit.GlobalError, m.Unit.GlobalErrorAcknowledged));
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page).Source);
        // Software mends the command in place, and acknowledges.
        ulong[] words = new ulong[2];
        SmmuCommand.Sync().Write(words);
        m.Memory.Write(new(m.Unit.CommandQueue.Value + ((at % 64) * 16)), words);
        m.Unit.WriteGlobalErrorAcknowledge(m.Unit.GlobalError);
        Assert.Equal((at + 2, SmmuCommandQueueError.None), (m.Unit.CommandConsumer, m.Unit.CommandError));
        Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
    }

    [Fact]
    public void A_queue_outside_memory_is_CERROR_ABT()
    {
        using NestedMachine m = new();
        m.Unit.SetCommandQueue(new(0x1000), 4);
        m.Unit.WriteCommandProducer(1);
        Assert.Equal((SmmuCommandQueueError.Abort, 2u << 24, 1u), (m.Unit.CommandError, m.Unit.CommandConsumer, m.Unit.GlobalError));
    }

    [Fact]
    public void The_indexes_wrap_with_their_bit()
    {
        using NestedMachine m = new();
        for (int i = 0; i < 300; i++) m.Execute(SmmuCommand.Sync());
        Assert.InRange(m.Unit.CommandConsumer, 0u, 127u);
        Assert.Equal(m.Unit.CommandProducer, m.Unit.CommandConsumer);
    }

    [Fact]
    public void Commands_wait_for_CMDQEN_and_events_for_EVENTQEN()
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        m.Read(Page);
        m.Unit.WriteControl(SmmuUnit.EnableBit);
        m.Unit.WriteCommandProducer(m.Put(SmmuCommand.TlbiNsnhAll()));
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page).Source);
        m.Read(0x7000);
        m.Unit.WriteControl(SmmuUnit.EnableBit | SmmuUnit.CommandQueueBit | SmmuUnit.EventQueueBit);
        Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
        m.AssertNoEvent();
        Assert.False(m.Unit.EventsWereLost);
    }

    [Theory]
    [InlineData(0x18UL)]
    [InlineData(0x1AUL)]
    [InlineData(0x50UL)]
    [InlineData(0x60UL)]
    [InlineData(0x40UL)] // ATC_INV without ATS
    [InlineData(0x41UL)]
    public void Commands_of_other_states_and_parts_are_illegal(ulong opcode)
    {
        using NestedMachine m = new();
        m.Unit.WriteCommandProducer(m.Put(new SmmuCommand(opcode, 0)));
        Assert.Equal(SmmuCommandQueueError.Illegal, m.Unit.CommandError);
    }

    private static readonly Gen<ulong> Word = Gen.OneOf(Gen.ULong, Gen.ULong[0, 0xFF], Gen.Const(0UL), Gen.Const(ulong.MaxValue),
        Gen.ULong[0, 1023].Select(i => PhysicalMemory.Base + (i << 12)), Gen.ULong[0, 1023].Select(i => (PhysicalMemory.Base + (i << 12)) | 3));

    [Fact]
    public void Random_structures_translate_or_fault() => Gen.Select(Word.Array[16], Gen.Int[0, 15], Gen.Bool, Gen.OneOf(Gen.Const(DmaRequest.NoPasid), Gen.UInt[0, 70])).Sample((words, keep, isNested, pasid) =>
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        if (!isNested) m.Write(m.Stage1Entry, m.Descriptor);
        // Some words stay as they were, so that the lookup gets far.
        for (int i = 0; i < 8; i++)
        {
            if ((keep & 1) != 0 && i != keep / 2) continue;
            m.Memory.Word(new(m.Streams.Value + (NestedMachine.Device.Value * 64UL) + (8UL * (uint)i))) = words[i];
        }
        for (int i = 0; i < 8; i++)
            if ((keep & 2) == 0 || i == keep / 2) m.Memory.Word(new(m.Contexts.Value + (8UL * (uint)i))) = words[8 + i];
        m.Execute(SmmuCommand.CfgiAll());
        foreach (ulong address in new[] { Page, 0UL, words[0], words[9] })
        {
            m.Access(address, (keep & 4) != 0, pasid);
            while (m.Unit.TryTakeEvent(out _)) { }
        }
    }, iter: 2000);

    [Fact]
    public void Random_tables_translate_or_fault() => Gen.Select(Word.Array[64], Gen.ULong[0, 3], Gen.Bool).Sample((words, what, isWrite) =>
    {
        using NestedMachine m = new();
        m.Map(Page, Physical);
        ulong table = what switch { 0 => m.First.Root.Value, 1 => m.LeafTable(Page), 2 => m.Second.Root.Value, _ => m.Contexts.Value };
        for (int i = 0; i < words.Length; i++) m.Memory.Word(new(table + (8UL * (uint)i))) = words[i];
        m.Execute(SmmuCommand.CfgiAll(), SmmuCommand.TlbiNsnhAll());
        for (int i = 0; i < words.Length; i += 7)
        {
            m.Access((ulong)i << 12, isWrite);
            m.Access((ulong)i << 30, isWrite);
            m.Access(words[i], isWrite);
            while (m.Unit.TryTakeEvent(out _)) { }
        }
    }, iter: 500);

    [Fact]
    public void A_queue_of_events_that_lies_nowhere_loses_them()
    {
        using NestedMachine m = new();
        m.Unit.SetEventQueue(new(0x1000), 3);
        m.Read(0x7000);
        Assert.True(m.Unit.TryTakeEvent(out SmmuEvent record));
        Assert.Equal(default, record);
    }

    [Fact]
    public void Tables_of_any_granule_nest_in_any_other()
    {
        foreach (SmmuGranule outer in new[] { SmmuGranule.Size4K, SmmuGranule.Size16K, SmmuGranule.Size64K })
        {
            using NestedMachine m = new();
            // Stage 1 with another granule, its top table one frame of the identity map: empty, so the walk ends there.
            Spa root = m.Memory.Allocate(16);
            m.Write(m.Stage1Entry.Over(m.Stage2Entry), m.Descriptor with { LowerGranule = outer, LowerTable = root.Value });
            Assert.Equal(Faults.FaultKind.NotPresent, m.Read(Page).Fault);
            int level = SmmuTables.RootLevelOf(outer, 39);
            Assert.Equal(outer switch { SmmuGranule.Size4K => 2, SmmuGranule.Size16K => 2, _ => 1 }, level);
            // A block where the granule has some: the last leaf level below the root's own.
            if (outer != SmmuGranule.Size64K) continue;
            m.Memory.Word(root) = ArmStage1Format<Granule64K>.EncodeLeaf(0, 1, 29, Permission.ReadWrite);
            Assert.Equal(MapResult.Mapped, m.Second.Map(0, 0x4000_0000, 0x1_0000, Permission.ReadWrite, 12, new()));
            m.Execute(SmmuCommand.TlbiNsnhAll());
            Assert.Equal(0x4000_5000UL, m.Read(Page).Physical);
        }
    }
}
