namespace Workbench.Iommu;

/// <summary>What a device may do through a mapping.</summary>
[Flags]
public enum Permission : byte
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>The device may read memory.</summary>
    Read = 1,
    /// <summary>The device may write memory.</summary>
    Write = 2,
    /// <summary>Both.</summary>
    ReadWrite = 3,
}
