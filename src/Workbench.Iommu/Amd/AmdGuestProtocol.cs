using System.Diagnostics;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Amd;

/// <summary>
/// What software writes and queues for an AMD IOMMU whose domains are guest (v2) tables without a host table beneath: each device has a GCR3 table that
/// names a table per PASID, and requests without PASID use PASID 0. The tag of a translation is DTE.DomainID and PASID, so every device has a
/// DomainID of its own and a domain is invalidated once for each of its attachments, as Linux does.
/// </summary>
public sealed class AmdGuestProtocol : IVendorProtocol
{
    private readonly PhysicalMemory memory;
    private readonly AmdUnit unit;
    private readonly int levels;
    private readonly AmdCommandQueue queue;
    private readonly Func<PageRequest, PageResponse>? onPageRequest;
    private readonly Dictionary<RequesterId, Device> devices = [];

    private sealed class Device(DomainId tag, Spa guestTable)
    {
        public DomainId Tag { get; } = tag;
        public Spa GuestTable { get; } = guestTable;
        public HashSet<Pasid> Pasids { get; } = [];
    }

    /// <summary>
    /// Sets the unit up; no device has a table yet. Tables have 4 or 5 <paramref name="levels"/>; <paramref name="onPageRequest"/> answers page requests, without it they are
    /// answered as invalid.
    /// </summary>
    public AmdGuestProtocol(PhysicalMemory memory, AmdUnit unit, int levels, DriverProfile profile, int largestLeafLog2 = 30, Func<PageRequest, PageResponse>? onPageRequest = null)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(profile);
        if (unit.Features is not { SupportsGuestTranslation: true, SupportsGuestProtection: true })
            throw new ArgumentException("Guest tables need EFR.GTSup, and requests without PASID in them EFR.GIoSup.", nameof(unit));
        if (levels < 4 || levels > Math.Min(5, unit.Features.MaximumGuestLevels))
            throw new ArgumentException($"Guest tables of {levels} levels: EFR.GATS ({unit.Features.GuestTranslationSizeCode}) offers 4 to {unit.Features.MaximumGuestLevels}.", nameof(levels));
        (this.memory, this.unit, this.levels, this.onPageRequest, LargestLeafLog2) = (memory, unit, levels, onPageRequest, largestLeafLog2);
        queue = new(memory, unit, profile);
        unit.OnPageRequest = ServePageRequests;
    }

    /// <inheritdoc/>
    public long CommandsSubmitted => queue.CommandsSubmitted;
    /// <inheritdoc/>
    public int FramesInUse => memory.FramesInUse;
    /// <inheritdoc/>
    public int DomainCount => ushort.MaxValue + 1;
    /// <inheritdoc/>
    public int LargestLeafLog2 { get; }
    /// <inheritdoc/>
    public bool InvalidatesOnMap => unit.Capability.CachesNotPresent;
    /// <inheritdoc/>
    public string? TrackingRefusal => null;

    /// <inheritdoc/>
    public IPageTable CreateTable() => new PageTable<X64Format>(memory, levels);

    /// <inheritdoc/>
    public void Connect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        Pasid space = pasid ?? default;
        if (!devices.TryGetValue(device, out Device? state))
        {
            // DomainID 0 is given to none, so that an entry of zeroes shares no tag.
            if (devices.Count == ushort.MaxValue) throw new InvalidOperationException($"All {ushort.MaxValue} DomainIDs are given to devices; {device} can get none.");
            devices[device] = state = new(new((ushort)(devices.Count + 1)), memory.AllocateFrame());
        }
        memory.Word(GuestEntryAt(state, space)) = new AmdGuestTableEntry(0) { IsValid = true, Address = domain.Table.Root.Value }.Value;
        state.Pasids.Add(space);
        if (state.Pasids.Count == 1) queue.WriteEntry(device, EntryOf(state));
        InvalidatePasid(state, space, null, leafOnly: false);
        queue.InvalidateDeviceTlb(device, space, null);
        queue.Wait();
    }

    private AmdDeviceTableEntry EntryOf(Device state) => new(0, 0)
    {
        IsValid = true,
        TranslationIsValid = true,
        GuestTranslationIsEnabled = true,
        GuestProtectionIsEnabled = true,
        GuestTableLevelCode = unit.Features.GuestTableSizeCode,
        GuestTable = state.GuestTable,
        GuestPagingMode = levels - 4,
        CanRead = true,
        CanWrite = true,
        DomainId = state.Tag,
        DeviceTlbIsEnabled = queue.HasDeviceTlbs,
        PageRequestsAreEnabled = queue.HasDeviceTlbs && unit.Features.SupportsPageRequests,
        PageResponsesCarryPasid = queue.HasDeviceTlbs && unit.Features.SupportsPageRequests,
    };

    /// <inheritdoc/>
    public void Disconnect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        Pasid space = pasid ?? default;
        Device state = devices[device];
        memory.Word(GuestEntryAt(state, space)) = 0;
        state.Pasids.Remove(space);
        if (state.Pasids.Count == 0) queue.WriteEntry(device, AmdCommandQueue.Blocked);
        InvalidatePasid(state, space, null, leafOnly: false);
        queue.InvalidateDeviceTlb(device, space, null);
        queue.Wait();
    }

    /// <summary>Guest tables have A and D always: there is nothing to switch, and the driver has cleared and invalidated what was dirty.</summary>
    public void TrackingChanged(Domain domain) => ArgumentNullException.ThrowIfNull(domain);

    /// <inheritdoc/>
    public void RootChanged(Domain domain) => throw new UnreachableException("guest tables do not grow");

    /// <inheritdoc/>
    public int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Invalidate(domain, queue.RangesOf(firstByte, lastByte, leafLog2), leafOnly);
    }

    /// <inheritdoc/>
    public int InvalidateDomain(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Invalidate(domain, null, leafOnly: false);
    }

    private int Invalidate(Domain domain, IReadOnlyList<AlignedRange>? ranges, bool leafOnly)
    {
        if (domain.Attachments.Count == 0) return 0;
        foreach ((RequesterId device, Pasid? pasid) in domain.Attachments) InvalidatePasid(devices[device], pasid ?? default, ranges, leafOnly);
        foreach ((RequesterId device, Pasid? pasid) in domain.Attachments) queue.InvalidateDeviceTlb(device, pasid ?? default, ranges);
        return queue.Wait();
    }

    /// <summary>Queues the commands for one attachment; null means every address, table entries too.</summary>
    private void InvalidatePasid(Device state, Pasid pasid, IReadOnlyList<AlignedRange>? ranges, bool leafOnly)
    {
        foreach (AlignedRange range in ranges ?? AmdCommandQueue.Everything)
            queue.Enqueue(AmdCommand.InvalidateGuestPages(state.Tag, pasid, new(range.Base), range.SizeLog2, includeTableEntries: ranges is null || !leafOnly));
    }

    /// <inheritdoc/>
    public int InvalidateAll()
    {
        queue.Enqueue(AmdCommand.InvalidateAll());
        foreach (RequesterId device in queue.Devices)
            foreach (Pasid pasid in devices[device].Pasids.OrderBy(p => p.Value)) queue.InvalidateDeviceTlb(device, pasid, null);
        return queue.Wait();
    }

    /// <inheritdoc/>
    public int Fence() => 0; // D is set before the access proceeds: there is nothing to wait for

    /// <summary>Where a PASID's entry of a device's GCR3 table lies; tables on the way are made as needed.</summary>
    private Spa GuestEntryAt(Device state, Pasid pasid)
    {
        Spa table = state.GuestTable;
        for (int level = unit.Features.GuestTableSizeCode; ; level--)
        {
            Spa at = new(table.Value + ((ulong)AmdGuestTableEntry.IndexOf(pasid, level) * AmdGuestTableEntry.SizeBytes));
            if (level == 0) return at;
            AmdGuestTableEntry entry = new(memory.Word(at));
            if (!entry.IsValid)
            {
                entry = new AmdGuestTableEntry(0) { IsValid = true, Address = memory.AllocateFrame().Value };
                memory.Word(at) = entry.Value;
            }
            table = new(entry.Address);
        }
    }

    private void ServePageRequests()
    {
        while (unit.TryTakePageRequest(out AmdPageRequest request))
        {
            PageResponse answer = onPageRequest?.Invoke(new(request.DeviceId, request.IsGuest ? request.Pasid : null, request.Page, request.WantsWrite, request.Group)) ?? PageResponse.InvalidRequest;
            queue.Enqueue(AmdCommand.CompletePageRequest(request.DeviceId, request.Group, ResponseOf(answer), request.IsGuest ? request.Pasid : null));
            queue.Wait();
        }
    }

    private static AmdPageResponse ResponseOf(PageResponse answer) => answer switch
    {
        PageResponse.Success => AmdPageResponse.Success,
        PageResponse.InvalidRequest => AmdPageResponse.InvalidRequest,
        _ => AmdPageResponse.Failure,
    };

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}
