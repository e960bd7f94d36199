namespace Workbench.Traces.Importers.Qemu;

/// <summary>
/// Tells what a virtio device's ring accesses are. After virtqueue_fill the device writes the used element, then (once for a batch of
/// fills) the used index; everything else on the rings is read. Queues of a virtio disk without IOMMU are told apart and ignored.
/// </summary>
internal sealed class VirtioRings
{
    private readonly HashSet<ulong> blockQueues = [];
    private ulong lastPopped;
    private int writesExpected;

    public void Observe(in QemuEvent e)
    {
        switch (e.Kind)
        {
            case QemuEventKind.VirtqueuePop: lastPopped = e.Id; break;
            case QemuEventKind.VirtioBlock: blockQueues.Add(lastPopped); break;
            case QemuEventKind.VirtqueueFill when !blockQueues.Contains(e.Id): writesExpected = 2; break;
        }
    }

    public BareAccess Classify(ulong iova)
    {
        if (writesExpected == 0) return BareAccess.RingRead((iova & 15) == 0 ? 16UL : 2UL);
        writesExpected--;
        return BareAccess.RingWrite(writesExpected == 1 ? 8UL : 2UL);
    }
}
