using Workbench.Iommu.Ats;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Amd;

/// <summary>
/// The hardware front of one AMD IOMMU: registers, device table, command buffer, event and page request logs, all in simulated memory.
/// Translation itself is the shared engine's, which the composing <see cref="AmdIommu"/> connects.
/// </summary>
public sealed partial class AmdUnit : IContextLocator
{
    private readonly PhysicalMemory memory;
    private readonly AmdContexts contexts;
    private readonly HashSet<RequesterId> hasReported = [];
    private IIommu? engine;

    /// <summary>A unit with the given registers, which must not contradict themselves.</summary>
    public AmdUnit(PhysicalMemory memory, AmdExtendedFeatures features, AmdCapabilityHeader capability, bool hasWalkCaches = true)
    {
        ArgumentNullException.ThrowIfNull(memory);
        IReadOnlyList<string> problems = features.Problems();
        if (problems.Count > 0) throw new ArgumentException("This AMD IOMMU cannot be built: " + string.Join(" ", problems), nameof(features));
        this.memory = memory;
        (Features, Capability) = (features, capability);
        contexts = new(memory, features, capability, hasWalkCaches);
        (Events, PageRequests) = (new(memory), new(memory));
    }

    /// <summary>EFR.</summary>
    public AmdExtendedFeatures Features { get; }
    /// <summary>The capability header in configuration space.</summary>
    public AmdCapabilityHeader Capability { get; }
    /// <summary>The event log.</summary>
    public AmdLog Events { get; }
    /// <summary>The page request log.</summary>
    public AmdLog PageRequests { get; }
    /// <summary>Device table base: the table, or null before software set it.</summary>
    public Spa? DeviceTable => contexts.DeviceTable;
    /// <summary>Entries of the device table.</summary>
    public int DeviceTableLength => contexts.DeviceTableLength;
    /// <summary>What software does when the page request log's interrupt comes.</summary>
    internal Action? OnPageRequest { get; set; }

    /// <summary>The walkers that contexts of this unit name.</summary>
    internal IReadOnlyList<IPageWalker> Walkers => contexts.Walkers;

    /// <summary>Connects the engine that invalidations act on, or the devices' TLBs in front of it.</summary>
    internal void Connect(IIommu connected) => engine = connected;

    /// <summary>Device table base register: the table's address and its size in 4 KiB pages of 128 entries, 1 to 512.</summary>
    public void SetDeviceTable(Spa table, int pages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pages, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pages, 512);
        contexts.SetDeviceTable(table, pages * PhysicalMemory.FrameBytes / AmdDeviceTableEntry.SizeBytes);
    }

    /// <inheritdoc/>
    public FaultKind Locate(RequesterId device, Pasid? pasid, out TranslationContext? context) => contexts.Locate(device, pasid, out context);

    /// <summary>Logs a fault as its event.</summary>
    internal void Record(Fault fault)
    {
        (AmdDeviceTableEntry entry, AmdDeviceTableError error) = contexts.Peek(fault.Device);
        (WalkFault lookup, ulong unreachable) = contexts.TakeLookupFault();
        if (fault.Where.Stage == FaultStage.None) fault = fault with { Where = lookup };
        AmdEvent logged = AmdFaults.EventOf(fault, entry.DomainId, fault.Where.UnreachableEntry ?? unreachable, error == AmdDeviceTableError.ReservedBits);
        if (logged.Code == AmdEventCode.IOPageFault)
        {
            // The device hears of it in the answer to its translation request; nothing is logged.
            if (fault.IsTranslationRequest) return;
            if (entry.IsValid && entry.FaultsAreSuppressed && !hasReported.Add(fault.Device)) return;
        }
        Events.TryAppend(logged.Word0, logged.Word1);
    }

    /// <summary>What software does in the event interrupt: reads the oldest event and moves the head.</summary>
    public bool TryTakeEvent(out AmdEvent taken)
    {
        bool any = Events.TryTake(out ulong word0, out ulong word1);
        taken = new(word0, word1);
        return any;
    }

    /// <summary>What software does in the page request interrupt: reads the oldest request and moves the head.</summary>
    public bool TryTakePageRequest(out AmdPageRequest taken)
    {
        bool any = PageRequests.TryTake(out ulong word0, out ulong word1);
        taken = new(word0, word1);
        return any;
    }

    /// <summary>A device asks for a page (PRI): the request is logged, and what software answers by a command goes back to the device.</summary>
    internal PageResponse RequestPage(PageRequest request)
    {
        (AmdDeviceTableEntry entry, AmdDeviceTableError error) = contexts.Peek(request.Device);
        bool isAllowed = entry.IsValid && entry.TranslationIsValid && error == AmdDeviceTableError.None && entry.PageRequestsAreEnabled;
        if (!isAllowed)
        {
            AmdEvent invalid = new AmdEvent(0, 0) { Code = AmdEventCode.InvalidPageRequest, DeviceId = request.Device, IsGuest = request.Pasid is not null, Address = request.Page.Value };
            if (request.Pasid is { } beyond) invalid = invalid with { Pasid = new(beyond.Value & Pasid.MaxValue) };
            Events.TryAppend(invalid.Word0, invalid.Word1);
            return PageResponse.Failure;
        }
        AmdPageRequest logged = new AmdPageRequest(0, 0)
        {
            Code = AmdPageRequest.PageServiceRequest,
            DeviceId = request.Device,
            IsGuest = request.Pasid is not null,
            Pasid = new((request.Pasid?.Value ?? 0) & Pasid.MaxValue),
            Group = request.Group,
            IsLastOfGroup = true,
            WantsRead = true,
            WantsWrite = request.ToWrite,
            IsUser = true,
            Page = request.Page,
        };
        answers.Remove((request.Device, request.Group));
        if (!PageRequests.TryAppend(logged.Word0, logged.Word1)) return PageResponse.Failure;
        OnPageRequest?.Invoke();
        return answers.Remove((request.Device, request.Group), out AmdPageResponse answer) ? PageResponseOf(answer) : PageResponse.Failure;
    }

    private static PageResponse PageResponseOf(AmdPageResponse answer) => answer switch
    {
        AmdPageResponse.Success => PageResponse.Success,
        AmdPageResponse.InvalidRequest => PageResponse.InvalidRequest,
        _ => PageResponse.Failure,
    };
}
