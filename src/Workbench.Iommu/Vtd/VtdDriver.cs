using System.Diagnostics;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// Software's side of a VT-d unit in scalable mode: builds root, context and PASID structures, second-stage tables, and feeds the invalidation
/// queue. Choices follow what Linux does (README of this folder): one aligned power-of-two range, domain-selective beyond CAP.MAMV.
/// </summary>
public sealed class VtdDriver : IIommuDriver
{
    private const int QueueDescriptors = 128;
    private const int DirectorySizeCode = 7;

    private readonly PhysicalMemory memory;
    private readonly VtdUnit unit;
    private readonly VtdAddressWidth width;
    private readonly Spa rootTable;
    private readonly Spa statusWord;
    private readonly Dictionary<DomainId, Domain> domains = [];
    private readonly Dictionary<(RequesterId Device, Pasid? Pasid), Domain> attached = [];
    private int tail;
    private uint waits;

    /// <summary>Sets the unit up: root table and queue; no device has a context yet.</summary>
    public VtdDriver(PhysicalMemory memory, VtdUnit unit, IIommu hardware, VtdAddressWidth width)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(unit);
        if (!unit.Capability.Supports(width)) throw new ArgumentException($"CAP.SAGAW (0x{unit.Capability.AddressWidths:x}) does not offer the {width.AddressBits}-bit second stage.", nameof(width));
        (this.memory, this.unit, this.width, Hardware) = (memory, unit, width, hardware);
        rootTable = memory.AllocateFrame();
        statusWord = memory.AllocateFrame();
        unit.RootTable = rootTable;
        unit.SetQueue(memory.AllocateContiguous(QueueDescriptors * VtdDescriptor.WideSizeBytes / PhysicalMemory.FrameBytes), QueueDescriptors);
    }

    /// <inheritdoc/>
    public IIommu Hardware { get; }
    /// <inheritdoc/>
    public long CommandsSubmitted { get; private set; }
    /// <inheritdoc/>
    public int FramesInUse => memory.FramesInUse;
    /// <inheritdoc/>
    public int LargestLeafLog2 => unit.Capability.LargestSecondStageLeafLog2;

    /// <inheritdoc/>
    public Domain CreateDomain(DomainId id)
    {
        if (id.Value >= unit.Capability.DomainCount) throw new ArgumentOutOfRangeException(nameof(id), $"Domain {id} does not exist: CAP.ND allows {unit.Capability.DomainCount} domains.");
        if (domains.ContainsKey(id)) throw new InvalidOperationException($"Domain {id} exists already.");
        return domains[id] = new(id, new PageTable<VtdSecondStageFormat>(memory, width.Levels));
    }

    /// <inheritdoc/>
    public void Attach(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (!ReferenceEquals(domains.GetValueOrDefault(domain.Id), domain)) throw new ArgumentException($"Domain {domain.Id} is not of this machine; attach one that its CreateDomain made.", nameof(domain));
        if (pasid is { Value: > Pasid.MaxValue }) throw new ArgumentOutOfRangeException(nameof(pasid), $"PASID {pasid} has more than 20 bits; at most {Pasid.MaxValue}.");
        // Requests without PASID use the entry of PASID 0 (RID_PASID): one address space under two names.
        if (pasid is { Value: 0 }) pasid = null;
        Spa entryAt = PasidEntryAt(device, pasid ?? default);
        if (attached.TryGetValue((device, pasid), out Domain? before))
        {
            // As Linux tears down: P alone is cleared, caches are flushed, and only then the rest may change.
            WriteEntry(entryAt, ReadEntry(entryAt) with { IsPresent = false });
            Submit(VtdDescriptor.PasidCachePasid(before.Id, pasid ?? default), VtdDescriptor.IotlbDomain(before.Id));
            before.Remove(device, pasid);
        }
        attached[(device, pasid)] = domain;
        domain.Add(device, pasid);
        WriteEntry(entryAt, new VtdPasidTableEntry(0, 0)
        {
            IsPresent = true,
            AddressWidth = width,
            TranslationType = VtdTranslationType.SecondStage,
            DirtyTrackingIsEnabled = domain.TracksDirty,
            SecondStageTable = domain.Table.Root,
            DomainId = domain.Id,
            PageWalkIsSnooped = unit.Extended.SupportsSnoopedPageWalk,
        });
    }

    /// <inheritdoc/>
    public void SetDirtyTracking(Domain domain, bool enable)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (enable && !unit.Extended.SupportsSecondStageDirty)
            throw new NotSupportedException("This VT-d part has no second-stage dirty bits (ECAP.SSADS = 0), so dirty tracking cannot be turned on.");
        if (domain.TracksDirty == enable) return;
        if (enable)
        {
            ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
            InvalidationGather gather = new();
            domain.Table.ScanDirty(0, clear: true, ref unlimited, Ignore.Instance, gather);
            Invalidate(domain, gather);
        }
        domain.TracksDirty = enable;
        foreach ((RequesterId device, Pasid? pasid) in domain.Attachments)
        {
            Spa entryAt = PasidEntryAt(device, pasid ?? default);
            WriteEntry(entryAt, ReadEntry(entryAt) with { DirtyTrackingIsEnabled = enable });
            Submit(VtdDescriptor.PasidCachePasid(domain.Id, pasid ?? default), VtdDescriptor.IotlbDomain(domain.Id));
        }
    }

    /// <inheritdoc/>
    public int Invalidate(Domain domain, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(gather);
        if (gather.IsEmpty) return 0;
        int commands = InvalidateRange(domain, gather.FirstByte, gather.LastByte, leafOnly: !gather.TablesFreed);
        gather.Reset();
        return commands;
    }

    /// <inheritdoc/>
    public int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly)
    {
        ArgumentNullException.ThrowIfNull(domain);
        VtdInvalidationRange range = VtdInvalidationRange.Enclosing(firstByte, lastByte);
        bool selective = unit.Capability.SupportsPageSelectiveInvalidation && range.AddressMask <= unit.Capability.MaximumAddressMask;
        return Submit(selective ? VtdDescriptor.IotlbPages(domain.Id, range, leafOnly) : VtdDescriptor.IotlbDomain(domain.Id));
    }

    /// <inheritdoc/>
    public int InvalidateDomain(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Submit(VtdDescriptor.IotlbDomain(domain.Id));
    }

    /// <inheritdoc/>
    public int InvalidateAll() => Submit(VtdDescriptor.IotlbGlobal());

    private int Submit(params ReadOnlySpan<VtdDescriptor> descriptors)
    {
        foreach (VtdDescriptor descriptor in descriptors) Enqueue(descriptor);
        waits = unchecked(waits + 1);
        Enqueue(VtdDescriptor.WaitWithStatus(statusWord, waits));
        unit.WriteQueueTail(tail);
        if (unit.QueueError != VtdDescriptorError.None || (uint)memory.Word(statusWord) != waits)
            throw new UnreachableException($"The invalidation queue stopped at descriptor {unit.QueueHead}: {unit.QueueError}.");
        CommandsSubmitted += descriptors.Length + 1;
        return descriptors.Length + 1;
    }

    private void Enqueue(in VtdDescriptor descriptor)
    {
        Span<ulong> words = stackalloc ulong[VtdDescriptor.WideWordCount];
        descriptor.Write(words);
        WriteWords(new(unit.QueueBase.Value + ((ulong)tail * VtdDescriptor.WideSizeBytes)), words);
        tail = (tail + 1) % QueueDescriptors;
    }

    /// <summary>Where the entry of a PASID lies; tables on the way are made as needed.</summary>
    private Spa PasidEntryAt(RequesterId device, Pasid pasid)
    {
        Span<ulong> words = stackalloc ulong[VtdContextEntry.WordCount];
        Spa rootAt = new(rootTable.Value + ((ulong)VtdRootEntry.IndexOf(device) * VtdRootEntry.SizeBytes));
        ReadWords(rootAt, words[..VtdRootEntry.WordCount]);
        VtdRootEntry root = VtdRootEntry.Read(words);
        if (!root.IsPresentFor(device.DeviceFunction))
        {
            Spa table = memory.AllocateFrame();
            root = device.DeviceFunction < 128 ? root with { LowerContextTable = table, LowerIsPresent = true } : root with { UpperContextTable = table, UpperIsPresent = true };
            root.Write(words);
            WriteWords(rootAt, words[..VtdRootEntry.WordCount]);
        }
        Spa contextAt = new(root.ContextTableFor(device.DeviceFunction).Value + ((ulong)VtdContextEntry.IndexOf(device) * VtdContextEntry.SizeBytes));
        ReadWords(contextAt, words);
        VtdContextEntry context = VtdContextEntry.Read(words);
        if (!context.IsPresent)
        {
            // A directory for all 2^20 PASIDs: 16,384 entries of 8 bytes.
            context = new VtdContextEntry(0, 0) { IsPresent = true, PasidIsEnabled = unit.Extended.SupportsPasid, PasidDirectorySizeCode = DirectorySizeCode, PasidDirectory = memory.AllocateContiguous(32) };
            context.Write(words);
            WriteWords(contextAt, words);
        }
        Spa directoryAt = new(context.PasidDirectory.Value + ((ulong)VtdPasidDirectoryEntry.IndexOf(pasid) * VtdPasidDirectoryEntry.SizeBytes));
        VtdPasidDirectoryEntry directory = new(memory.Word(directoryAt));
        if (!directory.IsPresent)
        {
            directory = new VtdPasidDirectoryEntry(0) { IsPresent = true, PasidTable = memory.AllocateFrame() };
            memory.Word(directoryAt) = directory.Word;
        }
        return new(directory.PasidTable.Value + ((ulong)VtdPasidTableEntry.IndexOf(pasid) * VtdPasidTableEntry.SizeBytes));
    }

    private VtdPasidTableEntry ReadEntry(Spa at)
    {
        Span<ulong> words = stackalloc ulong[VtdPasidTableEntry.WordCount];
        ReadWords(at, words);
        return VtdPasidTableEntry.Read(words);
    }

    private void WriteEntry(Spa at, in VtdPasidTableEntry entry)
    {
        Span<ulong> words = stackalloc ulong[VtdPasidTableEntry.WordCount];
        entry.Write(words);
        WriteWords(at, words);
    }

    private void ReadWords(Spa at, Span<ulong> words)
    {
        for (int i = 0; i < words.Length; i++) words[i] = memory.Word(new(at.Value + (8UL * (uint)i)));
    }

    private void WriteWords(Spa at, ReadOnlySpan<ulong> words)
    {
        // The first word carries the present bit: it is stored last.
        for (int i = words.Length - 1; i >= 0; i--) memory.Word(new(at.Value + (8UL * (uint)i))) = words[i];
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();

    private sealed class Ignore : IDirtySink
    {
        public static Ignore Instance { get; } = new();

        public void Report(ulong firstPage, int leafLog2) { }
    }
}
