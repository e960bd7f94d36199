using Workbench.Iommu;

namespace Workbench.Traces.Synthetic;

/// <summary>A range a synthetic workload maps before its first access, for reading and writing.</summary>
/// <param name="Device">The device.</param>
/// <param name="Domain">Its domain; no other device has it.</param>
/// <param name="Iova">First byte.</param>
/// <param name="Length">Bytes, a multiple of 4 KiB.</param>
/// <param name="Physical">Physical address of the first byte. Its distance from the IOVA decides which page sizes can hold the range.</param>
public readonly record struct SyntheticMapping(RequesterId Device, DomainId Domain, ulong Iova, ulong Length, ulong Physical);
