using System.Diagnostics;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.RiscV;

/// <summary>
/// What software writes and queues for a RISC-V IOMMU: device directory, device and process contexts, tables, commands. The domains are first stages
/// (as Linux has them) or second stages. A and D updates are on from the start where the part has them: switched off, a clear bit faults.
/// </summary>
public sealed partial class RiscVProtocol : IVendorProtocol
{
    private const int FaultRecords = 128;

    private readonly PhysicalMemory memory;
    private readonly RiscVUnit unit;
    private readonly RiscVDriverOptions options;
    private readonly RiscVCapabilities capabilities;
    private readonly Spa directory;
    private readonly RiscVProcessDirectoryMode processMode;
    // What each device's own requests use, and the root of its process directory once it has one.
    private readonly Dictionary<RequesterId, Domain> own = [];
    private readonly Dictionary<RequesterId, Spa> processDirectories = [];
    private readonly SortedDictionary<RequesterId, int> attachments = [];

    /// <summary>Sets the unit up: device directory and queues; no device has a context yet.</summary>
    public RiscVProtocol(PhysicalMemory memory, RiscVUnit unit, RiscVDriverOptions options)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(options);
        (this.memory, this.unit, this.options, capabilities) = (memory, unit, options, unit.Capabilities);
        if ((options.FirstStage == RiscVFirstStageMode.Bare) == (options.SecondStage == RiscVSecondStageMode.Bare)) throw new ArgumentException("A domain is either a first or a second stage: name one of both.", nameof(options));
        if (!capabilities.Supports(options.FirstStage) || !capabilities.Supports(options.SecondStage)) throw new ArgumentException($"The capabilities do not offer {(HasSecondStage ? options.SecondStage : options.FirstStage)}.", nameof(options));
        if (options.UsesAts && !capabilities.SupportsAts) throw new ArgumentException("The capabilities do not offer ATS.", nameof(options));
        directory = memory.AllocateFrame();
        statusWord = memory.AllocateFrame();
        processMode = capabilities.SupportsPD20 ? RiscVProcessDirectoryMode.PD20 : capabilities.SupportsPD17 ? RiscVProcessDirectoryMode.PD17
            : capabilities.SupportsPD8 ? RiscVProcessDirectoryMode.PD8 : RiscVProcessDirectoryMode.Bare;
        ring = new(memory, QueueCommands, RiscVCommand.WordCount);
        unit.SetQueue(ring.Base, ring.Length);
        unit.FaultQueue.Set(memory.AllocateFrame(), FaultRecords);
        // The smallest depth that reaches all 16 bits of a requester id.
        unit.DirectoryPointer = new() { Mode = IsExtended ? RiscVDeviceDirectoryMode.ThreeLevels : RiscVDeviceDirectoryMode.TwoLevels, Table = directory };
    }

    /// <inheritdoc/>
    public long CommandsSubmitted { get; private set; }
    /// <inheritdoc/>
    public int FramesInUse => memory.FramesInUse;
    /// <summary>A domain's number is its PSCID or GSCID.</summary>
    public int DomainCount => ushort.MaxValue + 1;
    /// <inheritdoc/>
    public int LargestLeafLog2 => options.LargestLeafLog2;
    /// <summary>Never: entries that are not valid may not be cached.</summary>
    public bool InvalidatesOnMap => false;
    /// <inheritdoc/>
    public string? TrackingRefusal => UpdatesBits ? null : "This RISC-V part does not update A and D bits (capabilities.AMO_HWAD = 0), so dirty tracking cannot be turned on.";

    private bool HasSecondStage => options.SecondStage != RiscVSecondStageMode.Bare;
    private bool IsExtended => capabilities.SupportsMsiTable;
    private bool UpdatesBits => capabilities.SupportsAccessedDirtyUpdate;

    /// <inheritdoc/>
    public IPageTable CreateTable()
    {
        // Without updates a clear A or D faults, so both are written set.
        LeafState state = UpdatesBits && !options.Profile.MapsDirty ? LeafState.Clean : LeafState.Dirty;
        return HasSecondStage
            ? new PageTable<RiscVSecondStageFormat>(memory, TableShape.ForWidth<RiscVSecondStageFormat>(options.SecondStage.AddressBits, mostConcatenatedLog2: 2), state)
            : new PageTable<RiscVFirstStageFormat>(memory, TableShape.OfLevels<RiscVFirstStageFormat>(options.FirstStage.Levels), state);
    }

    /// <inheritdoc/>
    public void Connect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (pasid is { } process) ConnectProcess(device, process, domain);
        else
        {
            own[device] = domain;
            if (processDirectories.TryGetValue(device, out Spa processes)) WriteProcess(processes, default, ProcessContextOf(domain));
            else WriteDevice(device, DeviceContextOf(device));
        }
        attachments[device] = attachments.GetValueOrDefault(device) + 1;
    }

    private void ConnectProcess(RequesterId device, Pasid process, Domain domain)
    {
        if (HasSecondStage) throw new NotSupportedException($"PASID {process}: the domains of this machine are second stages, which belong to a whole device (DC.iohgatp); use the model 'riscv'.");
        if (!RiscVProcessDirectory.Covers(process, processMode)) throw new NotSupportedException($"PASID {process} is wider than any process directory of the part (capabilities.PD8, PD17, PD20): {capabilities.ProcessIdBits} bits.");
        if (!processDirectories.TryGetValue(device, out Spa processes))
        {
            processDirectories[device] = processes = memory.AllocateFrame();
            if (own.TryGetValue(device, out Domain? before))
            {
                WriteProcess(processes, default, ProcessContextOf(before));
                // fsc changes its meaning with PDTV: V goes first, and comes back with the new words.
                WriteDevice(device, ReadDevice(device) with { IsValid = false });
                Submit(RiscVCommand.IodirInvalDdt(RiscVDeviceId.Of(device)), RiscVCommand.IotinvalVma(pscid: before.Id.Value));
            }
            WriteDevice(device, DeviceContextOf(device));
        }
        WriteProcess(processes, process, ProcessContextOf(domain));
    }

    /// <inheritdoc/>
    public void Disconnect(RequesterId device, Pasid? pasid, Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (pasid is null) own.Remove(device);
        // V alone is cleared, caches are flushed, and only then the rest may change.
        RiscVDeviceId id = RiscVDeviceId.Of(device);
        if (processDirectories.TryGetValue(device, out Spa processes))
        {
            WriteProcess(processes, pasid ?? default, ProcessContextOf(domain) with { IsValid = false });
            Submit(RiscVCommand.IodirInvalPdt(id, pasid ?? default), WholeDomain(domain));
        }
        else
        {
            WriteDevice(device, ReadDevice(device) with { IsValid = false });
            if (HasSecondStage) Submit(RiscVCommand.IodirInvalDdt(id), RiscVCommand.IotinvalVma(gscid: domain.Id.Value), WholeDomain(domain));
            else Submit(RiscVCommand.IodirInvalDdt(id), WholeDomain(domain));
        }
        if (options.UsesAts) Submit(RiscVCommand.AtsInval(device, 0, 64, pasid));
        if (--attachments[device] == 0) attachments.Remove(device);
    }

    /// <summary>Nothing: SADE and GADE are on from the start. Off they would not stop the tracking but make clear bits fault.</summary>
    public void TrackingChanged(Domain domain) { }

    /// <inheritdoc/>
    public void RootChanged(Domain domain) => throw new UnreachableException("RISC-V tables do not grow");

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();

    private RiscVDeviceContext DeviceContextOf(RequesterId device)
    {
        RiscVDeviceContext context = new() { IsValid = true, AtsIsEnabled = options.UsesAts };
        if (processDirectories.TryGetValue(device, out Spa processes))
            return context with { FirstStageUpdateIsEnabled = UpdatesBits, HasProcessDirectory = true, DefaultProcessIsEnabled = true, ProcessDirectoryMode = processMode, ProcessDirectory = processes.Value };
        Domain domain = own[device];
        return HasSecondStage
            ? context with { SecondStageUpdateIsEnabled = UpdatesBits, SecondStageMode = options.SecondStage, Gscid = domain.Id.Value, SecondStageTable = domain.Table.Root }
            : context with { FirstStageUpdateIsEnabled = UpdatesBits, FirstStageMode = options.FirstStage, FirstStageTable = domain.Table.Root.Value, Pscid = domain.Id.Value };
    }

    private RiscVProcessContext ProcessContextOf(Domain domain) =>
        new() { IsValid = true, Pscid = domain.Id.Value, FirstStageMode = options.FirstStage, FirstStageTable = domain.Table.Root.Value };

    /// <summary>Where the context of a device lies; tables on the way are made as needed.</summary>
    private Spa DeviceAt(RequesterId device)
    {
        RiscVDeviceId id = RiscVDeviceId.Of(device);
        Spa table = directory;
        for (int level = unit.DirectoryPointer.Mode.Levels - 1; level > 0; level--)
        {
            ref ulong slot = ref memory.Word(new(table.Value + RiscVDeviceDirectory.OffsetOf(id, level, IsExtended)));
            if (slot == 0) slot = new RiscVDeviceDirectoryEntry { IsValid = true, Table = memory.AllocateFrame() }.Word;
            table = new RiscVDeviceDirectoryEntry(slot).Table;
        }
        return new(table.Value + RiscVDeviceDirectory.OffsetOf(id, 0, IsExtended));
    }

    private RiscVDeviceContext ReadDevice(RequesterId device)
    {
        Span<ulong> words = stackalloc ulong[capabilities.DeviceContextWords];
        memory.TryRead(DeviceAt(device), words);
        return RiscVDeviceContext.Read(words);
    }

    private void WriteDevice(RequesterId device, in RiscVDeviceContext context)
    {
        Span<ulong> words = stackalloc ulong[capabilities.DeviceContextWords];
        context.Write(words);
        memory.Write(DeviceAt(device), words);
    }

    private void WriteProcess(Spa root, Pasid process, in RiscVProcessContext context)
    {
        Spa table = root;
        for (int level = processMode.Levels - 1; level > 0; level--)
        {
            ref ulong slot = ref memory.Word(new(table.Value + RiscVProcessDirectory.OffsetOf(process, level)));
            if (slot == 0) slot = new RiscVProcessDirectoryEntry { IsValid = true, Table = memory.AllocateFrame().Value }.Word;
            table = new(new RiscVProcessDirectoryEntry(slot).Table);
        }
        Span<ulong> words = stackalloc ulong[RiscVProcessContext.WordCount];
        context.Write(words);
        memory.Write(new(table.Value + RiscVProcessDirectory.OffsetOf(process, 0)), words);
    }
}
