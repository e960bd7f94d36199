using Workbench.Iommu;

namespace Workbench.Replay.Iommufd;

/// <summary>One mapping of an IOAS: what one call mapped, and what only a call that covers it whole unmaps. Bytes, both ends included.</summary>
public sealed record IoasArea(ulong FirstByte, ulong LastByte, ulong Physical, Permission Permission, int LargestLeafLog2);
