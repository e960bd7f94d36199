using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Smmu;

/// <content>The command queue. IHI 0070 chapter 4.</content>
public sealed partial class SmmuUnit
{
    private readonly SmmuQueue commands;
    private SmmuCommandQueueError commandError;

    /// <summary>CMDQ_PROD: where software writes next; the bit above the index is WRAP.</summary>
    public uint CommandProducer => commands.Producer;
    /// <summary>CMDQ_CONS: what hardware executes next, with ERR in bits 30:24.</summary>
    public uint CommandConsumer => commands.Consumer | ((uint)commandError << 24);
    /// <summary>CMDQ_CONS.ERR: why the queue stopped at the consumer index.</summary>
    public SmmuCommandQueueError CommandError => commandError;
    /// <summary>What was wrong with the command that stopped the queue; the architecture tells only CERROR_ILL.</summary>
    public SmmuCommandError IllegalCommand { get; private set; }
    /// <summary>CMDQ_BASE.ADDR.</summary>
    public Spa CommandQueue => commands.Base;
    /// <summary>Log2 of the entries, CMDQ_BASE.LOG2SIZE.</summary>
    public int CommandQueueLog2 => commands.Log2Size;

    /// <summary>CMDQ_BASE, with both indexes 0; to be set while CMDQEN is 0.</summary>
    public void SetCommandQueue(Spa address, int log2Size)
    {
        Require(log2Size, Features.CommandQueueLog2, nameof(log2Size));
        commands.Set(address, log2Size);
        commandError = SmmuCommandQueueError.None;
    }

    /// <summary>Writes CMDQ_PROD: hardware executes what was added, or stops at a command it refuses.</summary>
    public void WriteCommandProducer(uint value)
    {
        commands.SetProducer(value);
        RunCommands();
    }

    private bool CommandErrorIsActive => ((GlobalError ^ GlobalErrorAcknowledged) & 1) != 0;

    private void RunCommands()
    {
        Span<ulong> words = stackalloc ulong[SmmuCommand.WordCount];
        while ((Control & CommandQueueBit) != 0 && !CommandErrorIsActive && !commands.IsEmpty)
        {
            if (!commands.TryRead(words))
            {
                Stop(SmmuCommandQueueError.Abort, SmmuCommandError.None);
                return;
            }
            SmmuCommand command = SmmuCommand.Read(words);
            SmmuCommandError error = command.Check(Features);
            if (error != SmmuCommandError.None)
            {
                Stop(SmmuCommandQueueError.Illegal, error);
                return;
            }
            (commandError, IllegalCommand) = (SmmuCommandQueueError.None, SmmuCommandError.None);
            Execute(command.AsReadBy(Features));
            commands.Consume();
        }
    }

    private void Stop(SmmuCommandQueueError error, SmmuCommandError reason)
    {
        (commandError, IllegalCommand) = (error, reason);
        GlobalError ^= 1;
    }

    private void Execute(in SmmuCommand c)
    {
        IIommu target = Engine;
        DomainId vmid = new(Features.SupportsStage2 ? c.Vmid : (ushort)0);
        switch (c.Opcode)
        {
            case SmmuOpcode.CfgiSte or SmmuOpcode.CfgiSteRange or SmmuOpcode.CfgiCdAll:
                ForgetStreams(target, c.FirstStreamId, c.LastStreamId);
                break;
            case SmmuOpcode.CfgiCd:
                if (c.StreamId <= ushort.MaxValue) target.Execute(InvalidationRequest.OfDevicePasid(new((ushort)c.StreamId), c.Substream));
                break;
            case SmmuOpcode.TlbiNhAll:
                target.Execute(InvalidationRequest.Of(TagMatch.SpacesOf(vmid)));
                break;
            case SmmuOpcode.TlbiNhAsid:
                target.Execute(InvalidationRequest.Of(TagMatch.Exactly(new(vmid, c.Asid))));
                break;
            case SmmuOpcode.TlbiNhVa:
                target.Execute(RangeOf(c, TagMatch.Exactly(new(vmid, c.Asid))));
                break;
            case SmmuOpcode.TlbiNhVaa:
                target.Execute(RangeOf(c, TagMatch.SpacesOf(vmid)));
                break;
            case SmmuOpcode.TlbiS12VmAll:
                target.Execute(InvalidationRequest.WholeDomain(vmid));
                break;
            case SmmuOpcode.TlbiS2Ipa:
                // What stage 1 combined with stage 2 is cached under virtual addresses and stays.
                target.Execute(RangeOf(c, TagMatch.Exactly(new(vmid))));
                break;
            case SmmuOpcode.TlbiNsnhAll:
                target.Execute(InvalidationRequest.Everything);
                break;
            case SmmuOpcode.AtcInvalidate:
                Pasid? pasid = c.HasSubstream && !c.IsForEveryPasid ? c.Substream : null;
                if (c.StreamId > ushort.MaxValue) break;
                target.Execute(InvalidationRequest.OfDeviceTlb(new((ushort)c.StreamId), pasid, c.FirstByte, c.LastByte));
                break;
            case SmmuOpcode.PageResponse:
                AnswerPages(c);
                break;
            case SmmuOpcode.Resume:
                Resume(c.StreamId, c.StallTag, c.ResumeAction);
                break;
            case SmmuOpcode.StallTerminate:
                TerminateStalls(c.StreamId);
                break;
            case SmmuOpcode.Sync:
                target.Execute(InvalidationRequest.Fence);
                if (c.SyncSignal == SmmuSyncSignal.Interrupt && Features.SupportsMessageInterrupts && c.MessageAddress.Value != 0) memory.Write32(c.MessageAddress, c.MessageData);
                break;
            default:
                // Prefetches are hints; EL2 has no streams here, so its translations are always gone.
                break;
        }
    }

    private static void ForgetStreams(IIommu target, uint first, uint last)
    {
        if (first == 0 && last >= ushort.MaxValue)
        {
            target.Execute(InvalidationRequest.AllContexts);
            return;
        }
        for (uint id = first; id <= Math.Min(last, ushort.MaxValue); id++) target.Execute(InvalidationRequest.OfDevice(new((ushort)id)));
    }

    private InvalidationRequest RangeOf(in SmmuCommand c, TagMatch tags)
    {
        ulong first = c.FirstByte, last = c.LastByte;
        if (c.Granule == SmmuGranule.None)
        {
            // The page that holds the address goes, and no page is smaller than the smallest granule.
            ulong page = Bits.Mask(SmallestGranuleLog2);
            (first, last) = (first & ~page, first | page);
        }
        ulong sizes = c.HintedLevel is int level ? SmmuTables.LeafSizes(c.Granule, level) : ulong.MaxValue;
        return InvalidationRequest.Range(tags, first, last, c.IsLeafOnly, sizes);
    }

    private int SmallestGranuleLog2 => Features.Supports4K ? 12 : Features.Supports16K ? 14 : 16;

    private static void Require(int log2Size, int most, string name)
    {
        if (log2Size < 0 || log2Size > most) throw new ArgumentOutOfRangeException(name, $"A queue of 2^{log2Size} entries; 2^0 to 2^{most}.");
    }
}
