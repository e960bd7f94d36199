using System.Diagnostics;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// What software writes and queues for a VT-d unit in scalable mode: root, context and PASID structures, second-stage tables, invalidation
/// descriptors. Choices follow what Linux does (README of this folder): one aligned power-of-two range, domain-selective beyond CAP.MAMV.
/// </summary>
public sealed class VtdProtocol : IVendorProtocol
{
    private const int QueueDescriptors = 128;
    private const int DirectorySizeCode = 7;

    private readonly PhysicalMemory memory;
    private readonly VtdUnit unit;
    private readonly VtdAddressWidth width;
    private readonly DriverProfile profile;
    private readonly Spa rootTable;
    private readonly Spa statusWord;
    private readonly CommandRing ring;
    private uint waits;

    /// <summary>Sets the unit up: root table and queue; no device has a context yet.</summary>
    public VtdProtocol(PhysicalMemory memory, VtdUnit unit, VtdAddressWidth width, DriverProfile profile)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(profile);
        if (!unit.Capability.Supports(width)) throw new ArgumentException($"CAP.SAGAW (0x{unit.Capability.AddressWidths:x}) does not offer the {width.AddressBits}-bit second stage.", nameof(width));
        (this.memory, this.unit, this.width, this.profile) = (memory, unit, width, profile);
        rootTable = memory.AllocateFrame();
        statusWord = memory.AllocateFrame();
        unit.RootTable = rootTable;
        ring = new(memory, QueueDescriptors, VtdDescriptor.WideWordCount);
        unit.SetQueue(ring.Base, ring.Length);
    }

    /// <inheritdoc/>
    public long CommandsSubmitted { get; private set; }
    /// <inheritdoc/>
    public int FramesInUse => memory.FramesInUse;
    /// <inheritdoc/>
    public int DomainCount => Math.Min(unit.Capability.DomainCount, ushort.MaxValue);
    /// <inheritdoc/>
    public int LargestLeafLog2 => unit.Capability.LargestSecondStageLeafLog2;
    /// <inheritdoc/>
    public bool InvalidatesOnMap => unit.Capability.CachesNotPresent;
    /// <inheritdoc/>
    public string? TrackingRefusal => unit.Extended.SupportsSecondStageDirty ? null : "This VT-d part has no second-stage dirty bits (ECAP.SSADS = 0), so dirty tracking cannot be turned on.";

    /// <inheritdoc/>
    public IPageTable CreateTable() => new PageTable<VtdSecondStageFormat>(memory, width.Levels);

    /// <inheritdoc/>
    public void Connect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        WriteEntry(PasidEntryAt(device, pasid ?? default), new VtdPasidTableEntry(0, 0)
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
    public void Disconnect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        // As Linux tears down: P alone is cleared, caches are flushed, and only then the rest may change.
        Spa entryAt = PasidEntryAt(device, pasid ?? default);
        WriteEntry(entryAt, ReadEntry(entryAt) with { IsPresent = false });
        Submit(VtdDescriptor.PasidCachePasid(domain.Id, pasid ?? default), VtdDescriptor.IotlbDomain(domain.Id));
    }

    /// <inheritdoc/>
    public void TrackingChanged(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        foreach ((RequesterId device, Pasid? pasid) in domain.Attachments)
        {
            Spa entryAt = PasidEntryAt(device, pasid ?? default);
            WriteEntry(entryAt, ReadEntry(entryAt) with { DirtyTrackingIsEnabled = domain.TracksDirty });
            Submit(VtdDescriptor.PasidCachePasid(domain.Id, pasid ?? default), VtdDescriptor.IotlbDomain(domain.Id));
        }
    }

    /// <inheritdoc/>
    public void RootChanged(Domain domain) => throw new UnreachableException("second-stage tables do not grow");

    /// <inheritdoc/>
    public int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2)
    {
        ArgumentNullException.ThrowIfNull(domain);
        AlignedRange range = AlignedRange.Enclosing(firstByte, lastByte);
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

    /// <inheritdoc/>
    public int Fence() => 0; // D is set before the data lands: there is nothing to wait for

    private int Submit(params ReadOnlySpan<VtdDescriptor> descriptors)
    {
        foreach (VtdDescriptor descriptor in descriptors) Enqueue(descriptor);
        waits = unchecked(waits + 1);
        Enqueue(VtdDescriptor.WaitWithStatus(statusWord, waits));
        unit.WriteQueueTail(ring.Tail);
        if (unit.QueueError != VtdDescriptorError.None || (uint)memory.Word(statusWord) != waits)
            throw new UnreachableException($"The invalidation queue stopped at descriptor {unit.QueueHead}: {unit.QueueError}.");
        CommandsSubmitted += descriptors.Length + 1;
        return descriptors.Length + 1;
    }

    private void Enqueue(in VtdDescriptor descriptor)
    {
        Span<ulong> words = stackalloc ulong[VtdDescriptor.WideWordCount];
        descriptor.Write(words);
        ring.Enqueue(words);
    }

    /// <summary>Where the entry of a PASID lies; tables on the way are made as needed.</summary>
    private Spa PasidEntryAt(RequesterId device, Pasid pasid)
    {
        Span<ulong> words = stackalloc ulong[VtdContextEntry.WordCount];
        Spa rootAt = new(rootTable.Value + ((ulong)VtdRootEntry.IndexOf(device) * VtdRootEntry.SizeBytes));
        memory.TryRead(rootAt, words[..VtdRootEntry.WordCount]);
        VtdRootEntry root = VtdRootEntry.Read(words);
        if (!root.IsPresentFor(device.DeviceFunction))
        {
            Spa table = memory.AllocateFrame();
            root = device.DeviceFunction < 128 ? root with { LowerContextTable = table, LowerIsPresent = true } : root with { UpperContextTable = table, UpperIsPresent = true };
            root.Write(words);
            memory.Write(rootAt, words[..VtdRootEntry.WordCount]);
        }
        Spa contextAt = new(root.ContextTableFor(device.DeviceFunction).Value + ((ulong)VtdContextEntry.IndexOf(device) * VtdContextEntry.SizeBytes));
        memory.TryRead(contextAt, words);
        VtdContextEntry context = VtdContextEntry.Read(words);
        if (!context.IsPresent)
        {
            // A directory for all 2^20 PASIDs: 16,384 entries of 8 bytes.
            context = new VtdContextEntry(0, 0) { IsPresent = true, PasidIsEnabled = unit.Extended.SupportsPasid, PasidDirectorySizeCode = DirectorySizeCode, PasidDirectory = memory.AllocateContiguous(32) };
            context.Write(words);
            memory.Write(contextAt, words);
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
        memory.TryRead(at, words);
        return VtdPasidTableEntry.Read(words);
    }

    private void WriteEntry(Spa at, in VtdPasidTableEntry entry)
    {
        Span<ulong> words = stackalloc ulong[VtdPasidTableEntry.WordCount];
        entry.Write(words);
        memory.Write(at, words);
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
