namespace Workbench.Traces.Importers.Qemu;

/// <summary>
/// Tells what an NVMe controller's small accesses are. The queues created by command are logged; the admin queues and the shadow doorbell
/// buffers are not, and are recognised by their order: an event index is written just before the doorbell of the same offset is read.
/// </summary>
internal sealed class NvmeRings
{
    private const ulong DoorbellBytes = 4;

    private readonly Dictionary<ulong, (ulong First, ulong Bytes)> submissionQueues = [];
    private readonly Dictionary<ulong, (ulong First, ulong Bytes)> completionQueues = [];
    private readonly HashSet<ulong> eventIndexPages = [];
    private readonly HashSet<ulong> doorbellPages = [];
    private readonly List<(ulong First, ulong Bytes)> buffers = [];
    private ulong? previousUnknown;
    private bool previousTookCompletion;
    private ulong listAddress;
    private ulong listEntries;
    private long adminCompletions;

    public void Observe(in QemuEvent e)
    {
        switch (e.Kind)
        {
            case QemuEventKind.NvmeSubmissionQueue: submissionQueues[e.Id] = (e.Address, e.Length); break;
            case QemuEventKind.NvmeCompletionQueue: completionQueues[e.Id] = (e.Address, e.Length); break;
            case QemuEventKind.NvmeCompletion when e.Id == 0: adminCompletions++; break;
            case QemuEventKind.NvmePrp: (listAddress, listEntries) = (e.Address, e.Value > 2 ? e.Value - 1 : 0); break;
            case QemuEventKind.NvmeBuffer when buffers.Count < 4096: buffers.Add((e.Address, e.Length)); break;
        }
    }

    public BareAccess Classify(ulong iova)
    {
        if (Holds(submissionQueues, iova))
        {
            buffers.Clear();
            previousUnknown = null;
            return BareAccess.RingRead(64);
        }
        if (Holds(completionQueues, iova)) return BareAccess.RingWrite(16);
        foreach ((ulong first, ulong bytes) in buffers)
        {
            if (iova < first || iova - first >= bytes) continue;
            ulong toPageEnd = 4096 - (iova & 4095);
            return new(true, Math.Min(bytes - (iova - first), toPageEnd), EventFlags.DirectionInferred);
        }
        if (listEntries > 0 && iova == listAddress) return BareAccess.RingRead(Math.Min(listEntries * 8, 4096 - (iova & 4095)));
        return ClassifyUnknown(iova);
    }

    private static bool Holds(Dictionary<ulong, (ulong First, ulong Bytes)> queues, ulong iova)
    {
        foreach ((ulong first, ulong bytes) in queues.Values)
            if (iova >= first && iova - first < bytes) return true;
        return false;
    }

    private BareAccess ClassifyUnknown(ulong iova)
    {
        ulong page = iova >> 12;
        if (eventIndexPages.Contains(page)) return BareAccess.RingWrite(DoorbellBytes);
        if (doorbellPages.Contains(page)) return BareAccess.RingRead(DoorbellBytes);
        // A completion that is due comes first: the first entries of the two admin queues have the same offset, too.
        bool completes = adminCompletions > 0 && (iova & 15) == 0;
        if (!completes && previousUnknown is { } before && before >> 12 != page && (before & 4095) == (iova & 4095))
        {
            eventIndexPages.Add(before >> 12);
            doorbellPages.Add(page);
            if (previousTookCompletion) adminCompletions++;
            previousUnknown = null;
            return BareAccess.RingRead(DoorbellBytes);
        }
        previousUnknown = iova;
        previousTookCompletion = completes;
        if (completes)
        {
            adminCompletions--;
            return BareAccess.RingWrite(16);
        }
        buffers.Clear();
        return BareAccess.RingRead((iova & 63) == 0 ? 64UL : DoorbellBytes);
    }
}
