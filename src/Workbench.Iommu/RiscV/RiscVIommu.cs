using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.RiscV;

/// <summary>Composes a RISC-V machine: memory, unit, engine, device TLBs and driver.</summary>
public static class RiscVIommu
{
    /// <summary>The model whose domains are first stages (DC.fsc), as Linux has them.</summary>
    public const string FirstStageModel = "riscv";
    /// <summary>The model whose domains are second stages (DC.iohgatp), as a hypervisor has them.</summary>
    public const string SecondStageModel = "riscv-g";

    /// <summary>Builds the machine a specification asks for; throws <see cref="ArgumentException"/> with every reason why it cannot.</summary>
    public static IommuDriver Build(IommuSpec spec) => Build(spec, out _, out _);

    /// <summary>Builds the machine and hands out its parts, for tests that look inside.</summary>
    public static IommuDriver Build(IommuSpec spec, out RiscVUnit unit, out PhysicalMemory memory)
    {
        ArgumentNullException.ThrowIfNull(spec);
        string[] problems = [.. Problems(spec)];
        if (problems.Length > 0) throw new ArgumentException("The RISC-V machine cannot be built: " + string.Join(" ", problems), nameof(spec));

        RiscVCapabilities capabilities = RiscVCapabilities.Default with
        {
            SupportsAccessedDirtyUpdate = spec.SupportsDirtyTracking,
            SupportsRangeInvalidation = spec.SupportsRangeInvalidation,
            SupportsAts = spec.DeviceTlbEntries > 0,
        };
        int code = (spec.AddressBits / 9) + 4;
        bool isSecond = spec.Model == SecondStageModel;
        RiscVDriverOptions options = new()
        {
            FirstStage = isSecond ? RiscVFirstStageMode.Bare : (RiscVFirstStageMode)code,
            SecondStage = isSecond ? (RiscVSecondStageMode)code : RiscVSecondStageMode.Bare,
            LargestLeafLog2 = spec.LargestLeafLog2 == 0 ? spec.AddressBits - 9 : spec.LargestLeafLog2,
            Profile = spec.Profile,
            UsesAts = spec.DeviceTlbEntries > 0,
        };
        memory = new();
        try
        {
            unit = new(memory, capabilities, spec.Iotlb.WalkCaches, spec.Iotlb.SplitsLargePages);
            IIommu hardware = IommuEngine.Build(unit, unit.Walkers, spec.Iotlb, unit.Record, spec.IotlbObserver);
            if (spec.DeviceTlbEntries > 0) hardware = new DeviceTlbs(hardware, spec.DeviceTlbEntries);
            unit.Connect(hardware);
            return new(hardware, new RiscVProtocol(memory, unit, options));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private static IEnumerable<string> Problems(IommuSpec spec)
    {
        foreach (string problem in spec.Iotlb.Problems()) yield return problem;
        if (spec.Model is not (FirstStageModel or SecondStageModel)) yield return $"Model '{spec.Model}' is none of RISC-V: '{FirstStageModel}' or '{SecondStageModel}'.";
        if (spec.AddressBits is not (39 or 48 or 57)) yield return $"{spec.AddressBits} address bits: RISC-V has 39 (Sv39), 48 (Sv48) and 57 (Sv57), in the second stage with two bits more.";
        else if (spec.LargestLeafLog2 is not (0 or 12 or 16) && (spec.LargestLeafLog2 > spec.AddressBits - 9 || (spec.LargestLeafLog2 - 12) % 9 != 0 || spec.LargestLeafLog2 < 12))
            yield return $"Leaves of 2^{spec.LargestLeafLog2} bytes: Sv{spec.AddressBits} has 4 KiB (12), 64 KiB (16, Svnapot) and one size for each level above, 2^21 to 2^{spec.AddressBits - 9}.";
        if (spec.GranuleLog2 != 12) yield return $"A granule of 2^{spec.GranuleLog2} bytes: RISC-V has 4 KiB (12) only.";
        if (spec.BlockChangeLevel != 2) yield return $"BlockChangeLevel {spec.BlockChangeLevel}: RISC-V has no such levels (they are SMMUv3's, IDR3.BBML); leave it at 2.";
        if (spec.StallsFaults) yield return "StallsFaults: a RISC-V IOMMU aborts what faults; only an SMMU holds it.";
        if (spec.OnPageRequest is not null) yield return "OnPageRequest: this driver serves no page requests; those of 'vtd', 'vtd-fs', 'amd-v2', 'smmu' and 'smmu-s2' do.";
        if (spec.DirtyMayLag) yield return "DirtyMayLag: a RISC-V IOMMU makes the PTE update visible before the write that caused it.";
        if (spec.CachesNotPresent) yield return "CachesNotPresent: a RISC-V IOMMU may not cache entries whose V bit is clear.";
        if (spec.DeviceTlbEntries is < 0 or > 65536) yield return $"Device TLBs of {spec.DeviceTlbEntries} entries: 1 to 65536, or 0 for none.";
        if (spec.Profile.Shape == InvalidationShape.ScaledRanges) yield return $"Driver profile '{spec.Profile.Name}': ranges of a number of granules are SMMUv3's; RISC-V ranges are aligned powers of two (capabilities.S).";
    }
}
