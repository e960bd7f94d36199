using CsCheck;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>Commands of every opcode with any values in their fields, with a bit flipped, and nonsense. IHI 0070 chapter 4.</summary>
public sealed class RandomCommandTests
{
    private const ulong Page = 0x5000, Physical = 0x9_0000;

    // Everything that the Non-secure queue of the part below takes.
    private static readonly SmmuFeatures Part = SmmuFeatures.Default with
    {
        SupportsHierarchyDisable = false, SupportsAts = true, LacksSplitStageAts = true, SupportsPageRequests = true, StallModel = SmmuStallModel.StallOrTerminate, SupportsMessageInterrupts = true,
    };

    private static readonly SmmuOpcode[] Refused = [SmmuOpcode.CfgiVmsPidm, SmmuOpcode.TlbiEl3All, SmmuOpcode.TlbiEl3Va, .. Enum.GetValues<SmmuOpcode>().Where(o => o >= SmmuOpcode.TlbiSecureEl2All)];

    private static readonly Gen<uint> Stream = Gen.OneOf(Gen.Const((uint)NestedMachine.Device.Value), Gen.UInt[0, 63], Gen.UInt);
    private static readonly Gen<Pasid?> Substream = Gen.OneOf(Gen.Const((Pasid?)null), Gen.OneOf(Gen.UInt[0, 3], Gen.UInt[0, Pasid.MaxValue]).Select(p => (Pasid?)new Pasid(p)));
    private static readonly Gen<ushort> Vmid = Gen.OneOf(Gen.Const(NestedMachine.Vmid), Gen.UShort), Asid = Gen.OneOf(Gen.Const(NestedMachine.Asid), Gen.UShort);
    private static readonly Gen<ulong> Address = Gen.OneOf(Gen.Const(Page), Gen.ULong[0, 0xFFFF_FFFF], Gen.ULong);

    private static readonly Gen<SmmuTlbiRange> Range = Gen.Select(Address, Gen.Int[0, 3], Gen.Int[0, 31], Gen.Int[0, 31], Gen.Int[0, 3]).Select((address, granule, num, scale, hint) =>
    {
        SmmuGranule of = (SmmuGranule)granule;
        if (of == SmmuGranule.None) return SmmuTlbiRange.Single(address & ~Bits.Mask(12));
        int aligned = of.SizeLog2 + (hint == 0 ? 0 : (3 - hint) * of.BitsPerLevel);
        return SmmuTlbiRange.Of(address & ~Bits.Mask(aligned), of, num, scale, hint == 0 && num == 0 && scale == 0 ? 3 : hint);
    });

    private static readonly Gen<SmmuCommand> Configuration = Gen.OneOf(
        Gen.Select(Stream, Substream, SmmuCommand.PrefetchConfig),
        Gen.Select(Stream, Address, Gen.Int[0, 31], Gen.Int[0, 31], Substream, (stream, address, size, stride, pasid) => SmmuCommand.PrefetchAddress(stream, address & ~Bits.Mask(12), size, stride, pasid)),
        Gen.Select(Stream, Gen.Bool, SmmuCommand.CfgiSte),
        Gen.Select(Stream, Gen.Int[1, 32], (stream, log2) => SmmuCommand.CfgiSteRange((uint)(stream & ~Bits.Mask(log2)), log2)),
        Gen.Select(Stream, Substream, Gen.Bool, (stream, pasid, leaf) => SmmuCommand.CfgiCd(stream, pasid ?? default, leaf)),
        Stream.Select(SmmuCommand.CfgiCdAll));

    private static readonly Gen<SmmuCommand> Translations = Gen.OneOf(
        Vmid.Select(SmmuCommand.TlbiNhAll),
        Gen.Select(Vmid, Asid, SmmuCommand.TlbiNhAsid),
        Gen.Select(Vmid, Asid, Range, Gen.Bool, SmmuCommand.TlbiNhVa),
        Gen.Select(Vmid, Range, Gen.Bool, SmmuCommand.TlbiNhVaa),
        Gen.Const(SmmuCommand.TlbiEl2All()),
        Asid.Select(SmmuCommand.TlbiEl2Asid),
        Gen.Select(Asid, Range, Gen.Bool, SmmuCommand.TlbiEl2Va),
        Gen.Select(Range, Gen.Bool, SmmuCommand.TlbiEl2Vaa),
        Vmid.Select(SmmuCommand.TlbiS12VmAll),
        Gen.Select(Vmid, Range, Gen.Bool, SmmuCommand.TlbiS2Ipa),
        Gen.Const(SmmuCommand.TlbiNsnhAll()));

