namespace Workbench.Iommu.Vtd;

/// <content>What IommuDriver does not know: first stages nested on a domain, and devices that translate nothing.</content>
public sealed partial class VtdProtocol
{
    /// <summary>Why what passes through cannot be tracked.</summary>
    public const string PassThroughTrackingRefusal = "A pass-through entry (PGTT = 4) has no table and so no dirty bits: SSADE means nothing there. Attach the device to a domain to track what it writes.";

    private readonly Dictionary<DomainId, List<VtdNestedDomain>> children = [];
    private readonly List<VtdNestedDomain> none = [];

    private List<VtdNestedDomain> ChildrenOf(DomainId parent) => children.GetValueOrDefault(parent, none);

    /// <summary>Lets a device (or one PASID of it) use addresses as they are, under a tag of its own; it must use no domain.</summary>
    public void ConnectPassThrough(RequesterId device, Pasid? pasid, DomainId id, bool tracksDirty = false)
    {
        if (tracksDirty) throw new NotSupportedException(PassThroughTrackingRefusal);
        if (!unit.Extended.SupportsPassThrough) throw new NotSupportedException("This VT-d part cannot pass addresses through (ECAP.PT = 0).");
        WriteEntry(UnusedEntryAt(device, pasid), new VtdPasidTableEntry(0, 0)
        {
            IsPresent = true,
            TranslationType = VtdTranslationType.PassThrough,
            AddressWidth = width,
            DomainId = id,
            PageWalkIsSnooped = unit.Extended.SupportsSnoopedPageWalk,
        });
    }

    /// <summary>Takes a pass-through entry away again.</summary>
    public void DisconnectPassThrough(RequesterId device, Pasid? pasid, DomainId id) => Disconnect(device, pasid, id, hasSpace: false);

    /// <summary>Makes a domain known that nests on another: its invalidations and its tracking follow the parent's.</summary>
    internal void Adopt(VtdNestedDomain child)
    {
        if (usesFirstStage) throw new NotSupportedException("Nesting needs a parent with second-stage tables; the domains of this driver have first-stage ones.");
        if (!unit.Extended.SupportsNesting) throw new NotSupportedException("This VT-d part cannot nest (ECAP.NEST = 0).");
        if (child.Id.Value >= DomainCount) throw new ArgumentOutOfRangeException(nameof(child), $"Domain {child.Id} does not exist: the part has {DomainCount} domains.");
        if (child.Id == child.Parent.Id || children.Values.Any(list => list.Any(other => other.Id == child.Id)))
            throw new InvalidOperationException($"Domain id {child.Id} is taken; every tag in the caches needs its own.");
        if (!children.TryGetValue(child.Parent.Id, out List<VtdNestedDomain>? list)) children[child.Parent.Id] = list = [];
        list.Add(child);
    }

    internal void ConnectNested(RequesterId device, Pasid? pasid, VtdNestedDomain domain) => WriteEntry(UnusedEntryAt(device, pasid), new VtdPasidTableEntry(0, 0)
    {
        IsPresent = true,
        TranslationType = VtdTranslationType.Nested,
        AddressWidth = width,
        SecondStageTable = domain.Parent.Table.Root,
        DirtyTrackingIsEnabled = domain.Parent.TracksDirty,
        DomainId = domain.Id,
        PageWalkIsSnooped = unit.Extended.SupportsSnoopedPageWalk,
        FirstStagePagingMode = domain.Table.RootLevel - 3,
        FirstStageTable = domain.Table.Root.Value,
    });

    internal void DisconnectNested(RequesterId device, Pasid? pasid, VtdNestedDomain domain) => Disconnect(device, pasid, domain.Id, hasSpace: true);

    /// <summary>What a guest's change of its own tables takes: PASID-based descriptors and the device TLBs; first to last are its addresses.</summary>
    internal int InvalidateNested(VtdNestedDomain domain, ulong firstByte, ulong lastByte, bool leafOnly)
    {
        Cut(firstByte & ~0xFFFUL, lastByte | 0xFFF, leafLog2: 0);
        foreach (Pasid pasid in domain.Attachments.Select(a => a.Pasid ?? default).Distinct()) AddFirstStage(domain.Id, pasid, leafOnly);
        foreach ((RequesterId device, Pasid? pasid) in domain.Attachments) AddDeviceTlbs(device, pasid);
        return Submit();
    }

    private Spa UnusedEntryAt(RequesterId device, Pasid? pasid)
    {
        Spa at = PasidEntryAt(device, pasid ?? default);
        return !ReadEntry(at).IsPresent ? at : throw new InvalidOperationException($"Device {device} (PASID {pasid?.Value ?? 0}) is attached already; detach it first.");
    }
}
