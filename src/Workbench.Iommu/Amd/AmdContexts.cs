using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Amd;

/// <summary>The device lookup: from a requester and PASID through device table and GCR3 tables to the stages of its translation.</summary>
internal sealed class AmdContexts
{
    private readonly PhysicalMemory memory;
    private readonly AmdExtendedFeatures features;
    private readonly bool supportsDeviceTlb;
    private readonly PageTableWalker<AmdV1Format> host;
    private readonly PageTableWalker<X64Format> guest;
    private readonly NestedWalker<X64Format, AmdV1Format> nested;
    private readonly PassThroughWalker[] passThrough = [.. Enumerable.Range(0, 4).Select(permission => new PassThroughWalker((Permission)permission))];

    // Device table entries are cached apart from what is derived of them: a dropped PASID is looked up anew by the entry that is still cached.
    private readonly Dictionary<RequesterId, AmdDeviceTableEntry> entries = [];
    private readonly Dictionary<CacheTag, HashSet<RequesterId>> users = [];
    private readonly HashSet<DomainId> nestedDomains = [];
    private WalkFault lookupFault;
    private ulong unreachable;

    public AmdContexts(PhysicalMemory memory, AmdExtendedFeatures features, AmdCapabilityHeader capability, bool hasWalkCaches)
    {
        (this.memory, this.features, supportsDeviceTlb) = (memory, features, capability.SupportsDeviceTlb);
        host = new(memory, hasWalkCaches);
        guest = new(memory, hasWalkCaches);
        nested = new(memory, host, hasWalkCaches);
    }

    public Spa? DeviceTable { get; private set; }
    public int DeviceTableLength { get; private set; }
    public IReadOnlyList<IPageWalker> Walkers => [host, guest, nested, .. passThrough];

    public void SetDeviceTable(Spa table, int length) => (DeviceTable, DeviceTableLength) = (table, length);

    /// <summary>Drops the cached entry of a device.</summary>
    public void Forget(RequesterId device) => entries.Remove(device);

    /// <summary>Drops all cached entries.</summary>
    public void ForgetAll()
    {
        entries.Clear();
        users.Clear();
    }

    /// <summary>Has a context of this domain two stages?</summary>
    public bool IsNested(DomainId domain) => nestedDomains.Contains(domain);

    /// <summary>The devices that reached a guest table under this tag; they are to look it up anew.</summary>
    public IEnumerable<RequesterId> TakeUsersOf(CacheTag tag) => users.Remove(tag, out HashSet<RequesterId>? devices) ? devices : [];

    /// <summary>Do requests of the device without PASID use PASID 0?</summary>
    public bool UsesPasidZero(RequesterId device) => Peek(device).Entry is { IsValid: true, TranslationIsValid: true, GuestTranslationIsEnabled: true, GuestProtectionIsEnabled: true };

    /// <summary>A device's entry as hardware knows it, from its cache or memory, and what is wrong with it; zero if there is none.</summary>
    public (AmdDeviceTableEntry Entry, AmdDeviceTableError Error) Peek(RequesterId device)
    {
        if (entries.TryGetValue(device, out AmdDeviceTableEntry cached)) return (cached, AmdDeviceTableError.None);
        return TryRead(device, out AmdDeviceTableEntry entry) == FaultKind.None ? (entry, entry.Check(features)) : default;
    }

    /// <summary>Where the last lookup failed in a walk of the host table, and the entry of a structure that it could not reach; both are told once.</summary>
    public (WalkFault Where, ulong Unreachable) TakeLookupFault()
    {
        (WalkFault, ulong) taken = (lookupFault, unreachable);
        (lookupFault, unreachable) = (default, 0);
        return taken;
    }

    public FaultKind Locate(RequesterId device, Pasid? pasid, out TranslationContext? context)
    {
        context = null;
        (lookupFault, unreachable) = (default, 0);
        if (!entries.TryGetValue(device, out AmdDeviceTableEntry entry))
        {
            FaultKind fault = TryRead(device, out entry);
            if (fault != FaultKind.None) return fault;
            if (entry.Check(features) != AmdDeviceTableError.None) return FaultKind.ContextInvalid;
            entries[device] = entry;
        }
        if (!entry.IsValid)
        {
            context = new() { Tag = new(default(DomainId)), Walker = passThrough[(int)Permission.ReadWrite], Table = null };
            return FaultKind.None;
        }
        if (!entry.TranslationIsValid) return FaultKind.DeviceBlocked;
        if (pasid is not null && !entry.GuestTranslationIsEnabled) return FaultKind.PasidNotAllowed;
        if (pasid is null && entry is { GuestTranslationIsEnabled: true, GuestProtectionIsEnabled: true }) pasid = default(Pasid);
        if (pasid is { } space) return LocateGuest(device, entry, space, out context);
        context = new()
        {
            Tag = new(entry.DomainId),
            Walker = entry.Mode == 0 ? passThrough[(int)AllowedBy(entry)] : host,
            Table = entry.Mode == 0 ? null : HostStage(entry),
            AllowsAts = supportsDeviceTlb && entry.DeviceTlbIsEnabled,
            RecordsFaults = !entry.AllFaultsAreSuppressed,
        };
        return FaultKind.None;
    }

