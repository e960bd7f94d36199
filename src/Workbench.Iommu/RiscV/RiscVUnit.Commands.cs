using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.RiscV;

/// <content>The command queue. RISC-V IOMMU, "Command-Queue" and "Command-queue CSR" [S].</content>
public sealed partial class RiscVUnit
{
    /// <summary>cqb: address of command 0.</summary>
    public Spa QueueBase { get; private set; }
    /// <summary>Commands the queue has places for; 0 while it is off.</summary>
    public int QueueLength { get; private set; }
    /// <summary>cqh: the next command to be fetched, or the one at which the queue stopped.</summary>
    public int QueueHead { get; private set; }
    /// <summary>cqt: where software puts the next command.</summary>
    public int QueueTail { get; private set; }
    /// <summary>cqcsr.cmd_ill, with the reason: the queue stopped at a command that is illegal or not supported.</summary>
    public RiscVCommandError CommandError { get; private set; }
    /// <summary>cqcsr.cqmf: the queue stopped because a command could not be fetched, or could not write its status.</summary>
    public bool QueueMemoryFaulted { get; private set; }
    /// <summary>cqcsr.fence_w_ip: an IOFENCE.C with WSI completed.</summary>
    public bool FenceInterruptIsPending { get; private set; }

    private bool IsStopped => CommandError != RiscVCommandError.None || QueueMemoryFaulted;

    /// <summary>Turns the queue on, empty and without errors (cqb, cqcsr.cqen): a power of two of commands, at least 2, aligned to 4 KiB and to its own size.</summary>
    public void SetQueue(Spa queueBase, int length)
    {
        RiscVWords.RequireQueue(queueBase, length, RiscVCommand.SizeBytes);
        (QueueBase, QueueLength, QueueHead, QueueTail) = (queueBase, length, 0, 0);
        (CommandError, QueueMemoryFaulted, FenceInterruptIsPending) = (RiscVCommandError.None, false, false);
    }

    /// <summary>Writes cqt, 0 to the length - 1: hardware executes all commands up to it, or stops at one that it refuses.</summary>
    public void WriteQueueTail(int tail)
    {
        if (tail < 0 || tail >= QueueLength) throw new ArgumentOutOfRangeException(nameof(tail), $"Queue tail {tail} is outside the queue; 0 to {QueueLength - 1}.");
        QueueTail = tail;
        Run();
    }

    /// <summary>Clears cmd_ill and cqmf (write 1 to clear): the command at the head is fetched again.</summary>
    public void ClearQueueErrors()
    {
        (CommandError, QueueMemoryFaulted) = (RiscVCommandError.None, false);
        Run();
    }

    /// <summary>Clears fence_w_ip (write 1 to clear).</summary>
    public void ClearFenceInterrupt() => FenceInterruptIsPending = false;

    private void Run()
    {
        Span<ulong> words = stackalloc ulong[RiscVCommand.WordCount];
        while (QueueHead != QueueTail && !IsStopped)
        {
            if (!memory.TryRead(new(unchecked(QueueBase.Value + ((ulong)QueueHead * RiscVCommand.SizeBytes))), words))
            {
                QueueMemoryFaulted = true;
                return;
            }
            RiscVCommand command = RiscVCommand.Read(words);
            CommandError = command.Check(Capabilities, FeatureControl, directory.Mode.DeviceIdBits(Capabilities.SupportsMsiTable));
            if (CommandError != RiscVCommandError.None) return;
            Execute(command);
            if (!QueueMemoryFaulted) QueueHead = (QueueHead + 1) % QueueLength;
        }
    }

