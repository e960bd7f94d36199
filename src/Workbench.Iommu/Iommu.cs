using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>
/// The part of an IOMMU that every vendor shares: context cache, IOTLB, faults. One engine per IOTLB kind, so that a request costs one
/// interface call and no more; the walker, which knows the format, is asked on a miss only.
/// </summary>
public sealed partial class Iommu<TIotlb> : IIommu
    where TIotlb : struct, IIotlb
{
    /// <summary>Faults kept until they are drained; hardware logs are of this order.</summary>
    public const int MaxRecordedFaults = 256;

    private readonly IContextLocator locator;
    private readonly ContextCache contexts = new();
    private readonly IPageWalker[] walkers;
    private readonly List<Fault> faults = [];
    private readonly Action<Fault>? onFault;
    private readonly int largestEntryLog2;
    private TIotlb iotlb;
    private IommuCounters counters;
    private TranslationContext? current;
    private RequesterId currentDevice;
    private uint currentPasid;
    private DroppedEntries? dropped;

    /// <summary>
    /// Composes an engine. <paramref name="walkers"/> are all that contexts may name, for invalidation; <paramref name="onFault"/> lets the vendor record
    /// faults in its own registers or log.
    /// </summary>
    public Iommu(IContextLocator locator, IReadOnlyList<IPageWalker> walkers, TIotlb iotlb, bool splitsLargePages = false, Action<Fault>? onFault = null)
    {
        ArgumentNullException.ThrowIfNull(walkers);
        this.locator = locator;
        this.iotlb = iotlb;
        this.onFault = onFault;
        this.walkers = [.. walkers];
        largestEntryLog2 = splitsLargePages ? 12 : 63;
    }

    /// <inheritdoc/>
    public bool Diagnose { get; set; }

    /// <inheritdoc/>
    public bool CountsRefills
    {
        get => dropped is not null;
        set => dropped = !value ? null : dropped ?? new(iotlb.Capacity);
    }

    /// <inheritdoc/>
    public ref readonly IommuCounters Counters
    {
        get
        {
            counters.IotlbFullFlushes = iotlb.FullFlushes;
            return ref counters;
        }
    }

    /// <inheritdoc/>
    public void Translate(in DmaRequest request, out Translation translation)
    {
        unchecked
        {
            // What is only needed off the path of a hit stays in methods of its own: a local whose address is taken costs every hit.
            if ((current is null || request.Device != currentDevice || request.PasidOrNone != currentPasid) && !SwitchTo(request, out translation)) return;
            TranslationContext context = current;
            ref IotlbEntry entry = ref iotlb.Find(context.Tag.Value, request.Iova);
            TranslationSource source = TranslationSource.Walk;
            if (!Unsafe.IsNullRef(ref entry))
            {
                ulong need = request.IsWrite ? IotlbEntry.WriteReady : IotlbEntry.MayRead;
                if ((entry.Leaf & need) == need)
                {
                    counters.IotlbHits++;
                    int pageLog2 = entry.PageLog2;
                    translation.Physical = entry.PhysicalBase | (request.Iova & ((1UL << pageLog2) - 1));
                    translation.PageLog2 = (byte)pageLog2;
                    translation.Fault = FaultKind.None;
                    translation.Source = TranslationSource.Iotlb;
                    translation.Granted = Permission.None;
                    translation.Swallowed = false;
                    if (Diagnose && request.IsWrite) translation.Swallowed = context.Walker.Swallows(context, request.Iova);
                    return;
                }
                counters.DirtyRewalks++;
                source = TranslationSource.Rewalk;
            }
            else counters.IotlbMisses++;
            Walk(context, request, source, out translation);
        }
    }

    private void Walk(TranslationContext context, in DmaRequest request, TranslationSource source, out Translation translation)
    {
        FaultKind fault = Walk(context, request.Iova, request.IsWrite ? AccessKind.Write : AccessKind.Read, source, out WalkResult page);
        if (fault != FaultKind.None)
        {
            Record(context, request, fault, source, out translation);
            return;
        }
        translation.Physical = page.PhysicalOf(request.Iova);
        translation.PageLog2 = (byte)page.PageLog2;
        translation.Fault = FaultKind.None;
        translation.Source = source;
        translation.Granted = Permission.None;
        translation.Swallowed = false;
    }

    private FaultKind Walk(TranslationContext context, ulong iova, AccessKind kind, TranslationSource source, out WalkResult page)
    {
        FaultKind fault = context.Walker.Walk(context, iova, kind, ref counters, out page);
        return Walked(context, iova, fault, source, ref page);
    }

    /// <summary>What the caches keep of a walk.</summary>
    private FaultKind Walked(TranslationContext context, ulong iova, FaultKind fault, TranslationSource source, ref WalkResult page)
    {
        if (fault != FaultKind.None)
        {
            // A cached entry that turned out too weak is stale: hardware that re-walked and faulted keeps nothing for the page.
            if (source == TranslationSource.Rewalk) iotlb.InvalidateRange(TagMatch.Exactly(context.Tag), iova, iova);
            return fault;
        }
        if (page.PageLog2 > largestEntryLog2) page = new((page.PhysicalOf(iova) & ~Bits.Mask(largestEntryLog2)) | (page.Leaf & 0xFFF), largestEntryLog2);
        if (dropped is not null && source == TranslationSource.Walk && dropped.Take(context.Tag.Value, iova)) counters.Refills++;
        if (context is { Table: { SizesMayConflict: true } table, Parent: null })
        {
            if ((page.Leaf & IotlbEntry.NotCached) != 0) return FaultKind.None;
            if (iotlb.HoldsOverlap(context.Tag.Value, iova, page.PageLog2, table.SizesConflictingWith(page.PageLog2))) return FaultKind.TlbConflict;
        }
        if (!context.IsPassThrough) iotlb.Fill(context.Tag.Value, iova, page.PageLog2, page.Leaf, mayHold: source == TranslationSource.Rewalk);
        return FaultKind.None;
    }

    /// <summary>Makes the requester's context the current one; false, with the fault recorded, if it has none.</summary>
    [MemberNotNullWhen(true, nameof(current))]
    private bool SwitchTo(in DmaRequest request, out Translation translation)
    {
        FaultKind fault = Locate(request);
        if (fault == FaultKind.None && current is not null)
        {
            translation = default;
            return true;
        }
        Record(null, request, fault, TranslationSource.Walk, out translation);
        return false;
    }

    private FaultKind Locate(in DmaRequest request)
    {
        TranslationContext? context = contexts.Find(request.Device, request.PasidOrNone);
        if (context is null)
        {
            counters.ContextCacheMisses++;
            FaultKind fault = locator.Locate(request.Device, request.Pasid, out context);
            if (fault != FaultKind.None) return fault;
            if (context is null) throw new UnreachableException($"the lookup of {request.Device} gave neither a context nor a fault");
            contexts.Fill(request.Device, request.PasidOrNone, context);
        }
        else counters.ContextCacheHits++;
        (current, currentDevice, currentPasid) = (context, request.Device, request.PasidOrNone);
        return FaultKind.None;
    }

    private void Record(TranslationContext? context, in DmaRequest request, FaultKind kind, TranslationSource source, out Translation translation)
    {
        counters.Faults++;
        translation = default;
        translation.Fault = kind;
        translation.Source = source;
        // A blocked request never came to a walk, and a conflict is none of the walk's.
        WalkFault where = context is null || kind is FaultKind.TranslationRequestBlocked or FaultKind.TlbConflict ? default : context.Walker.LastFault;
        bool isParents = where.Stage == FaultStage.Second && context is { Parent: not null };
        if (context is null ? !locator.RecordsLookupFaults : !(isParents ? context.ParentRecordsFaults ?? context.RecordsFaults : context.RecordsFaults)) return;
        Fault fault = new(kind, request.Device, request.Pasid, new(request.Iova), request.IsWrite)
        {
            Where = where,
            IsTranslationRequest = request.IsTranslationRequest,
            IsStalled = context is not null && (isParents ? context.ParentStallsFaults : context.StallsFaults) && kind.CanStall && !request.IsTranslationRequest,
        };
        if (faults.Count < MaxRecordedFaults) faults.Add(fault);
        onFault?.Invoke(fault);
    }

    /// <inheritdoc/>
    public bool Swallows(in DmaRequest request) => contexts.Find(request.Device, request.PasidOrNone) is { } context && context.Walker.Swallows(context, request.Iova);

    /// <inheritdoc/>
    public void Execute(in InvalidationRequest request)
    {
        if (request.Scope != InvalidationScope.Fence) counters.Invalidations++;
        if (request.Scope is >= InvalidationScope.Device and <= InvalidationScope.AllContexts) current = null;
        switch (request.Scope)
        {
            case InvalidationScope.Range:
                counters.EntriesInvalidated += iotlb.InvalidateRange(request.Tags, request.FirstByte, request.LastByte, request.LeafSizes, dropped);
                if (request.LeafOnly) break;
                foreach (IPageWalker walker in walkers) walker.InvalidateRange(request.Tags, request.FirstByte, request.LastByte);
                break;
            case InvalidationScope.Tags:
                counters.EntriesInvalidated += iotlb.InvalidateOwners(request.Tags, dropped);
                foreach (IPageWalker walker in walkers) walker.InvalidateTags(request.Tags);
                break;
            case InvalidationScope.All:
                counters.EntriesInvalidated += iotlb.InvalidateAll(dropped);
                foreach (IPageWalker walker in walkers) walker.InvalidateAll();
                break;
            case InvalidationScope.Device:
                contexts.InvalidateDevice(request.Device);
                break;
            case InvalidationScope.DevicePasid:
                contexts.InvalidatePasid(request.Device, request.Pasid ?? default);
                break;
            case InvalidationScope.DomainContexts:
                contexts.InvalidateDomain(request.Domain);
                break;
            case InvalidationScope.PasidContexts:
                contexts.InvalidatePasidOfDomain(request.Domain, request.Pasid ?? default);
                break;
            case InvalidationScope.AllContexts:
                contexts.InvalidateAll();
                break;
            case InvalidationScope.Fence:
                foreach (IPageWalker walker in walkers) walker.Fence(ref counters);
                break;
            case InvalidationScope.DeviceTlb:
                // Devices keep their translations themselves: DeviceTlbs stands in front of an engine that has some.
                break;
            default:
                throw new UnreachableException($"invalidation scope {request.Scope}");
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Fault> DrainFaults()
    {
        Fault[] drained = [.. faults];
        faults.Clear();
        return drained;
    }
}
