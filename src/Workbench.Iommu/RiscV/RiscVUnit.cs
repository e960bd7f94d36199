using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.RiscV;

/// <summary>
/// The hardware front of one RISC-V IOMMU: registers, device lookup, command queue, fault queue and page-request queue, all queues in simulated
/// memory. Translation itself is the shared engine's, which the composing <see cref="RiscVIommu"/> connects.
/// </summary>
public sealed partial class RiscVUnit : IContextLocator
{
    private readonly PhysicalMemory memory;
    private readonly bool splitsLargePages;
    private readonly PageTableWalker<RiscVFirstStageFormat> firstStage;
    private readonly PageTableWalker<RiscVSecondStageFormat> secondStage;
    private readonly NestedWalker<RiscVFirstStageFormat, RiscVSecondStageFormat> nested;
    private readonly PassThroughWalker passThrough = new();
    private readonly ulong reservedPageBits;
    private RiscVDeviceDirectoryPointer directory;
    private IIommu? engine;

    /// <summary>A unit with the given capabilities, which must not contradict themselves. <paramref name="splitsLargePages"/> says that its IOTLB holds 4 KiB entries only.</summary>
    public RiscVUnit(PhysicalMemory memory, RiscVCapabilities capabilities, bool hasWalkCaches = true, bool splitsLargePages = false)
    {
        ArgumentNullException.ThrowIfNull(memory);
        string[] problems = [.. capabilities.Problems(), .. NotModelled(capabilities)];
        if (problems.Length > 0) throw new ArgumentException("This RISC-V IOMMU cannot be built: " + string.Join(" ", problems), nameof(capabilities));
        (this.memory, Capabilities, this.splitsLargePages) = (memory, capabilities, splitsLargePages);
        firstStage = new(memory, hasWalkCaches);
        secondStage = new(memory, hasWalkCaches);
        nested = new(memory, secondStage, hasWalkCaches);
        reservedPageBits = (capabilities.SupportsMemoryTypes ? 0 : RiscVPageTableEntry.MemoryType) | (capabilities.SupportsSoftwareBits ? 0 : RiscVPageTableEntry.SoftwareBits);
        FaultQueue = new(memory, RiscVFaultRecord.WordCount);
        PageRequestQueue = new(memory, RiscVPageRequest.WordCount);
    }

    /// <summary>The capabilities register.</summary>
    public RiscVCapabilities Capabilities { get; }
    /// <summary>fctl; this part has one byte order and no 32-bit guests, so only WSI can be set, where IGS offers wires.</summary>
    public RiscVFeatureControl FeatureControl { get; private set; }
    /// <summary>The fault queue: fqb, fqh, fqt and fqcsr.</summary>
    public RiscVRecordQueue FaultQueue { get; }
    /// <summary>The page-request queue: pqb, pqh, pqt and pqcsr.</summary>
    public RiscVRecordQueue PageRequestQueue { get; }

    /// <summary>ddtp. A reserved mode cannot be written.</summary>
    public RiscVDeviceDirectoryPointer DirectoryPointer
    {
        get => directory;
        set => directory = value.Mode.IsReserved ? throw new ArgumentOutOfRangeException(nameof(value), $"ddtp.iommu_mode {(int)value.Mode} is reserved; 0 (Off) to 4 (3LVL).") : value;
    }

    /// <summary>The walkers that contexts of this unit name.</summary>
    internal IReadOnlyList<IPageWalker> Walkers => [firstStage, secondStage, nested, passThrough];

    /// <summary>Connects the engine that invalidations act on.</summary>
    internal void Connect(IIommu connected) => engine = connected;

    /// <summary>Switches interrupts between messages and wires (fctl.WSI), where the part has both or only one of them.</summary>
    public void UseWireInterrupts(bool wires)
    {
        if (wires ? Capabilities.InterruptSupport == 0 : Capabilities.InterruptSupport == 1)
            throw new InvalidOperationException($"fctl.WSI cannot be {(wires ? 1 : 0)}: capabilities.IGS is {Capabilities.InterruptSupport}.");
        FeatureControl = FeatureControl with { UsesWireInterrupts = wires };
    }

    private static IEnumerable<string> NotModelled(RiscVCapabilities capabilities)
    {
        if (capabilities.SupportsSv32 || capabilities.SupportsSv32x4) yield return "capabilities.Sv32 and Sv32x4 (32-bit schemes) are not modelled.";
        if (capabilities.SupportsBothEndians) yield return "capabilities.END (big-endian structures) is not modelled.";
        if (capabilities.SupportsAtsGuestAddress) yield return "capabilities.T2GPA (ATS completions with guest addresses) is not modelled.";
        if (capabilities.SupportsInterruptFiles) yield return "capabilities.MSI_MRIF (interrupt files in memory) is not modelled.";
        if (capabilities.SupportsCounters) yield return "capabilities.HPM (performance counters) is not modelled.";
        if (capabilities.SupportsDebugTranslation) yield return "capabilities.DBG (translation by register) is not modelled.";
    }

    /// <summary>Puts a fault into the fault queue, unless DTF suppresses it or a translation request hears it as no permission.</summary>
    internal void Record(Fault fault)
    {
        (Lookup failed, lookup) = (lookup, default);
        if (failed.Failed)
        {
            // The engine asked for the context before it asked whether the device may use ATS at all, which the specification puts first.
            FaultKind kind = fault.IsTranslationRequest && failed is { FoundContext: true, AllowsAts: false } ? FaultKind.TranslationRequestBlocked : fault.Kind;
            fault = fault with { Kind = kind, Where = failed.Where };
        }
        RiscVFaultRecord record = RiscVFaults.RecordOf(fault);
        if (failed.IsSuppressed && !record.Cause.IsRecordedWhenSuppressed) return;
        if (fault.IsTranslationRequest && record.Cause.IsSilentForAts) return;
        Put(record);
    }

    private void Put(in RiscVFaultRecord record)
    {
        Span<ulong> words = stackalloc ulong[RiscVFaultRecord.WordCount];
        record.Write(words);
        FaultQueue.TryPut(words);
    }

    /// <summary>What software does in the fault interrupt: takes the oldest record.</summary>
    public bool TryTakeFault(out RiscVFaultRecord record)
    {
        Span<ulong> words = stackalloc ulong[RiscVFaultRecord.WordCount];
        bool taken = FaultQueue.TryTake(words);
        record = taken ? RiscVFaultRecord.Read(words) : default;
        return taken;
    }
}
