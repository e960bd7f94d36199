using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>
/// The part of an IOMMU that every vendor shares: context cache, IOTLB, walker. One engine per format and IOTLB kind, so that a request
/// costs one interface call and no more.
/// </summary>
public sealed class Iommu<TFormat, TIotlb> : IIommu
    where TFormat : struct, IDirtyTrackingFormat
    where TIotlb : struct, IIotlb
{
    /// <summary>Faults kept until they are drained; hardware logs are of this order.</summary>
    public const int MaxRecordedFaults = 256;

    private readonly IContextLocator locator;
    private readonly ContextCache contexts = new();
    private readonly PageTableWalker<TFormat> walker;
    private readonly List<Fault> faults = [];
    private readonly Action<Fault>? onFault;
    private TIotlb iotlb;
    private IommuCounters counters;
    private TranslationContext? current;
    private RequesterId currentDevice;
    private uint currentPasid;

    /// <summary>Composes an engine; <paramref name="onFault"/> lets the vendor record faults in its own registers or log.</summary>
    public Iommu(IContextLocator locator, PhysicalMemory memory, TIotlb iotlb, bool walkCaches, Action<Fault>? onFault = null)
    {
        this.locator = locator;
        this.iotlb = iotlb;
        this.onFault = onFault;
        walker = new(memory, walkCaches);
    }

    /// <inheritdoc/>
    public bool Diagnose { get; set; }

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
            ref IotlbEntry entry = ref iotlb.Find(context.Domain.Value, request.Iova);
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
                    translation.Swallowed = false;
                    if (Diagnose && request.IsWrite) translation.Swallowed = context.KeepsDirty && !TFormat.IsDirty(walker.PeekLeaf(context, request.Iova));
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
        FaultKind fault = walker.Walk(context, request.Iova, request.IsWrite, ref counters, out ulong leaf, out int pageLog2);
        if (fault != FaultKind.None)
        {
            // A cached entry that turned out too weak is stale: hardware that re-walked and faulted keeps nothing for the page.
            if (source == TranslationSource.Rewalk) iotlb.InvalidateRange(context.Domain.Value, request.Iova, request.Iova);
            Record(request, fault, source, out translation);
            return;
        }
        iotlb.Fill(context.Domain.Value, request.Iova, pageLog2, leaf);
        unchecked
        {
            translation.Physical = (leaf & ~0xFFFUL) | (request.Iova & ((1UL << pageLog2) - 1));
            translation.PageLog2 = (byte)pageLog2;
            translation.Fault = FaultKind.None;
            translation.Source = source;
            translation.Swallowed = false;
        }
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
        Record(request, fault, TranslationSource.Walk, out translation);
        return false;
    }

    private FaultKind Locate(in DmaRequest request)
    {
        TranslationContext? context = contexts.Find(request.Device, request.PasidOrNone);
        if (context is null)
        {
            counters.ContextCacheMisses++;
            Pasid? pasid = request.PasidOrNone == DmaRequest.NoPasid ? null : new Pasid(request.PasidOrNone);
            FaultKind fault = locator.Locate(request.Device, pasid, out context);
            if (fault != FaultKind.None) return fault;
            if (context is null) throw new UnreachableException($"the lookup of {request.Device} gave neither a context nor a fault");
            contexts.Fill(request.Device, request.PasidOrNone, context);
        }
        else counters.ContextCacheHits++;
        (current, currentDevice, currentPasid) = (context, request.Device, request.PasidOrNone);
        return FaultKind.None;
    }

    private void Record(in DmaRequest request, FaultKind kind, TranslationSource source, out Translation translation)
    {
        counters.Faults++;
        translation = default;
        translation.Fault = kind;
        translation.Source = source;
        Fault fault = new(kind, request.Device, request.PasidOrNone == DmaRequest.NoPasid ? null : new Pasid(request.PasidOrNone), new(request.Iova), request.IsWrite);
        if (faults.Count < MaxRecordedFaults) faults.Add(fault);
        onFault?.Invoke(fault);
    }

    /// <inheritdoc/>
    public void Execute(in InvalidationRequest request)
    {
        counters.Invalidations++;
        if (request.Scope >= InvalidationScope.Device) current = null;
        switch (request.Scope)
        {
            case InvalidationScope.Range:
                counters.EntriesInvalidated += iotlb.InvalidateRange(request.Domain.Value, request.FirstByte, request.LastByte);
                if (!request.LeafOnly) walker.Cache.InvalidateRange(request.Domain.Value, request.FirstByte, request.LastByte);
                break;
            case InvalidationScope.Domain:
                counters.EntriesInvalidated += iotlb.InvalidateOwner(request.Domain.Value);
                walker.Cache.InvalidateOwner(request.Domain.Value);
                break;
            case InvalidationScope.All:
                counters.EntriesInvalidated += iotlb.InvalidateAll();
                walker.Cache.InvalidateAll();
                break;
            case InvalidationScope.Device:
                contexts.InvalidateDevice(request.Device);
                break;
            case InvalidationScope.DomainContexts:
                contexts.InvalidateDomain(request.Domain);
                break;
            case InvalidationScope.AllContexts:
                contexts.InvalidateAll();
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
