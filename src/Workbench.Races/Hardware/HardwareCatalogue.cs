using Workbench.Iommu.LeafChanges;

namespace Workbench.Races.Hardware;

/// <summary>The vendors' rules, with where each was read.</summary>
public static partial class HardwareCatalogue
{
    /// <summary>All, in the order in which tables show them.</summary>
    public static IReadOnlyList<HardwareRules> All { get; } =
    [
        new() { Name = "amd", Model = "amd", About = "AMD-Vi, host tables (v1)", Rules = Amd },
        new() { Name = "vtd", Model = "vtd", About = "Intel VT-d, second stage", Rules = Vtd },
        new() { Name = "smmu", Model = "smmu", About = "Arm SMMUv3, stage 1, IDR3.BBML = 2", Rules = Smmu, DirtyMayBeLate = true, CommandsMayPassEachOther = true, FaultsWithoutTracking = true, CachesMembersOfRuns = true },
        new() { Name = "smmu-bbml1", Model = "smmu", About = "Arm SMMUv3, stage 1, IDR3.BBML = 1", Rules = Smmu, DirtyMayBeLate = true, CommandsMayPassEachOther = true, FaultsWithoutTracking = true, CachesMembersOfRuns = true, IsShownByDefault = false, LeafChange = LeafChangeRule.NonTranslating },
        new() { Name = "smmu-bbml0", Model = "smmu", About = "Arm SMMUv3, stage 1, IDR3.BBML = 0", Rules = Smmu, DirtyMayBeLate = true, CommandsMayPassEachOther = true, FaultsWithoutTracking = true, CachesMembersOfRuns = true, IsShownByDefault = false, LeafChange = LeafChangeRule.BreakBeforeMake },
        new() { Name = "riscv", Model = "riscv", About = "RISC-V IOMMU, first stage", Rules = RiscV, DrainsOnlyWhenAsked = true, CommandsMayPassEachOther = true, RetriesAtTheSameLevel = true, FaultsWithoutTracking = true, CachesMembersOfRuns = true },
    ];

    /// <summary>Names, for messages and options.</summary>
    public static string Names { get; } = string.Join(", ", All.Select(h => h.Name));

    /// <summary>The hardware of a name, or null.</summary>
    public static HardwareRules? Find(string name) => All.FirstOrDefault(h => h.Name == name);
}
