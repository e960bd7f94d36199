using Workbench.Iommu.Amd;
using Workbench.Iommu.RiscV;
using Workbench.Iommu.Smmu;
using Workbench.Iommu.Vtd;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races;

/// <summary>Explores every interleaving of a protocol with devices and an IOMMU.</summary>
public static class RaceChecker
{
    /// <summary>The verdict on a protocol; <see cref="ArgumentException"/> if the hardware has nothing like its scene.</summary>
    public static RaceVerdict Check(RaceProtocol protocol, HardwareRules hardware, RaceOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(hardware);
        options ??= new();
        RaceBounds bounds = options.Bounds with { Pages = Math.Max(options.Bounds.Pages, protocol.LeastPages) };
        return new RaceJudge(protocol, hardware, options with { Bounds = bounds }, cancel).Judge();
    }

    internal static IRaceModel Build(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds, bool isReduced) => hardware.Model switch
    {
        "amd" => new RaceModel<AmdV1Format>(hardware, protocol, bounds, isReduced),
        "vtd" => new RaceModel<VtdSecondStageFormat>(hardware, protocol, bounds, isReduced),
        "smmu" => new RaceModel<ArmStage1Format<Granule4K>>(hardware, protocol, bounds, isReduced),
        "riscv" => new RaceModel<RiscVFirstStageFormat>(hardware, protocol, bounds, isReduced),
        _ => throw new ArgumentException($"No races are modelled for '{hardware.Model}'.", nameof(hardware)),
    };
}
