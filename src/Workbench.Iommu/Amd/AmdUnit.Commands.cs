using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Amd;

/// <content>The command buffer and what its commands do.</content>
public sealed partial class AmdUnit
{
    // The tag under which a device keeps what it asked for without PASID.
    private static readonly Pasid WithoutPasid = new(DmaRequest.NoPasid);

    private readonly Dictionary<(RequesterId Device, int Group), AmdPageResponse> answers = [];

    /// <summary>Command buffer base: address of entry 0.</summary>
    public Spa CommandBase { get; private set; }
    /// <summary>Commands the buffer holds.</summary>
    public int CommandLength { get; private set; }
    /// <summary>Command buffer head: the next command hardware will fetch.</summary>
    public int CommandHead { get; private set; }
    /// <summary>Why the buffer stopped at <see cref="CommandHead"/>; None while it runs.</summary>
    public AmdCommandError CommandError { get; private set; }
    /// <summary>The buffer stopped because a command could not be read, or its completion not stored.</summary>
    public bool HasCommandHardwareError { get; private set; }
    /// <summary>ComWaitInt of the status register: a completion wait raised its interrupt. Software clears it.</summary>
    public bool CompletionInterruptIsPending { get; set; }

    /// <summary>Sets the command buffer: base and length in commands of 16 bytes. Head goes to 0, and a stopped buffer runs again.</summary>
    public void SetCommandBuffer(Spa commandBase, int length) =>
        (CommandBase, CommandLength, CommandHead, CommandError, HasCommandHardwareError) = (commandBase, length, 0, AmdCommandError.None, false);

    /// <summary>Command buffer tail: hardware fetches and executes all commands up to the new tail, 0 to the length - 1, or stops at one it refuses.</summary>
    public void WriteCommandTail(int tail)
    {
        if (tail < 0 || tail >= CommandLength) throw new ArgumentOutOfRangeException(nameof(tail), $"Command tail {tail} is outside the buffer; 0 to {CommandLength - 1}.");
        Span<ulong> words = stackalloc ulong[AmdCommand.WordCount];
        while (CommandHead != tail && CommandError == AmdCommandError.None && !HasCommandHardwareError)
        {
            Spa at = new(unchecked(CommandBase.Value + ((ulong)CommandHead * AmdCommand.SizeBytes)));
            if (!memory.TryRead(at, words))
            {
                StopByHardwareError(at);
                return;
            }
            AmdCommand command = AmdCommand.Read(words);
            CommandError = command.Check(Features);
            if (CommandError != AmdCommandError.None)
            {
                Log(new AmdEvent(0, 0) { Code = AmdEventCode.IllegalCommandError, Address = at.Value });
                return;
            }
            if (!TryExecute(command))
            {
                StopByHardwareError(at);
                return;
            }
            CommandHead = (CommandHead + 1) % CommandLength;
        }
    }

    private void StopByHardwareError(Spa at)
    {
        HasCommandHardwareError = true;
        Log(new AmdEvent(0, 0) { Code = AmdEventCode.CommandHardwareError, Address = at.Value });
    }

    private void Log(AmdEvent logged) => Events.TryAppend(logged.Word0, logged.Word1);

    /// <summary>Executes a command that was checked; false if its completion cannot be stored.</summary>
    private bool TryExecute(in AmdCommand c)
    {
        IIommu target = engine ?? throw new InvalidOperationException("The unit has no engine; build it through AmdIommu.");
        switch (c.Opcode)
        {
            case AmdCommandOpcode.CompletionWait:
                target.Execute(InvalidationRequest.Fence);
                if (c.RaisesInterrupt) CompletionInterruptIsPending = true;
                if (!c.StoresData) return true;
                if (!memory.Contains(c.StoreAddress)) return false;
                memory.Word(c.StoreAddress) = c.StoreData;
                return true;
            case AmdCommandOpcode.InvalidateDeviceTableEntry:
                contexts.Forget(c.DeviceId);
                hasReported.Remove(c.DeviceId);
                target.Execute(InvalidationRequest.OfDevice(c.DeviceId));
                return true;
            case AmdCommandOpcode.InvalidatePages:
                if (c.IsGuest) InvalidateGuestPages(target, c);
                else InvalidateHostPages(target, c);
                return true;
            case AmdCommandOpcode.InvalidateDeviceTlb:
                InvalidateDeviceTlb(target, c);
                return true;
            case AmdCommandOpcode.CompletePageRequest:
                answers[(c.DeviceId, c.PageRequestGroup)] = c.PageResponse;
                return true;
            case AmdCommandOpcode.InvalidateAll:
                contexts.ForgetAll();
                hasReported.Clear();
                target.Execute(InvalidationRequest.AllContexts);
                target.Execute(InvalidationRequest.Everything);
                return true;
            case AmdCommandOpcode.InvalidateInterruptTable:
                // Accepted: interrupts are not remapped here, so none is cached.
            default:
                return true;
        }
    }

    private void InvalidateHostPages(IIommu target, in AmdCommand c)
    {
        target.Execute(InvalidationRequest.Range(c.DomainId, c.FirstByte, c.LastByte, leafOnly: !c.IncludesTableEntries));
        // What was combined from two stages cannot be found by the guest physical address that is named here, so all of it goes.
        if (contexts.IsNested(c.DomainId)) target.Execute(InvalidationRequest.Of(TagMatch.SpacesOf(c.DomainId)));
    }

    private void InvalidateGuestPages(IIommu target, in AmdCommand c)
    {
        CacheTag tag = new(c.DomainId, c.Pasid.Value);
        target.Execute(InvalidationRequest.Range(TagMatch.Exactly(tag), c.FirstByte, c.LastByte, leafOnly: !c.IncludesTableEntries));
        // The way to a guest table, through GCR3, is cached too: it goes with the whole PASID's table entries.
        if (!c.CoversEverything || !c.IncludesTableEntries) return;
        foreach (RequesterId device in contexts.TakeUsersOf(tag)) target.Execute(InvalidationRequest.OfDevicePasid(device, c.Pasid));
    }

    private void InvalidateDeviceTlb(IIommu target, in AmdCommand c)
    {
        if (c.IsGuest) target.Execute(InvalidationRequest.OfDeviceTlb(c.DeviceId, c.Pasid, c.FirstByte, c.LastByte));
        // Where requests without PASID use PASID 0, that is what their translations are invalidated as.
        if (!c.IsGuest || (c.Pasid.Value == 0 && contexts.UsesPasidZero(c.DeviceId))) target.Execute(InvalidationRequest.OfDeviceTlb(c.DeviceId, WithoutPasid, c.FirstByte, c.LastByte));
    }
}
