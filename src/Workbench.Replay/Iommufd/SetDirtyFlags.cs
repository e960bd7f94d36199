namespace Workbench.Replay.Iommufd;

/// <summary>Flags of setting dirty tracking.</summary>
[Flags]
public enum SetDirtyFlags : uint
{
    /// <summary>Off.</summary>
    Disable = 0,
    /// <summary>On.</summary>
    Enable = 1,
}
