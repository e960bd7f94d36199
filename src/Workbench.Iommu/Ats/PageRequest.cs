namespace Workbench.Iommu.Ats;

/// <summary>A device's request that software make a page accessible (PRI). PCIe 6.0 §10.4.</summary>
/// <param name="Device">Who asks.</param>
/// <param name="Pasid">In which address space, or null.</param>
/// <param name="Page">The page's first byte.</param>
/// <param name="ToWrite">Is writing wanted? Reading always is.</param>
/// <param name="Group">The page request group index, 0 to 511, that the response names.</param>
public readonly record struct PageRequest(RequesterId Device, Pasid? Pasid, Iova Page, bool ToWrite, int Group);
