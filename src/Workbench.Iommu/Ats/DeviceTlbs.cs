using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.Ats;

/// <summary>
/// Devices that keep translations themselves (ATS), in front of an IOMMU. An access first looks in its device's own TLB; what is not there,
/// or not with the permission needed, is asked for. A page becomes dirty when its translation is granted for writing, not when it is written:
/// so clearing D takes an invalidation of the device too, after the IOTLB's.
/// </summary>
public sealed class DeviceTlbs : IIommu
{
    private readonly IIommu inner;
    private readonly IotlbGeometry geometry;
    private readonly Func<PageRequest, PageResponse>? onPageRequest;
    private readonly Dictionary<RequesterId, DeviceTlb> devices = [];
    private IommuCounters counters;
    private DeviceTlb? current;
    private RequesterId currentDevice;
    private long hits;
    private long dropped;
    private long pageRequests;

    private sealed class DeviceTlb(IotlbGeometry geometry)
    {
        public FullyAssociativeIotlb Entries = new(geometry);
    }

    /// <summary>
    /// Puts a TLB of <paramref name="entries"/> translations (LRU) into every device. <paramref name="onPageRequest"/> takes page requests to software and brings its answer
    /// back; without it devices have no PRI and give up at once.
    /// </summary>
    public DeviceTlbs(IIommu inner, int entries, Func<PageRequest, PageResponse>? onPageRequest = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfLessThan(entries, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries, 65536);
        (this.inner, this.onPageRequest) = (inner, onPageRequest);
        geometry = new() { Sets = 1, Ways = entries };
    }

    /// <inheritdoc/>
    public bool Diagnose
    {
        get => inner.Diagnose;
        set => inner.Diagnose = value;
    }

    /// <inheritdoc/>
    public bool CountsRefills
    {
        get => inner.CountsRefills;
        set => inner.CountsRefills = value;
    }

    /// <summary>The IOMMU's counts, with those of the devices.</summary>
    public ref readonly IommuCounters Counters
    {
        get
        {
            counters = inner.Counters;
            (counters.DeviceTlbHits, counters.DeviceTlbEntriesInvalidated, counters.PageRequests) = (hits, dropped, pageRequests);
            return ref counters;
        }
    }

    /// <inheritdoc/>
    public void Translate(in DmaRequest request, out Translation translation)
    {
        if (current is null || request.Device != currentDevice) Switch(request.Device);
        if (TryHit(request, out translation)) return;
        for (bool again = true; ; again = false)
        {
            inner.RequestTranslation(new(request.Device, request.Iova, request.IsWrite, request.PasidOrNone, isTranslationRequest: true), out translation);
            if (translation.Fault != FaultKind.None) return;
            Permission need = request.IsWrite ? Permission.Write : Permission.Read;
            if ((translation.Granted & need) != 0)
            {
                current.Entries.Fill(request.PasidOrNone, request.Iova, translation.PageLog2, IotlbEntry.LeafOf(unchecked(translation.Physical & ~((1UL << translation.PageLog2) - 1)), translation.Granted, dirtyKnown: true));
                return;
            }
            if (!again || !AskForPage(request)) break;
        }
        // The device aborts its own access; the IOMMU has nothing to record.
        translation = default;
        translation.Fault = FaultKind.DeviceTranslationRefused;
        translation.Source = TranslationSource.Walk;
    }

    /// <inheritdoc/>
    public int TranslateBatch<TAccess, TSink>(ReadOnlySpan<TAccess> accesses, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct
    {
        for (int i = 0; i < accesses.Length; i++)
        {
            ref readonly TAccess access = ref accesses[i];
            if (!sink.Takes(access)) return i;
            sink.Begins(access);
            Translate(new(access.Device, access.Iova, access.IsWrite, access.PasidOrNone), out Translation first);
            sink.Began(access, first);
        }
        return accesses.Length;
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(current))]
    private void Switch(RequesterId device)
    {
        if (!devices.TryGetValue(device, out DeviceTlb? tlb)) devices[device] = tlb = new(geometry);
        (current, currentDevice) = (tlb, device);
    }

    private bool TryHit(in DmaRequest request, out Translation translation)
    {
        translation = default;
        if (current is null) return false;
        ref IotlbEntry entry = ref current.Entries.Find(request.PasidOrNone, request.Iova);
        if (Unsafe.IsNullRef(ref entry) || (entry.Leaf & (request.IsWrite ? IotlbEntry.MayWrite : IotlbEntry.MayRead)) == 0) return false;
        hits++;
        translation.Physical = entry.PhysicalBase | (request.Iova & Bits.Mask(entry.PageLog2));
        translation.PageLog2 = (byte)entry.PageLog2;
        translation.Source = TranslationSource.DeviceTlb;
        translation.Swallowed = inner.Diagnose && request.IsWrite && inner.Swallows(request);
        return true;
    }

    private bool AskForPage(in DmaRequest request)
    {
        if (onPageRequest is null) return false;
        int group = (int)(pageRequests++ & 511);
        return onPageRequest(new(request.Device, request.Pasid, new(request.Iova & ~0xFFFUL), request.IsWrite, group)) == PageResponse.Success;
    }

    /// <inheritdoc/>
    public void RequestTranslation(in DmaRequest request, out Translation translation) => inner.RequestTranslation(request, out translation);

    /// <inheritdoc/>
    public bool Swallows(in DmaRequest request) => inner.Swallows(request);

    /// <inheritdoc/>
    public void Execute(in InvalidationRequest request)
    {
        if (request.Scope != InvalidationScope.DeviceTlb)
        {
            inner.Execute(request);
            return;
        }
        if (!devices.TryGetValue(request.Device, out DeviceTlb? tlb)) return;
        dropped += request.Pasid is { } pasid
            ? tlb.Entries.InvalidateRange(TagMatch.ExactlyWord(pasid.Value), request.FirstByte, request.LastByte)
            : tlb.Entries.InvalidateRange(TagMatch.Everyone, request.FirstByte, request.LastByte);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Fault> DrainFaults() => inner.DrainFaults();
}
