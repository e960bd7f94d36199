using Workbench.Iommu.Ats;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Smmu;

/// <summary>Composes an SMMUv3 machine: memory, unit, engine and driver. Model "smmu" translates by stage 1, "smmu-s2" by stage 2.</summary>
public static class SmmuIommu
{
    /// <summary>The model whose domains are stage-1 address spaces.</summary>
    public const string Stage1Model = "smmu";
    /// <summary>The model whose domains are stage-2 address spaces.</summary>
    public const string Stage2Model = "smmu-s2";

    private const int MostStalls = 256;
    private const int LargestQueueLog2 = 19;

    /// <summary>Builds the machine a specification asks for; throws <see cref="ArgumentException"/> with every reason why it cannot.</summary>
    public static IommuDriver Build(IommuSpec spec) => Build(spec, out _, out _);

    /// <summary>Builds the machine and hands out its parts, for tests that look inside.</summary>
    public static IommuDriver Build(IommuSpec spec, out SmmuUnit unit, out PhysicalMemory memory)
    {
        ArgumentNullException.ThrowIfNull(spec);
        List<string> problems = [.. spec.Iotlb.Problems(), .. Problems(spec)];
        if (problems.Count > 0) throw new ArgumentException("The SMMU cannot be built: " + string.Join(" ", problems), nameof(spec));
        memory = new();
        try
        {
            unit = new(memory, FeaturesOf(spec), spec.Iotlb.WalkCaches, spec.DirtyMayLag);
            IIommu engine = IommuEngine.Build(unit, unit.Walkers, spec.Iotlb, unit.Record, spec.IotlbObserver);
            if (spec.DeviceTlbEntries > 0) engine = new DeviceTlbs(engine, spec.DeviceTlbEntries, spec.OnPageRequest is null ? null : unit.RequestPage);
            unit.Connect(engine);
            return new(engine, new SmmuProtocol(memory, unit, new()
            {
                IsStage2 = spec.Model == Stage2Model,
                GranuleLog2 = spec.GranuleLog2,
                AddressBits = spec.AddressBits,
                LargestLeafLog2 = spec.LargestLeafLog2,
                WithoutRuns = spec.LinuxLeafSizesOnly,
                StallsFaults = spec.StallsFaults,
                OnPageRequest = spec.OnPageRequest,
                Profile = spec.Profile,
            }));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static IEnumerable<string> Problems(IommuSpec spec)
    {
        if (spec.Model is not (Stage1Model or Stage2Model)) yield return $"Model '{spec.Model}' is none of it: '{Stage1Model}' and '{Stage2Model}'.";
        SmmuGranule granule = SmmuTables.GranuleOf(spec.GranuleLog2);
        if (granule == SmmuGranule.None) yield return $"Granules of 2^{spec.GranuleLog2} bytes: VMSAv8-64 has 4 KiB (12), 16 KiB (14) and 64 KiB (16).";
        int most = granule == SmmuGranule.Size64K ? 52 : 48;
        if (spec.AddressBits < 32 || spec.AddressBits > most)
            yield return $"{spec.AddressBits} address bits: 32 to 48, or to 52 with 64 KiB granules (IDR5.VAX = 1; smaller granules would need IDR5.DS, which is not modelled).";
        ulong sizes = SmmuTables.AllLeafSizes(granule);
        if (spec.LargestLeafLog2 != 0 && granule != SmmuGranule.None && (spec.LargestLeafLog2 is < 0 or > 63 || ((sizes >> spec.LargestLeafLog2) & 1) == 0))
            yield return $"Leaves of 2^{spec.LargestLeafLog2} bytes: with this granule there are {string.Join(", ", Enumerable.Range(0, 64).Where(log2 => ((sizes >> log2) & 1) != 0))}.";
        if (spec.BlockChangeLevel is < 0 or > 2) yield return $"BlockChangeLevel {spec.BlockChangeLevel}: IDR3.BBML has 0 (break before make), 1 (nT) and 2 (at once).";
        if (spec.StallsFaults && spec.DeviceTlbEntries > 0) yield return "StallsFaults and device TLBs: a stream with ATS cannot stall in stage 2 (STE.EATS and S2S), and translation requests never do; choose one.";
        if (spec.OnPageRequest is not null && spec.DeviceTlbEntries == 0) yield return "Page requests without device TLBs: a device asks for pages only after a translation request; set DeviceTlbEntries (IDR0.ATS).";
        if (spec.CachesNotPresent) yield return "CachesNotPresent: an SMMU never caches entries that fault, and has no bit to say it does.";
        if (spec.DeviceTlbEntries is < 0 or > 65536) yield return $"{spec.DeviceTlbEntries} entries in a device's TLB: 1 to 65536, or 0 for devices without ATS (IDR0.ATS = 0).";
    }

    private static SmmuFeatures FeaturesOf(IommuSpec spec)
    {
        bool isWide = spec.AddressBits > 48;
        return SmmuFeatures.Default with
        {
            HardwareUpdate = spec.SupportsDirtyTracking ? SmmuHardwareUpdate.AccessFlagAndDirty : SmmuHardwareUpdate.AccessFlag,
            BreakBeforeMakeLevel = spec.BlockChangeLevel,
            StallModel = spec.StallsFaults ? SmmuStallModel.StallOrTerminate : SmmuStallModel.TerminateOnly,
            MaximumStalls = spec.StallsFaults ? MostStalls : 0,
            SupportsPageRequests = spec.OnPageRequest is not null,
            PageRequestQueueLog2 = spec.OnPageRequest is not null ? LargestQueueLog2 : 0,
            SupportsHierarchyDisable = false,
            SupportsRangeInvalidation = spec.SupportsRangeInvalidation,
            Supports4K = spec.GranuleLog2 == 12,
            Supports16K = spec.GranuleLog2 == 14,
            Supports64K = spec.GranuleLog2 == 16,
            VirtualAddressCode = isWide ? 1 : 0,
            OutputAddressSize = isWide ? SmmuAddressSize.Bits52 : SmmuAddressSize.Bits48,
            SupportsAts = spec.DeviceTlbEntries > 0,
            LacksSplitStageAts = spec.DeviceTlbEntries > 0,
        };
    }
}