    private void Execute(in RiscVCommand c)
    {
        IIommu target = engine ?? throw new InvalidOperationException("The unit has no engine; build it through RiscVIommu.");
        switch (c.Type)
        {
            case RiscVCommandType.IotinvalVma:
                DropFirstStage(target, c);
                break;
            case RiscVCommandType.IotinvalGvma:
                DropSecondStage(target, c);
                break;
            case RiscVCommandType.IofenceC:
                target.Execute(InvalidationRequest.Fence);
                if (c.HasAddress && !TryWriteStatus(c))
                {
                    QueueMemoryFaulted = true;
                    break;
                }
                FenceInterruptIsPending |= c.RaisesInterrupt;
                break;
            case RiscVCommandType.IodirInvalDdt when !c.HasDevice:
                target.Execute(InvalidationRequest.AllContexts);
                break;
            // The devices here are those of segment 0.
            case RiscVCommandType.IodirInvalDdt when c.DeviceId.Segment == 0:
                target.Execute(InvalidationRequest.OfDevice(c.DeviceId.Requester));
                break;
            case RiscVCommandType.IodirInvalPdt when c.DeviceId.Segment == 0:
                target.Execute(InvalidationRequest.OfDevicePasid(c.DeviceId.Requester, c.ProcessId));
                break;
            case RiscVCommandType.AtsInval when !c.HasSegment || c.Segment == 0:
                // G asks for every PASID. Without PASID only untagged entries are meant, which devices keep under the value for none.
                Pasid? whose = !c.HasProcessId ? new Pasid(DmaRequest.NoPasid) : c.IsForEveryProcess ? null : c.ProcessId;
                target.Execute(InvalidationRequest.OfDeviceTlb(c.Requester, whose, c.FirstByte, c.LastByte));
                break;
            case RiscVCommandType.AtsPrgr when !c.HasSegment || c.Segment == 0:
                answers[(c.Requester, c.Group)] = c.Response;
                break;
            default:
                break;
        }
    }

    private bool TryWriteStatus(in RiscVCommand c)
    {
        if (!memory.Contains(new(c.StatusAddress.Value & ~7UL))) return false;
        memory.Write32(c.StatusAddress, c.StatusData);
        return true;
    }

    private void DropFirstStage(IIommu target, in RiscVCommand c)
    {
        TagMatch tags = (c.HasGscid, c.HasPscid) switch
        {
            (false, false) => TagMatch.AllOutside,
            (false, true) => TagMatch.Exactly(CacheTag.Outside(c.Pscid)),
            (true, false) => TagMatch.SpacesOf(new(c.Gscid)),
            (true, true) => TagMatch.Exactly(new(new(c.Gscid), c.Pscid)),
        };
        // What two stages made together may be smaller than the first stage's leaf, all of whose pieces must go.
        Drop(target, tags, c, leavesMayBeSplit: c.HasGscid);
    }

    private void DropSecondStage(IIommu target, in RiscVCommand c)
    {
        DomainId guest = new(c.Gscid);
        if (!c.HasGscid) target.Execute(InvalidationRequest.Of(TagMatch.AllDomains));
        else if (!c.HasAddress) target.Execute(InvalidationRequest.WholeDomain(guest));
        else
        {
            Drop(target, TagMatch.Exactly(new(guest)), c, leavesMayBeSplit: false);
            // What two stages made together is cached by IOVA: which guest address it came from is not known, so all of the guest's go.
            if (nestedGuests.Contains(c.Gscid)) target.Execute(InvalidationRequest.Range(TagMatch.SpacesOf(guest), 0, ulong.MaxValue, leafOnly: true));
        }
    }

    private void Drop(IIommu target, TagMatch tags, in RiscVCommand c, bool leavesMayBeSplit)
    {
        if (!c.HasAddress) target.Execute(InvalidationRequest.Of(tags));
        else if (leavesMayBeSplit || splitsLargePages) target.Execute(InvalidationRequest.Range(tags, 0, ulong.MaxValue, leafOnly: !c.DropsNonLeaf));
        else target.Execute(InvalidationRequest.Range(tags, c.FirstByte, c.LastByte, leafOnly: !c.DropsNonLeaf));
    }
}
