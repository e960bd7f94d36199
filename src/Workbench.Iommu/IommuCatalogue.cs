using Workbench.Iommu.Amd;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.RiscV;
using Workbench.Iommu.Smmu;
using Workbench.Iommu.Vtd;

namespace Workbench.Iommu;

/// <summary>The vendor models there are: the one place where common code names vendors.</summary>
public static class IommuCatalogue
{
    /// <summary>The models, in the order in which they are shown.</summary>
    public static IReadOnlyList<IommuModel> Models { get; } =
    [
        new()
        {
            Name = "vtd", About = "Intel VT-d, second stage, scalable mode", AddressBits = [39, 48, 57],
            LeafSizes = new Dictionary<int, ulong> { [12] = IommuModel.LeafSizesOf<VtdSecondStageFormat>() }, Build = VtdIommu.Build,
        },
        new()
        {
            Name = "vtd-fs", About = "Intel VT-d, first stage (x86-64), scalable mode", AddressBits = [48, 57],
            LeafSizes = new Dictionary<int, ulong> { [12] = IommuModel.LeafSizesOf<X64Format>() }, Build = VtdIommu.Build,
        },
        new()
        {
            Name = "amd", About = "AMD-Vi, host tables (v1)", AddressBits = [48, 57, 64],
            LeafSizes = new Dictionary<int, ulong> { [12] = IommuModel.LeafSizesOf<AmdV1Format>() }, Build = AmdIommu.Build,
        },
        new()
        {
            Name = "amd-v2", About = "AMD-Vi, guest tables (v2, x86-64)", AddressBits = [48, 57],
            LeafSizes = new Dictionary<int, ulong> { [12] = IommuModel.LeafSizesOf<X64Format>() }, Build = AmdIommu.Build,
        },
        new()
        {
            Name = "smmu", About = "Arm SMMUv3, stage 1", AddressBits = [32, 36, 39, 40, 42, 44, 48, 52], LeafSizes = ArmStage1LeafSizes(), Build = SmmuIommu.Build,
        },
        new()
        {
            Name = "smmu-s2", About = "Arm SMMUv3, stage 2", AddressBits = [32, 36, 39, 40, 42, 44, 48, 52], LeafSizes = ArmStage2LeafSizes(), Build = SmmuIommu.Build,
        },
        new()
        {
            Name = "riscv", About = "RISC-V IOMMU, first stage (Sv39, Sv48, Sv57)", AddressBits = [39, 48, 57],
            LeafSizes = new Dictionary<int, ulong> { [12] = IommuModel.LeafSizesOf<RiscVFirstStageFormat>() }, Build = RiscVIommu.Build,
        },
        new()
        {
            Name = "riscv-g", About = "RISC-V IOMMU, second stage (Sv39x4, Sv48x4, Sv57x4)", AddressBits = [39, 48, 57],
            LeafSizes = new Dictionary<int, ulong> { [12] = IommuModel.LeafSizesOf<RiscVSecondStageFormat>() }, Build = RiscVIommu.Build,
        },
    ];

    /// <summary>Names of the models, for messages and options.</summary>
    public static string Names { get; } = string.Join(", ", Models.Select(m => m.Name));

    /// <summary>The model of a name, or null.</summary>
    public static IommuModel? Find(string name) => Models.FirstOrDefault(m => m.Name == name);

    /// <summary>Builds a machine; throws <see cref="ArgumentException"/> with every reason why it cannot.</summary>
    public static IIommuDriver Build(IommuSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        IommuModel model = Find(spec.Model) ?? throw new ArgumentException($"There is no IOMMU model '{spec.Model}'; there is: {Names}.", nameof(spec));
        return model.Build(spec);
    }

    private static Dictionary<int, ulong> ArmStage1LeafSizes() => new()
    {
        [12] = IommuModel.LeafSizesOf<ArmStage1Format<Granule4K>>(),
        [14] = IommuModel.LeafSizesOf<ArmStage1Format<Granule16K>>(),
        [16] = IommuModel.LeafSizesOf<ArmStage1Format<Granule64K>>(),
    };

    private static Dictionary<int, ulong> ArmStage2LeafSizes() => new()
    {
        [12] = IommuModel.LeafSizesOf<ArmStage2Format<Granule4K>>(),
        [14] = IommuModel.LeafSizesOf<ArmStage2Format<Granule16K>>(),
        [16] = IommuModel.LeafSizesOf<ArmStage2Format<Granule64K>>(),
    };
}
