using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <summary>Composes a VT-d machine: memory, unit, engine, device TLBs and driver.</summary>
public static class VtdIommu
{
    /// <summary>The model whose domains have second-stage tables.</summary>
    public const string SecondStageModel = "vtd";
    /// <summary>The model whose domains have first-stage tables, which are x86-64's.</summary>
    public const string FirstStageModel = "vtd-fs";

    /// <summary>Builds the machine a specification asks for; throws <see cref="ArgumentException"/> with every reason why it cannot.</summary>
    public static IommuDriver Build(IommuSpec spec) => Build(spec, out _, out _);

    /// <summary>Builds the machine and hands out its parts, for tests that look inside.</summary>
    public static IommuDriver Build(IommuSpec spec, out VtdUnit unit, out PhysicalMemory memory) => Build(spec, spec?.OnPageRequest, out unit, out memory, out _);

    /// <summary>
    /// Builds the machine and hands out its parts; the protocol is for what a driver of plain domains does not do (nesting, pass-through). With
    /// <paramref name="onPageRequest"/> devices send page requests (PRI), which it answers.
    /// </summary>
    public static IommuDriver Build(IommuSpec spec, Func<PageRequest, PageResponse>? onPageRequest, out VtdUnit unit, out PhysicalMemory memory, out VtdProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(spec);
        List<string> problems = Problems(spec);
        if (onPageRequest is not null && spec.DeviceTlbEntries == 0) problems.Add("Page requests (ECAP.PRS) need devices with ATS: set DeviceTlbEntries (ECAP.DT).");
        if (problems.Count > 0) throw new ArgumentException("The VT-d machine cannot be built: " + string.Join(" ", problems), nameof(spec));

        bool usesFirstStage = spec.Model == FirstStageModel;
        VtdAddressWidth width = WidthOf(spec.AddressBits);
        memory = new();
        try
        {
            unit = new(memory, CapabilityOf(spec), ExtendedCapabilityOf(spec, onPageRequest is not null), spec.Iotlb.WalkCaches);
            IIommu hardware = IommuEngine.Build(unit, unit.Walkers, spec.Iotlb, unit.Record, spec.IotlbObserver);
            if (spec.DeviceTlbEntries > 0) hardware = new DeviceTlbs(hardware, spec.DeviceTlbEntries, onPageRequest is null ? null : unit.AskForPage);
            unit.Connect(hardware);
            protocol = new(memory, unit, width, spec.Profile, usesFirstStage, onPageRequest);
            return new(hardware, protocol);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static VtdAddressWidth WidthOf(int addressBits) => addressBits switch { 39 => VtdAddressWidth.Bits39, 48 => VtdAddressWidth.Bits48, 57 => VtdAddressWidth.Bits57, _ => VtdAddressWidth.Reserved };

    private static List<string> Problems(IommuSpec spec)
    {
        List<string> problems = [.. spec.Iotlb.Problems()];
        bool usesFirstStage = spec.Model == FirstStageModel;
        if (!usesFirstStage && spec.Model != SecondStageModel) problems.Add($"Model '{spec.Model}' is not VT-d's; those are '{SecondStageModel}' and '{FirstStageModel}'.");
        if (usesFirstStage)
        {
            if (spec.AddressBits is not (48 or 57)) problems.Add($"{spec.AddressBits} address bits: the VT-d first stage has 48 (FSPM 0) or 57 (FSPM 1).");
            if (spec.LargestLeafLog2 is not (0 or 21 or 30)) problems.Add($"Leaves of 2^{spec.LargestLeafLog2} bytes: the VT-d first stage always has 2 MiB (21) and, with CAP.FS1GP, 1 GiB (30).");
            if (!spec.SupportsDirtyTracking) problems.Add("No dirty bits: the VT-d first stage always keeps them (no capability bit; ECAP.SSADS is the second stage's).");
        }
        else
        {
            if (WidthOf(spec.AddressBits).IsReserved) problems.Add($"{spec.AddressBits} address bits: the VT-d second stage has 39, 48 or 57.");
            if (spec.LargestLeafLog2 is not (0 or 12 or 21 or 30)) problems.Add($"Leaves of 2^{spec.LargestLeafLog2} bytes: VT-d has 4 KiB (12), 2 MiB (21) and 1 GiB (30).");
        }
        if (spec.GranuleLog2 != 12) problems.Add($"A granule of 2^{spec.GranuleLog2} bytes: VT-d has 4 KiB (12) only.");
        if (spec.BlockChangeLevel != 2) problems.Add($"BlockChangeLevel {spec.BlockChangeLevel}: VT-d has no such levels (they are SMMUv3's, IDR3.BBML); leave it at 2.");
        if (spec.StallsFaults) problems.Add("StallsFaults: VT-d aborts what faults; only an SMMU holds it.");
        if (spec.DirtyMayLag) problems.Add("DirtyMayLag: VT-d sets D before the write that caused it proceeds; only Arm lets the update come later.");
        if (spec.LargestInvalidationMask is < 9 or > 52) problems.Add($"CAP.MAMV {spec.LargestInvalidationMask}: 9 to 52 are sensible.");
        if (spec.DeviceTlbEntries is < 0 or > 65536) problems.Add($"{spec.DeviceTlbEntries} device TLB entries: 1 to 65536, or 0 for devices without ATS (ECAP.DT = 0).");
        if (spec.Profile.Shape == InvalidationShape.ScaledRanges) problems.Add($"Profile '{spec.Profile.Name}' invalidates scaled ranges, which VT-d descriptors cannot say: AM is a power of two.");
        return problems;
    }

    private static VtdCapability CapabilityOf(IommuSpec spec) => (VtdCapability.Default with
    {
        CachesNotPresent = spec.CachesNotPresent,
        MaximumAddressMask = spec.LargestInvalidationMask,
        SecondStageLargePages = spec.LargestLeafLog2 switch { 12 => 0, 21 => 1, _ => 3 },
        SupportsFirstStage1G = spec.LargestLeafLog2 is 0 or 30,
        SupportsFirstStage5Level = true,
        FaultRecordCount = 8,
    }).With(VtdAddressWidth.Bits39, true);

    private static VtdExtendedCapability ExtendedCapabilityOf(IommuSpec spec, bool hasPageRequests) => VtdExtendedCapability.Default with
    {
        SupportsSecondStageDirty = spec.SupportsDirtyTracking,
        SupportsFirstStage = true,
        SupportsNesting = true,
        SupportsExtendedAccessed = true,
        SupportsDeviceTlb = spec.DeviceTlbEntries > 0,
        SupportsNoWriteFlag = spec.DeviceTlbEntries > 0,
        SupportsPageRequests = hasPageRequests,
        SupportsPageRequestDrain = hasPageRequests,
    };
}
