using System.Numerics;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Amd;

/// <summary>Composes an AMD machine: memory, unit, engine, devices with TLBs if asked for, and driver.</summary>
public static class AmdIommu
{
    /// <summary>Name of the model whose domains are host (v1) tables.</summary>
    public const string HostModel = "amd";
    /// <summary>Name of the model whose domains are guest (v2) tables.</summary>
    public const string GuestModel = "amd-v2";

    /// <summary>Every leaf size of the host tables: bit n set means 2^n bytes.</summary>
    public static ulong HostLeafSizes { get; } = IommuModel.LeafSizesOf<AmdV1Format>();
    /// <summary>Every leaf size of the guest tables.</summary>
    public static ulong GuestLeafSizes { get; } = IommuModel.LeafSizesOf<PageTables.X64Format>();

    /// <summary>Builds the machine a specification asks for; throws <see cref="ArgumentException"/> with every reason why it cannot.</summary>
    public static IommuDriver Build(IommuSpec spec) => Build(spec, out _, out _);

    /// <summary>
    /// Builds the machine and hands out its parts, for tests that look inside. <paramref name="onPageRequest"/> serves the page requests of devices (PRI), which the guest model
    /// has; without it they are answered as invalid.
    /// </summary>
    public static IommuDriver Build(IommuSpec spec, out AmdUnit unit, out PhysicalMemory memory, Func<PageRequest, PageResponse>? onPageRequest = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        onPageRequest ??= spec.OnPageRequest;
        List<string> problems = Problems(spec, onPageRequest is not null);
        if (problems.Count > 0) throw new ArgumentException("The AMD machine cannot be built: " + string.Join(" ", problems), nameof(spec));
        bool isGuest = spec.Model == GuestModel;
        AmdCapabilityHeader capability = AmdCapabilityHeader.Default with { SupportsDeviceTlb = spec.DeviceTlbEntries > 0, CachesNotPresent = spec.CachesNotPresent };
        memory = new();
        try
        {
            unit = new(memory, FeaturesOf(spec), capability, spec.Iotlb.WalkCaches);
            IIommu hardware = IommuEngine.Build(unit, unit.Walkers, spec.Iotlb, unit.Record, spec.IotlbObserver);
            if (spec.DeviceTlbEntries > 0) hardware = new DeviceTlbs(hardware, spec.DeviceTlbEntries, isGuest ? unit.RequestPage : null);
            unit.Connect(hardware);
            int largest = spec.LargestLeafLog2 != 0 ? spec.LargestLeafLog2 : BitOperations.Log2(isGuest ? GuestLeafSizes : HostLeafSizes);
            return new(hardware, isGuest
                ? new AmdGuestProtocol(memory, unit, spec.AddressBits == 57 ? 5 : 4, spec.Profile, largest, onPageRequest)
                : new AmdProtocol(memory, unit, LevelsOf(spec), spec.Profile, largest));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static int LevelsOf(IommuSpec spec) => spec.AddressBits switch { 48 => 4, 57 => 5, _ => 6 };

    private static AmdExtendedFeatures FeaturesOf(IommuSpec spec) => spec.Model == GuestModel
        ? AmdExtendedFeatures.Default with
        {
            SupportsGuestTranslation = true,
            SupportsGuestProtection = true,
            GuestTranslationSizeCode = spec.AddressBits == 57 ? 1 : 0,
            GuestTableSizeCode = 2,
            PasidBits = 20,
            SupportsPageRequests = true,
        }
        : AmdExtendedFeatures.Default with { HostTranslationSizeCode = LevelsOf(spec) - 4, SupportsHostDirty = spec.SupportsDirtyTracking };

    private static List<string> Problems(IommuSpec spec, bool servesPageRequests)
    {
        List<string> problems = [.. spec.Iotlb.Problems()];
        bool isGuest = spec.Model == GuestModel;
        if (!isGuest && spec.Model != HostModel) problems.Add($"Model '{spec.Model}': there is '{HostModel}' with host tables and '{GuestModel}' with guest tables.");
        if (isGuest && spec.AddressBits is not (48 or 57)) problems.Add($"{spec.AddressBits} address bits: AMD guest tables have 48 or 57 (DTE.GuestPagingMode 0 and 1).");
        if (!isGuest && spec.AddressBits is not (48 or 57 or 64)) problems.Add($"{spec.AddressBits} address bits: AMD host tables grow to 48, 57 or 64 (EFR.HATS 0 to 2).");
        if (spec.GranuleLog2 != 12) problems.Add($"Granule of 2^{spec.GranuleLog2} bytes: AMD tables have 4 KiB (12) only.");
        if (spec.LargestLeafLog2 != 0 && (spec.LargestLeafLog2 is < 12 or > 63 || ((isGuest ? GuestLeafSizes : HostLeafSizes) >> spec.LargestLeafLog2 & 1) == 0))
            problems.Add(isGuest
                ? $"Leaves of 2^{spec.LargestLeafLog2} bytes: AMD guest tables have 4 KiB (12), 2 MiB (21) and 1 GiB (30)."
                : $"Leaves of 2^{spec.LargestLeafLog2} bytes: AMD host tables have every power of two from 4 KiB (12) to 2^{AmdV1Format.LargestLeafLog2}, but 512 GiB ({AmdV1Format.DefectiveLeafLog2}), which parts get wrong.");
        if (spec.BlockChangeLevel != 2) problems.Add($"BlockChangeLevel {spec.BlockChangeLevel}: AMD has no such levels (they are SMMUv3's, IDR3.BBML); leave it at 2.");
        if (spec.StallsFaults) problems.Add("StallsFaults: AMD parts abort what faults; only an SMMU holds it.");
        if (spec.DirtyMayLag) problems.Add("DirtyMayLag: dirty bits that lag behind their writes: AMD parts set them before the access proceeds.");
        if (isGuest && !spec.SupportsDirtyTracking) problems.Add("No dirty tracking: AMD guest tables always have accessed and dirty bits; use 'amd' for a part without (EFR.HDSup = 0).");
        if (spec.Profile.Shape == InvalidationShape.ScaledRanges) problems.Add($"Profile '{spec.Profile.Name}': AMD commands name naturally aligned powers of two, not scaled ranges.");
        if (spec.Profile.MapsDirty) problems.Add($"Profile '{spec.Profile.Name}' maps dirty: AMD entries do not code dirty as permission, so new leaves are written clean.");
        if (spec.DeviceTlbEntries is < 0 or > 65536) problems.Add($"{spec.DeviceTlbEntries} entries in a device's TLB: 0 for none, or 1 to 65536.");
        if (servesPageRequests && !isGuest) problems.Add($"Page requests: model '{HostModel}' has none (EFR.PPRSup = 0); use '{GuestModel}'.");
        if (servesPageRequests && spec.DeviceTlbEntries == 0) problems.Add("Page requests without device TLBs: a device asks for pages only after a translation request.");
        return problems;
    }
}
