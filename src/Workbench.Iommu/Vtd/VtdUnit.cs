using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// The hardware front of one VT-d remapping unit in scalable mode: root pointer, device lookup, invalidation queue and fault records, all in
/// simulated memory. Translation itself is the shared engine's, which the composing <see cref="VtdIommu"/> connects.
/// </summary>
public sealed partial class VtdUnit : IContextLocator
{
    private readonly PhysicalMemory memory;
    private readonly VtdFaultRecord[] faultRecords;
    private readonly PageTableWalker<VtdSecondStageFormat> secondStage;
    private readonly PageTableWalker<X64Format> firstStage;
    private readonly NestedWalker<X64Format, VtdSecondStageFormat> nested;
    private readonly PassThroughWalker passThrough = new();
    private IIommu? engine;
    private int faultHead;

    /// <summary>A unit with the given capability registers, which must not contradict themselves.</summary>
    public VtdUnit(PhysicalMemory memory, VtdCapability capability, VtdExtendedCapability extended, bool hasWalkCaches = true)
    {
        ArgumentNullException.ThrowIfNull(memory);
        IReadOnlyList<string> problems = [.. capability.Problems(), .. extended.Problems(capability)];
        if (problems.Count > 0) throw new ArgumentException("This VT-d unit cannot be built: " + string.Join(" ", problems), nameof(capability));
        if (!extended.SupportsScalableMode) throw new ArgumentException("This VT-d unit cannot be built: legacy mode (ECAP.SMTS = 0) is not modelled. It has no PASID-table entries and so no SSADE: legacy mode has no dirty bits and could not track dirty pages.", nameof(extended));
        this.memory = memory;
        (Capability, Extended) = (capability, extended);
        secondStage = new(memory, hasWalkCaches);
        firstStage = new(memory, hasWalkCaches);
        nested = new(memory, secondStage, hasWalkCaches);
        faultRecords = new VtdFaultRecord[capability.FaultRecordCount];
    }

    /// <summary>CAP_REG.</summary>
    public VtdCapability Capability { get; }
    /// <summary>ECAP_REG.</summary>
    public VtdExtendedCapability Extended { get; }
    /// <summary>RTADDR_REG: the scalable-mode root table, or null before software set it.</summary>
    public Spa? RootTable { get; set; }
    /// <summary>IQA_REG: the queue of 256-bit descriptors.</summary>
    public Spa QueueBase { get; private set; }
    /// <summary>Descriptors the queue holds.</summary>
    public int QueueLength { get; private set; }
    /// <summary>IQH_REG: the next descriptor hardware will fetch.</summary>
    public int QueueHead { get; private set; }
    /// <summary>FSTS_REG.IQE and its cause: the queue stopped at <see cref="QueueHead"/> on a descriptor hardware refuses.</summary>
    public VtdDescriptorError QueueError { get; private set; }
    /// <summary>FSTS_REG.PFO: a fault came while all records were taken.</summary>
    public bool FaultOverflow { get; private set; }
    /// <summary>Faults now in the records.</summary>
    public int PendingFaults { get; private set; }

    /// <summary>The walkers that contexts of this unit name.</summary>
    internal IReadOnlyList<IPageWalker> Walkers => [secondStage, firstStage, nested, passThrough];

    /// <summary>Connects the engine that invalidations act on.</summary>
    internal void Connect(IIommu connected) => engine = connected;

    /// <summary>Sets the queue: base and length in descriptors of 32 bytes (IQA_REG with DW = 1). Head goes to 0.</summary>
    public void SetQueue(Spa queueBase, int length)
    {
        (QueueBase, QueueLength, QueueHead, QueueError) = (queueBase, length, 0, VtdDescriptorError.None);
    }

    /// <summary>IQT_REG: hardware fetches and executes all descriptors up to the new tail, 0 to the length - 1, or stops at one it refuses.</summary>
    public void WriteQueueTail(int tail)
    {
        if (tail < 0 || tail >= QueueLength) throw new ArgumentOutOfRangeException(nameof(tail), $"Queue tail {tail} is outside the queue; 0 to {QueueLength - 1}.");
        Span<ulong> words = stackalloc ulong[VtdDescriptor.WideWordCount];
        while (QueueHead != tail && QueueError == VtdDescriptorError.None)
        {
            // Where there is no memory hardware reads nothing it could execute: type 0 is none.
            if (!memory.TryRead(new(QueueBase.Value + ((ulong)QueueHead * VtdDescriptor.WideSizeBytes)), words)) words.Clear();
            VtdDescriptor descriptor = VtdDescriptor.Read(words);
            QueueError = descriptor.Check(Capability, Extended);
            if (QueueError != VtdDescriptorError.None) return;
            Execute(descriptor);
            QueueHead = (QueueHead + 1) % QueueLength;
        }
    }

    /// <summary>Puts a fault into the next free record, or notes the overflow.</summary>
    internal void Record(Fault fault) => Record(new VtdFaultRecord
    {
        Page = new(fault.Iova.Value & ~0xFFFUL),
        SourceId = fault.Device,
        Reason = VtdFaults.ReasonOf(fault),
        Type = fault.IsWrite ? VtdRequestType.Write : VtdRequestType.Read,
        AddressType = fault.IsTranslationRequest ? 1 : 0,
        HasPasid = fault.Pasid is not null,
        // The record has 20 bits; a request can be asked for with more, and faults for just that.
        Pasid = new((fault.Pasid?.Value ?? 0) & Iommu.Pasid.MaxValue),
    });

    private void Record(VtdFaultRecord record)
    {
        if (PendingFaults == faultRecords.Length)
        {
            FaultOverflow = true;
            return;
        }
        faultRecords[(faultHead + PendingFaults++) % faultRecords.Length] = record with { IsRecorded = true };
    }

    /// <summary>What software does in the fault interrupt: reads the oldest record and clears it (F and the overflow flag are write-1-to-clear).</summary>
    public bool TryTakeFault(out VtdFaultRecord record)
    {
        record = default;
        if (PendingFaults == 0) return false;
        record = faultRecords[faultHead];
        faultHead = (faultHead + 1) % faultRecords.Length;
        if (--PendingFaults == 0) FaultOverflow = false;
        return true;
    }
}
