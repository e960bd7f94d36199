using Workbench.Iommu.Amd;
using Workbench.Iommu.PageTables;
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
        return Check(protocol, hardware, options, new(), new(), cancel);
    }

    internal static RaceVerdict Check(RaceProtocol protocol, HardwareRules hardware, RaceOptions? options, SearchMemory memory, SearchMemory more, CancellationToken cancel)
    {
        options ??= new();
        // Two stages have two pages: the device's, and that of the guest's table.
        RaceBounds bounds = options.Bounds with { Pages = protocol.Scene == Scene.Nested ? 2 : Math.Max(options.Bounds.Pages, protocol.LeastPages) };
        return new RaceJudge(protocol, hardware, options with { Bounds = bounds }, memory, more, cancel).Judge();
    }

    internal static IRaceModel Build(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds, bool isReduced)
    {
        if (protocol.Scene == Scene.Nested && bounds.Pages != 2) throw new ArgumentException("A nested scene has two pages: the device's, and that of the guest's table.", nameof(bounds));
        return (hardware.Model, protocol.Scene) switch
        {
            ("amd", Scene.Nested) => new RaceModel<AmdV1Format>(hardware, protocol, bounds, isReduced, new GuestWords<X64Format>()),
            ("amd", _) => new RaceModel<AmdV1Format>(hardware, protocol, bounds, isReduced),
            ("vtd", Scene.Nested) => new RaceModel<VtdSecondStageFormat>(hardware, protocol, bounds, isReduced, new GuestWords<X64Format>()),
            ("vtd", _) => new RaceModel<VtdSecondStageFormat>(hardware, protocol, bounds, isReduced),
            ("smmu", Scene.Nested) => new RaceModel<ArmStage2Format<Granule4K>>(hardware, protocol, bounds, isReduced, new GuestWords<ArmStage1Format<Granule4K>>()),
            ("smmu", _) => new RaceModel<ArmStage1Format<Granule4K>>(hardware, protocol, bounds, isReduced),
            ("riscv", Scene.Nested) => new RaceModel<RiscVSecondStageFormat>(hardware, protocol, bounds, isReduced, new GuestWords<RiscVFirstStageFormat>()),
            ("riscv", _) => new RaceModel<RiscVFirstStageFormat>(hardware, protocol, bounds, isReduced),
            _ => throw new ArgumentException($"No races are modelled for '{hardware.Model}'.", nameof(hardware)),
        };
    }
}
