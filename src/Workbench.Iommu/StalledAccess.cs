namespace Workbench.Iommu;

/// <summary>An access that faulted and that hardware holds until software answers (SMMUv3 stall, IHI 0070 §3.12.2).</summary>
/// <param name="Device">Whose access.</param>
/// <param name="Pasid">In which address space, or null.</param>
/// <param name="Iova">The address that faulted.</param>
/// <param name="IsWrite">Does it write?</param>
/// <param name="Tag">Names it in the answer (STAG).</param>
public readonly record struct StalledAccess(RequesterId Device, Pasid? Pasid, Iova Iova, bool IsWrite, ushort Tag);
