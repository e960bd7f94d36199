using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Smmu;

/// <content>The event queue and stalled transactions. IHI 0070 §3.12, §4.7, chapter 7.</content>
public sealed partial class SmmuUnit
{
    private readonly SmmuQueue events;
    private readonly Dictionary<ushort, SmmuStalledTransaction> stalled = [];
    private readonly Queue<SmmuEvent> waiting = new();
    private readonly Queue<SmmuResumption> resumed = new();
    private ushort nextStallTag;
    private bool overflowed;
    private bool overflowAcknowledged;

    /// <summary>EVENTQ_PROD: where hardware writes next, with OVFLG in bit 31.</summary>
    public uint EventProducer => events.Producer | (overflowed ? 1u << 31 : 0);
    /// <summary>EVENTQ_CONS: where software reads next, with OVACKFLG in bit 31.</summary>
    public uint EventConsumer => events.Consumer | (overflowAcknowledged ? 1u << 31 : 0);
    /// <summary>EVENTQ_BASE.ADDR.</summary>
    public Spa EventQueue => events.Base;
    /// <summary>Were events discarded because the queue was full, and software has not acknowledged it?</summary>
    public bool EventsWereLost => overflowed != overflowAcknowledged;
    /// <summary>Transactions held now.</summary>
    public int StalledTransactions => stalled.Count;

    /// <summary>EVENTQ_BASE, with both indexes 0; to be set while EVENTQEN is 0.</summary>
    public void SetEventQueue(Spa address, int log2Size)
    {
        Require(log2Size, Features.EventQueueLog2, nameof(log2Size));
        events.Set(address, log2Size);
        (overflowed, overflowAcknowledged) = (false, false);
    }

    /// <summary>Writes EVENTQ_CONS: entries are free again, and bit 31 acknowledges an overflow. Events of stalled transactions that waited follow.</summary>
    public void WriteEventConsumer(uint value)
    {
        events.SetConsumer(value);
        overflowAcknowledged = (value & (1u << 31)) != 0;
        DeliverWaiting();
    }

    /// <summary>What software does in the event interrupt: reads the oldest record and frees its entry, acknowledging an overflow.</summary>
    public bool TryTakeEvent(out SmmuEvent record)
    {
        record = default;
        if (events.IsEmpty) return false;
        Span<ulong> words = stackalloc ulong[SmmuEvent.WordCount];
        if (!events.TryRead(words)) words.Clear();
        record = SmmuEvent.Read(words);
        WriteEventConsumer((unchecked(events.Consumer + 1) & events.IndexMask) | (overflowed ? 1u << 31 : 0));
        return true;
    }

    /// <summary>What became of a stalled transaction after software's answer, oldest first.</summary>
    public bool TryTakeResumption(out SmmuResumption resumption) => resumed.TryDequeue(out resumption);

    /// <summary>Records a fault of the engine or of the lookup.</summary>
    internal void Record(Fault fault)
    {
        (Gpa At, bool Stalls, bool Records)? fetch = failedFetch;
        failedFetch = null;
        // A translation request is answered, not recorded, but for one that its stream forbids. §3.9.1.2.
        if (fault.Kind == FaultKind.DeviceBlocked || (fault.IsTranslationRequest && fault.Kind != FaultKind.TranslationRequestBlocked)) return;
        SmmuEvent record = SmmuFaults.EventOf(fault, fetch?.At, Features);
        bool stalls = record.IsTranslationFault && (fetch is { } f ? f.Stalls : fault.IsStalled) && !SmmuFaults.IsInputTooLarge(fault, Features);
        if (fetch is { Records: false } && record.IsTranslationFault && !stalls) return;
        if (stalls)
        {
            ushort tag = FreeStallTag();
            record = record with { IsStalled = true, StallTag = tag };
            stalled[tag] = new(new(fault.Device, fault.Iova.Value, fault.IsWrite, fault.Pasid?.Value ?? DmaRequest.NoPasid), fault.Kind);
        }
        Deliver(record);
    }

    private ushort FreeStallTag()
    {
        if (stalled.Count > ushort.MaxValue) throw new InvalidOperationException("All 65,536 stall tags are in use; answer stalled transactions with CMD_RESUME or CMD_STALL_TERM.");
        while (stalled.ContainsKey(nextStallTag)) nextStallTag = unchecked((ushort)(nextStallTag + 1));
        return nextStallTag++;
    }

    private bool EventQueueIsEnabled => (Control & EventQueueBit) != 0;

    private void Deliver(in SmmuEvent record)
    {
        if (EventQueueIsEnabled && !events.IsFull && waiting.Count == 0) Append(record);
        else if (record.IsStalled) waiting.Enqueue(record);
        else if (EventQueueIsEnabled && !EventsWereLost) overflowed = !overflowed;
    }

    private void DeliverWaiting()
    {
        while (EventQueueIsEnabled && !events.IsFull && waiting.TryDequeue(out SmmuEvent record))
            if (stalled.ContainsKey(record.StallTag)) Append(record);
    }

    private void Append(in SmmuEvent record)
    {
        Span<ulong> words = stackalloc ulong[SmmuEvent.WordCount];
        record.Write(words);
        events.Append(words);
    }

    /// <summary>CMD_RESUME; without effect if the tag is no stalled transaction of the stream.</summary>
    private void Resume(uint streamId, ushort tag, SmmuResumeAction action)
    {
        if (!stalled.TryGetValue(tag, out SmmuStalledTransaction transaction) || transaction.Request.Device.Value != streamId) return;
        stalled.Remove(tag);
        if (action is SmmuResumeAction.Terminate or SmmuResumeAction.Abort)
        {
            End(transaction, action == SmmuResumeAction.Abort || Features.AlwaysAborts);
            return;
        }
        int before = stalled.Count;
        Engine.Translate(transaction.Request, out Translation translation);
        // Held again, under another tag: it has no outcome yet.
        if (translation.Fault == FaultKind.None || stalled.Count == before) resumed.Enqueue(new(transaction.Request, translation, IsAborted: translation.Fault != FaultKind.None));
    }

    private void TerminateStalls(uint streamId)
    {
        foreach (ushort tag in stalled.Where(s => s.Value.Request.Device.Value == streamId).Select(s => s.Key).Order().ToArray())
        {
            stalled.Remove(tag, out SmmuStalledTransaction transaction);
            End(transaction, isAborted: true);
        }
    }

    private void End(in SmmuStalledTransaction transaction, bool isAborted) =>
        resumed.Enqueue(new(transaction.Request, new Translation { Fault = transaction.Fault, Source = TranslationSource.Walk }, isAborted));

    private readonly record struct SmmuStalledTransaction(DmaRequest Request, FaultKind Fault);
}
