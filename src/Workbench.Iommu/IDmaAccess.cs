namespace Workbench.Iommu;

/// <summary>One access by a device as its source keeps it, so that a batch of them is translated where it lies.</summary>
public interface IDmaAccess
{
    /// <summary>Who accesses.</summary>
    RequesterId Device { get; }
    /// <summary>The PASID, or <see cref="DmaRequest.NoPasid"/>.</summary>
    uint PasidOrNone { get; }
    /// <summary>The address of the first byte.</summary>
    ulong Iova { get; }
    /// <summary>Bytes, at least 1.</summary>
    ulong Length { get; }
    /// <summary>Does it write memory?</summary>
    bool IsWrite { get; }
}