    private FaultKind TryRead(RequesterId device, out AmdDeviceTableEntry entry)
    {
        entry = default;
        int index = AmdDeviceTableEntry.IndexOf(device);
        if (DeviceTable is not { } table || index >= DeviceTableLength) return FaultKind.DeviceBeyondTable;
        Span<ulong> words = stackalloc ulong[AmdDeviceTableEntry.WordCount];
        Spa at = new(unchecked(table.Value + ((ulong)index * AmdDeviceTableEntry.SizeBytes)));
        if (!memory.TryRead(at, words))
        {
            unreachable = at.Value;
            return FaultKind.ContextUnreachable;
        }
        entry = AmdDeviceTableEntry.Read(words);
        return FaultKind.None;
    }

    private static Permission AllowedBy(in AmdDeviceTableEntry entry) => (entry.CanRead ? Permission.Read : 0) | (entry.CanWrite ? Permission.Write : 0);

    private static TableStage HostStage(in AmdDeviceTableEntry entry) => new()
    {
        Root = entry.HostRoot.Value,
        RootLevel = entry.Mode - 1,
        LastInput = TableShape.OfLevels<AmdV1Format>(entry.Mode).LastInput<AmdV1Format>(),
        Allowed = AllowedBy(entry),
        Accessed = entry.HostAccessDirty == AmdHostAccessDirty.None ? BitKeeping.Ignored : BitKeeping.ByHardware,
        Dirty = entry.HostAccessDirty == AmdHostAccessDirty.AccessedAndDirty ? BitKeeping.ByHardware : BitKeeping.Ignored,
        MarksTables = entry.HostAccessDirty != AmdHostAccessDirty.None,
    };

    private FaultKind LocateGuest(RequesterId device, in AmdDeviceTableEntry entry, Pasid pasid, out TranslationContext? context)
    {
        context = null;
        int levels = entry.GuestTableLevelCode + 1;
        if (pasid.Value > Pasid.MaxValue || pasid.Value >> features.PasidBits != 0 || !AmdGuestTableEntry.Covers(pasid, levels)) return FaultKind.PasidBeyondDirectory;
        TableStage? parent = entry.Mode == 0 ? null : HostStage(entry);
        ulong table = entry.GuestTable.Value;
        for (int level = levels - 1; level >= 0; level--)
        {
            ulong at = unchecked(table + ((ulong)AmdGuestTableEntry.IndexOf(pasid, level) * AmdGuestTableEntry.SizeBytes));
            FaultKind fault = TryReadGuestTable(parent, entry.DomainId, at, out AmdGuestTableEntry found);
            if (fault != FaultKind.None) return fault;
            if (!found.IsValid) return FaultKind.PasidNotPresent;
            if (found.ReservedBitsSet) return FaultKind.PasidReservedBits;
            table = found.Address;
        }
        int rootLevel = 3 + entry.GuestPagingMode;
        // PASID 0 is not sign-extended, the others are [L].
        bool isSigned = pasid.Value != 0;
        int bits = X64Format.Shift(rootLevel) + X64Format.IndexBits;
        context = new()
        {
            Tag = new(entry.DomainId, pasid.Value),
            Walker = parent is null ? guest : nested,
            Table = new()
            {
                Root = table,
                RootLevel = rootLevel,
                LastInput = Bits.Mask(isSigned ? bits - 1 : bits),
                IsSigned = isSigned,
                Allowed = parent is null ? AllowedBy(entry) : Permission.ReadWrite,
                Accessed = BitKeeping.ByHardware,
                Dirty = BitKeeping.ByHardware,
                MarksTables = true,
            },
            Parent = parent,
            AllowsAts = supportsDeviceTlb && entry.DeviceTlbIsEnabled,
            RecordsFaults = !entry.AllFaultsAreSuppressed,
        };
        if (parent is not null) nestedDomains.Add(entry.DomainId);
        if (!users.TryGetValue(context.Tag, out HashSet<RequesterId>? devices)) users[context.Tag] = devices = [];
        devices.Add(device);
        return FaultKind.None;
    }

    /// <summary>Reads an entry of a GCR3 table: with a host table beneath, the table lies at guest physical addresses.</summary>
    private FaultKind TryReadGuestTable(TableStage? parent, DomainId domain, ulong address, out AmdGuestTableEntry entry)
    {
        entry = default;
        ulong at = address;
        if (parent is not null)
        {
            // Not the request's own walk: hardware does it for the lookup, so it is not counted with the walks of requests.
            IommuCounters uncounted = default;
            FaultKind fault = host.Stage.Walk(parent, new CacheTag(domain).Value, address, AccessKind.Read, ref uncounted, out WalkResult page);
            if (fault != FaultKind.None)
            {
                lookupFault = new(FaultStage.Second, new(address), OnTable: true, UnreachableEntry: fault == FaultKind.TableUnreachable ? host.Stage.UnreachableEntry : null);
                return fault;
            }
            at = page.PhysicalOf(address);
        }
        if (!memory.Contains(new(at)))
        {
            unreachable = at;
            return FaultKind.PasidUnreachable;
        }
        entry = new(memory.Word(new(at)));
        return FaultKind.None;
    }
}