    private static Gen<SmmuCommand> Others(Spa messages) => Gen.OneOf(
        Gen.Select(Stream, Address, Gen.Int[12, 64], Substream, Gen.Bool, (stream, address, log2, pasid, all) => SmmuCommand.AtcInvalidate(stream, address & ~Bits.Mask(log2), log2, pasid, all)),
        Gen.Select(Stream, Gen.Int[0, 511], Gen.Int[0, 2], Substream, (stream, group, answer, pasid) => SmmuCommand.RespondToPages(stream, group, (SmmuPageResponse)answer, pasid)),
        Gen.Select(Stream, Gen.UShort, Gen.Int[0, 3], (stream, tag, action) => SmmuCommand.Resume(stream, tag, (SmmuResumeAction)action)),
        Stream.Select(SmmuCommand.StallTerminate),
        Gen.Int[0, 2].Select(signal => SmmuCommand.Sync((SmmuSyncSignal)signal)),
        Gen.Select(Gen.ULong[0, 1023], Gen.UInt, Gen.Int[0, 15], Gen.Int[0, 3], (word, data, attributes, share) => SmmuCommand.SyncWithMessage(new(messages.Value + (4 * word)), data, attributes, share)));

    private static Gen<SmmuCommand> Commands(Spa messages)
    {
        Gen<SmmuCommand> good = Gen.Frequency((1, Configuration), (2, Translations), (1, Others(messages)));
        return Gen.Frequency(
            (8, good),
            (2, Gen.Select(good, Gen.Int[0, 127], (command, bit) => bit < 64 ? command with { Word0 = command.Word0 ^ (1UL << bit) } : command with { Word1 = command.Word1 ^ (1UL << (bit - 64)) })),
            (1, Gen.Select(Gen.ULong, Gen.OneOf(Gen.ULong, Gen.Const(0UL)), (low, high) => new SmmuCommand(low, high))),
            (1, Gen.Select(Gen.ULong[0, 0x7F], Gen.ULong, Gen.OneOf(Gen.ULong, Gen.Const(0UL)), (opcode, low, high) => new SmmuCommand((low & ~0xFFUL) | opcode, high))));
    }

    [Fact]
    public void Random_commands_run_or_stop_the_queue()
    {
        using NestedMachine m = new(Part);
        Spa messages = m.Memory.AllocateFrame();
        m.Map(Page, Physical);
        List<SmmuCommand> ran = [];
        int stopped = 0;
        Commands(messages).Sample(command =>
        {
            // A message may be written anywhere, also over the structures of the test.
            if (command is { Opcode: SmmuOpcode.Sync, MessageAddress.Value: not 0 } && command.MessageAddress.Value >> 12 != messages.Value >> 12) return;
            m.Unit.WriteCommandProducer(m.Put(command));
            SmmuCommandError expected = command.Check(Part);
            Assert.Equal(expected, m.Unit.IllegalCommand);
            Assert.Equal(expected == SmmuCommandError.None ? SmmuCommandQueueError.None : SmmuCommandQueueError.Illegal, m.Unit.CommandError);
            if (expected == SmmuCommandError.None)
            {
                ran.Add(command);
                Assert.Equal(m.Unit.CommandProducer, m.Unit.CommandConsumer);
                if (IsMessage(command)) Assert.Equal(command.MessageData, m.Memory.Word(new(command.MessageAddress.Value & ~7UL)) >> (int)(8 * (command.MessageAddress.Value & 4)) & uint.MaxValue);
            }
            else
            {
                stopped++;
                m.Unit.SetCommandQueue(m.Unit.CommandQueue, 6);
                while (m.Put(SmmuCommand.Sync()) != 0) { }
                m.Unit.WriteGlobalErrorAcknowledge(m.Unit.GlobalError);
            }
            Assert.Equal(Physical, m.Read(Page).Physical);
        }, iter: 10_000, threads: 1);

        Assert.True(ran.Count > 5000 && stopped > 500, $"{ran.Count} ran, {stopped} stopped");
        Assert.All(Enum.GetValues<SmmuOpcode>(), opcode => Assert.Equal(Refused.Contains(opcode) ? 0 : 1, Math.Min(1, ran.Count(c => c.Opcode == opcode) / 20)));
        Assert.True(ran.Count(c => c is { IsByAddress: true, Num: > 0, Scale: > 0 }) > 500);
        Assert.True(ran.Count(IsMessage) > 50);
        Assert.True(ran.Count(c => c is { Opcode: SmmuOpcode.AtcInvalidate, HasSubstream: true }) > 50);
        Assert.All(Enum.GetValues<SmmuResumeAction>(), action => Assert.True(ran.Count(c => c.Opcode == SmmuOpcode.Resume && c.ResumeAction == action) > 20));
    }

    private static bool IsMessage(SmmuCommand c) => c is { Opcode: SmmuOpcode.Sync, SyncSignal: SmmuSyncSignal.Interrupt, MessageAddress.Value: not 0 };
}
