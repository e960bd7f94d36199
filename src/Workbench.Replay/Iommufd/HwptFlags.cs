namespace Workbench.Replay.Iommufd;

/// <summary>Flags of allocating a hardware page table; values of uapi/linux/iommufd.h.</summary>
[Flags]
public enum HwptFlags : uint
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Devices whose IOMMU cannot track dirty pages are to be refused at attach.</summary>
    DirtyTracking = 2,
}
