using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// The hardware front of one VT-d remapping unit in scalable mode: root pointer, device lookup, invalidation queue and fault records, all in
/// simulated memory. Translation itself is the shared engine's, which the composing <see cref="VtdIommu"/> connects.
/// </summary>
public sealed class VtdUnit : IContextLocator
{
    private readonly PhysicalMemory memory;
    private readonly VtdFaultRecord[] faultRecords;
    private readonly PageTableWalker<VtdSecondStageFormat> secondStage;
    private IIommu? engine;
    private int faultHead;

    /// <summary>A unit with the given capability registers, which must not contradict themselves.</summary>
    public VtdUnit(PhysicalMemory memory, VtdCapability capability, VtdExtendedCapability extended, bool hasWalkCaches = true)
    {
        ArgumentNullException.ThrowIfNull(memory);
        IReadOnlyList<string> problems = [.. capability.Problems(), .. extended.Problems(capability)];
        if (problems.Count > 0) throw new ArgumentException("This VT-d unit cannot be built: " + string.Join(" ", problems), nameof(capability));
        if (!extended.SupportsScalableMode) throw new ArgumentException("This VT-d unit cannot be built: legacy mode (ECAP.SMTS = 0) is not modelled, and could not track dirty pages.", nameof(extended));
        this.memory = memory;
        (Capability, Extended) = (capability, extended);
        secondStage = new(memory, hasWalkCaches);
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
    internal IReadOnlyList<IPageWalker> Walkers => [secondStage];

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

    private void Execute(in VtdDescriptor d)
    {
        IIommu target = engine ?? throw new InvalidOperationException("The unit has no engine; build it through VtdIommu.");
        switch (d.Type)
        {
            case VtdDescriptorType.ContextCache when d.ContextGranularity == VtdContextGranularity.Device:
                // FM ignores that many low function bits, so up to eight functions are meant.
                int group = d.SourceId.Value & ~((1 << d.FunctionMask) - 1);
                for (int i = 0; i < 1 << d.FunctionMask; i++) target.Execute(InvalidationRequest.OfDevice(new((ushort)(group | i))));
                break;
            case VtdDescriptorType.ContextCache:
                target.Execute(d.ContextGranularity == VtdContextGranularity.Domain ? InvalidationRequest.ContextsOf(d.DomainId) : InvalidationRequest.AllContexts);
                break;
            case VtdDescriptorType.PasidCache:
                target.Execute(d.PasidCacheGranularity == VtdPasidCacheGranularity.Global ? InvalidationRequest.AllContexts : InvalidationRequest.ContextsOf(d.DomainId));
                break;
            case VtdDescriptorType.Iotlb:
                AlignedRange range = d.Range;
                target.Execute(d.IotlbGranularity switch
                {
                    VtdIotlbGranularity.Page => InvalidationRequest.Range(d.DomainId, range.Base, range.LastByte, d.IsLeafOnly),
                    VtdIotlbGranularity.Domain => InvalidationRequest.WholeDomain(d.DomainId),
                    _ => InvalidationRequest.Everything,
                });
                break;
            case VtdDescriptorType.Wait:
                target.Execute(InvalidationRequest.Fence);
                if (d.WritesStatus) memory.Write32(d.StatusAddress, d.StatusData);
                break;
            case VtdDescriptorType.PasidIotlb:
                // First-stage and nested translations only: there are none to drop in this unit.
            case VtdDescriptorType.DeviceTlb or VtdDescriptorType.PasidDeviceTlb:
                // Accepted: no modelled device holds translations of its own.
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public FaultKind Locate(RequesterId device, Pasid? pasid, out TranslationContext? context)
    {
        context = null;
        if (RootTable is not { } rootTable) return FaultKind.RootNotPresent;
        Span<ulong> words = stackalloc ulong[VtdPasidTableEntry.WordCount];
        if (!memory.TryRead(new(rootTable.Value + ((ulong)VtdRootEntry.IndexOf(device) * VtdRootEntry.SizeBytes)), words[..VtdRootEntry.WordCount])) return FaultKind.RootUnreachable;
        VtdRootEntry root = VtdRootEntry.Read(words);
        if (!root.IsPresentFor(device.DeviceFunction)) return FaultKind.RootNotPresent;
        if (root.ReservedBitsSet(device.DeviceFunction)) return FaultKind.RootInvalid;

        Spa contextAt = new(root.ContextTableFor(device.DeviceFunction).Value + ((ulong)VtdContextEntry.IndexOf(device) * VtdContextEntry.SizeBytes));
        if (!memory.TryRead(contextAt, words[..VtdContextEntry.WordCount])) return FaultKind.ContextUnreachable;
        VtdContextEntry entry = VtdContextEntry.Read(words);
        if (!entry.IsPresent) return FaultKind.ContextNotPresent;
        if (entry.ReservedBitsSet(Extended)) return FaultKind.ContextInvalid;
        if (pasid is not null && !entry.PasidIsEnabled) return FaultKind.PasidNotAllowed;
        Pasid effective = pasid ?? (Extended.SupportsRequestPasid ? entry.RequestPasid : default);
        if (!entry.Covers(effective)) return FaultKind.PasidBeyondDirectory;

        if (!memory.TryRead(new(entry.PasidDirectory.Value + ((ulong)VtdPasidDirectoryEntry.IndexOf(effective) * VtdPasidDirectoryEntry.SizeBytes)), words[..1])) return FaultKind.PasidDirectoryUnreachable;
        VtdPasidDirectoryEntry directory = VtdPasidDirectoryEntry.Read(words);
        if (!directory.IsPresent) return FaultKind.PasidDirectoryNotPresent;
        if (directory.ReservedBitsSet()) return FaultKind.PasidDirectoryInvalid;

        if (!memory.TryRead(new(directory.PasidTable.Value + ((ulong)VtdPasidTableEntry.IndexOf(effective) * VtdPasidTableEntry.SizeBytes)), words)) return FaultKind.PasidUnreachable;
        VtdPasidTableEntry space = VtdPasidTableEntry.Read(words);
        if (!space.IsPresent) return FaultKind.PasidNotPresent;
        if (space.ReservedBitsSet(Extended)) return FaultKind.PasidReservedBits;
        // Second stage is the one translation type this model walks; the driver refuses to set up the others.
        if (space.TranslationType != VtdTranslationType.SecondStage || !Capability.Supports(space.AddressWidth)) return FaultKind.PasidInvalid;
        int bits = Math.Min(space.AddressWidth.AddressBits, Capability.MaximumAddressBits);
        context = new()
        {
            Tag = new(space.DomainId),
            Walker = secondStage,
            Table = new()
            {
                Root = space.SecondStageTable.Value,
                RootLevel = space.AddressWidth.Levels - 1,
                LastInput = Bits.Mask(bits),
                LargestLeafLog2 = Capability.LargestSecondStageLeafLog2,
                Accessed = space.DirtyTrackingIsEnabled ? BitKeeping.ByHardware : BitKeeping.Ignored,
                Dirty = space.DirtyTrackingIsEnabled ? BitKeeping.ByHardware : BitKeeping.Ignored,
                MarksTables = space.DirtyTrackingIsEnabled,
                CoherentWalks = space.PageWalkIsSnooped,
            },
        };
        return FaultKind.None;
    }

    /// <summary>Puts a fault into the next free record, or notes the overflow.</summary>
    internal void Record(Fault fault)
    {
        if (PendingFaults == faultRecords.Length)
        {
            FaultOverflow = true;
            return;
        }
        faultRecords[(faultHead + PendingFaults++) % faultRecords.Length] = new VtdFaultRecord
        {
            IsRecorded = true,
            Page = new(fault.Iova.Value & ~0xFFFUL),
            SourceId = fault.Device,
            Reason = VtdFaults.ReasonOf(fault),
            Type = fault.IsWrite ? VtdRequestType.Write : VtdRequestType.Read,
            HasPasid = fault.Pasid is not null,
            // The record has 20 bits; a request can be asked for with more, and faults for just that.
            Pasid = new((fault.Pasid?.Value ?? 0) & Iommu.Pasid.MaxValue),
        };
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
