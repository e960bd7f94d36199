using Workbench.Iommu.Contexts;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// The hardware front of one SMMUv3, Non-secure programming interface: stream lookup, command queue, event queue, page request queue, all in simulated
/// memory. Translation itself is the shared engine's, which the composing <see cref="SmmuIommu"/> connects. IHI 0070 chapters 3 to 8.
/// </summary>
public sealed partial class SmmuUnit : IContextLocator
{
    /// <summary>CR0.SMMUEN: streams are looked up; off, they bypass or abort. Bit 0.</summary>
    public const uint EnableBit = 1;
    /// <summary>CR0.PRIQEN: page requests are queued. Bit 1.</summary>
    public const uint PageQueueBit = 2;
    /// <summary>CR0.EVENTQEN: events are queued. Bit 2.</summary>
    public const uint EventQueueBit = 4;
    /// <summary>CR0.CMDQEN: commands are executed. Bit 3.</summary>
    public const uint CommandQueueBit = 8;

    private readonly PhysicalMemory memory;
    private readonly SmmuWalkers walkers;
    private readonly bool dirtyMayLag;
    private IIommu? engine;

    /// <summary>
    /// A unit with the given ID registers, which must not contradict themselves or offer what is not modelled. With <paramref name="dirtyMayLag"/> a plain write's update may become
    /// visible later, at the next CMD_SYNC.
    /// </summary>
    public SmmuUnit(PhysicalMemory memory, SmmuFeatures features, bool hasWalkCaches = true, bool dirtyMayLag = false)
    {
        ArgumentNullException.ThrowIfNull(memory);
        List<string> problems = [.. features.Problems()];
        if (features.SupportsHierarchyDisable) problems.Add("IDR3.HAD offers CD.HAD0, which is not modelled: limits in tables always count.");
        if (features.SupportsLargeAddresses) problems.Add("IDR5.DS offers 52-bit addresses with small granules, whose descriptors are not modelled; 64 KiB pages have them.");
        if (features.TableEndianness != SmmuTableEndianness.Little) problems.Add("IDR0.TTENDIAN offers big-endian tables, which are not modelled; use 2.");
        if (features is { SupportsAts: true, SupportsStage1: true, SupportsStage2: true, LacksSplitStageAts: false }) problems.Add("IDR0.NS1ATS = 0 offers split-stage ATS, which is not modelled.");
        if (problems.Count > 0) throw new ArgumentException("This SMMU cannot be built: " + string.Join(" ", problems), nameof(features));
        (this.memory, Features, this.dirtyMayLag) = (memory, features, dirtyMayLag);
        walkers = new(memory, features, hasWalkCaches);
        commands = new(memory, SmmuCommand.WordCount);
        events = new(memory, SmmuEvent.WordCount);
        pages = new(memory, SmmuPageRequest.WordCount);
    }

    /// <summary>The ID registers.</summary>
    public SmmuFeatures Features { get; }
    /// <summary>STRTAB_BASE and STRTAB_BASE_CFG; to be set while disabled.</summary>
    public SmmuStreamTable StreamTable { get; set; }
    /// <summary>CR0, acknowledged at once.</summary>
    public uint Control { get; private set; }
    /// <summary>GBPA.ABORT: while disabled, transactions abort; else they pass.</summary>
    public bool AbortsWhileDisabled { get; set; }
    /// <summary>GERROR; bit 0 is CMDQ_ERR, active while it differs from <see cref="GlobalErrorAcknowledged"/>.</summary>
    public uint GlobalError { get; private set; }
    /// <summary>GERRORN.</summary>
    public uint GlobalErrorAcknowledged { get; private set; }

    /// <summary>The walkers that contexts of this unit name.</summary>
    internal IReadOnlyList<IPageWalker> Walkers => walkers.All;

    private bool IsEnabled => (Control & EnableBit) != 0;

    /// <summary>Connects the engine, or what stands in front of it, that invalidations act on.</summary>
    internal void Connect(IIommu connected) => engine = connected;

    private IIommu Engine => engine ?? throw new InvalidOperationException("The unit has no engine; build it through SmmuIommu.");

    /// <summary>Writes CR0. What is cached of streams goes when SMMUEN changes; a queue that was just enabled begins to work.</summary>
    public void WriteControl(uint value)
    {
        bool switches = ((value ^ Control) & EnableBit) != 0;
        Control = value & (EnableBit | PageQueueBit | EventQueueBit | CommandQueueBit);
        if (switches) Engine.Execute(Invalidation.InvalidationRequest.AllContexts);
        DeliverWaiting();
        RunCommands();
    }

    /// <summary>Writes GERRORN: acknowledges errors, after which the command queue goes on.</summary>
    public void WriteGlobalErrorAcknowledge(uint value)
    {
        GlobalErrorAcknowledged = value & 1;
        RunCommands();
    }
}
