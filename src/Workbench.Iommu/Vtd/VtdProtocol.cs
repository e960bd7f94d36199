using System.Diagnostics;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// What software writes and queues for a VT-d unit in scalable mode: root, context and PASID structures, tables of one kind, invalidation
/// descriptors. Choices follow what Linux does (README of this folder) unless the profile says otherwise.
/// </summary>
public sealed partial class VtdProtocol : IVendorProtocol
{
    private readonly PhysicalMemory memory;
    private readonly VtdUnit unit;
    private readonly VtdAddressWidth width;
    private readonly DriverProfile profile;
    private readonly bool usesFirstStage;
    private readonly Func<PageRequest, PageResponse>? onPageRequest;
    private readonly List<RequesterId> devices = [];

    /// <summary>
    /// Sets the unit up: root table and queue; no device has a context yet. Domains have second-stage tables of a width, or first-stage ones if
    /// <paramref name="usesFirstStage"/>. With <paramref name="onPageRequest"/> devices may send page requests, which it answers.
    /// </summary>
    public VtdProtocol(PhysicalMemory memory, VtdUnit unit, VtdAddressWidth width, DriverProfile profile, bool usesFirstStage = false, Func<PageRequest, PageResponse>? onPageRequest = null)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(profile);
        if (usesFirstStage) RequireFirstStage(unit, width);
        else if (!unit.Capability.Supports(width)) throw new ArgumentException($"CAP.SAGAW (0x{unit.Capability.AddressWidths:x}) does not offer the {width.AddressBits}-bit second stage.", nameof(width));
        if (onPageRequest is not null && !unit.Extended.SupportsPageRequests) throw new ArgumentException("Page requests cannot be answered: the part has none (ECAP.PRS = 0).", nameof(onPageRequest));
        (this.memory, this.unit, this.width, this.profile, this.usesFirstStage, this.onPageRequest) = (memory, unit, width, profile, usesFirstStage, onPageRequest);
        rootTable = memory.AllocateFrame();
        statusWord = memory.AllocateFrame();
        unit.RootTable = rootTable;
        ring = new(memory, QueueDescriptors, VtdDescriptor.WideWordCount);
        unit.SetQueue(ring.Base, ring.Length);
        if (onPageRequest is not null) unit.SetPageRequestQueue(memory.AllocateFrame(), PhysicalMemory.FrameBytes / VtdPageRequest.SizeBytes, ServePageRequests);
    }

    private static void RequireFirstStage(VtdUnit unit, VtdAddressWidth width)
    {
        if (!unit.Extended.SupportsFirstStage) throw new ArgumentException("The part has no first stage (ECAP.FLTS = 0).", nameof(unit));
        if (width is not (VtdAddressWidth.Bits48 or VtdAddressWidth.Bits57)) throw new ArgumentException($"The first stage has 48 or 57 bits, not {width.AddressBits}.", nameof(width));
        if (width == VtdAddressWidth.Bits57 && !unit.Capability.SupportsFirstStage5Level) throw new ArgumentException("The part has no first stage of 57 bits (CAP.FS5LP = 0).", nameof(width));
    }

    /// <inheritdoc/>
    public long CommandsSubmitted { get; private set; }
    /// <inheritdoc/>
    public int FramesInUse => memory.FramesInUse;
    /// <inheritdoc/>
    public int DomainCount => Math.Min(unit.Capability.DomainCount, ushort.MaxValue);
    /// <inheritdoc/>
    public int LargestLeafLog2 => !usesFirstStage ? unit.Capability.LargestSecondStageLeafLog2 : unit.Capability.SupportsFirstStage1G ? 30 : 21;
    /// <summary>With CM only second-stage maps are flushed: what a first stage does not map is never cached [L].</summary>
    public bool InvalidatesOnMap => unit.Capability.CachesNotPresent && !usesFirstStage;
    /// <inheritdoc/>
    public string? TrackingRefusal => (usesFirstStage, unit.Extended) switch
    {
        (true, { SupportsSnoopedPageWalk: true }) or (false, { SupportsSecondStageDirty: true }) => null,
        (true, _) => "This VT-d part does not snoop page walks (ECAP.SMPWCS = 0), so first-stage A/D updates fault and dirty tracking cannot be turned on.",
        _ => "This VT-d part has no second-stage dirty bits (ECAP.SSADS = 0), so dirty tracking cannot be turned on.",
    };

    /// <summary>The memory that its structures and tables lie in.</summary>
    internal PhysicalMemory Memory => memory;

    /// <inheritdoc/>
    public IPageTable CreateTable() => usesFirstStage ? new PageTable<X64Format>(memory, width.Levels) : new PageTable<VtdSecondStageFormat>(memory, width.Levels);

    /// <inheritdoc/>
    public void Connect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (children.Values.Any(list => list.Any(child => child.Id == domain.Id))) throw new InvalidOperationException($"Domain id {domain.Id} is that of a nested domain; every tag in the caches needs its own.");
        VtdPasidTableEntry entry = new(0, 0) { IsPresent = true, DomainId = domain.Id, PageWalkIsSnooped = unit.Extended.SupportsSnoopedPageWalk };
        WriteEntry(UnusedEntryAt(device, pasid), usesFirstStage
            ? entry with { TranslationType = VtdTranslationType.FirstStage, FirstStagePagingMode = width.Levels - 4, FirstStageTable = domain.Table.Root.Value }
            : entry with { TranslationType = VtdTranslationType.SecondStage, AddressWidth = width, DirtyTrackingIsEnabled = domain.TracksDirty, SecondStageTable = domain.Table.Root });
    }

    /// <inheritdoc/>
    public void Disconnect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        Disconnect(device, pasid, domain.Id, usesFirstStage);
    }

    private void Disconnect(RequesterId device, Pasid? pasid, DomainId id, bool hasSpace)
    {
        // As Linux tears down: P alone is cleared, caches are flushed, and only then the rest may change.
        Spa entryAt = PasidEntryAt(device, pasid ?? default);
        WriteEntry(entryAt, ReadEntry(entryAt) with { IsPresent = false });
        translations.Add(VtdDescriptor.PasidCachePasid(id, pasid ?? default));
        translations.Add(hasSpace ? VtdDescriptor.PasidIotlbAll(id, pasid ?? default) : VtdDescriptor.IotlbDomain(id));
        AddDeviceTlb(device, pasid, Everything);
        Submit();
    }

    /// <summary>Second stage: SSADE follows, also in the entries nested on the domain. First-stage entries have no such bit: their tables are always marked.</summary>
    public void TrackingChanged(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (usesFirstStage) return;
        foreach ((RequesterId device, Pasid? pasid) in domain.Attachments) SetTracking(device, pasid, domain.Id, domain.TracksDirty);
        foreach (VtdNestedDomain child in ChildrenOf(domain.Id))
            foreach ((RequesterId device, Pasid? pasid) in child.Attachments) SetTracking(device, pasid, child.Id, domain.TracksDirty);
    }

    private void SetTracking(RequesterId device, Pasid? pasid, DomainId id, bool enable)
    {
        Spa entryAt = PasidEntryAt(device, pasid ?? default);
        WriteEntry(entryAt, ReadEntry(entryAt) with { DirtyTrackingIsEnabled = enable });
        translations.Add(VtdDescriptor.PasidCachePasid(id, pasid ?? default));
        translations.Add(VtdDescriptor.IotlbDomain(id));
        AddDeviceTlb(device, pasid, Everything);
        Submit();
    }

    /// <inheritdoc/>
    public void RootChanged(Domain domain) => throw new UnreachableException("VT-d tables do not grow");

    /// <summary>Reads the page request queue as software does in its interrupt, and answers each request with a descriptor.</summary>
    private void ServePageRequests()
    {
        Span<ulong> words = stackalloc ulong[VtdPageRequest.WordCount];
        while (unit.PageRequestHead != unit.PageRequestTail)
        {
            memory.TryRead(new(unit.PageRequestBase.Value + ((ulong)unit.PageRequestHead * VtdPageRequest.SizeBytes)), words);
            VtdPageRequest request = VtdPageRequest.Read(words);
            unit.WritePageRequestHead((unit.PageRequestHead + 1) % unit.PageRequestLength);
            Pasid? pasid = request.HasPasid ? request.Pasid : null;
            PageResponse response = onPageRequest?.Invoke(new(request.SourceId, pasid, request.Page, request.WantsWrite, request.Group)) ?? PageResponse.Failure;
            translations.Add(VtdDescriptor.PageGroupResponse(request.SourceId, pasid, request.Group, response));
            Submit();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
