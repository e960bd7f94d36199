namespace Workbench.Replay.Iommufd;

/// <summary>Capabilities that GET_HW_INFO tells.</summary>
[Flags]
public enum HwCapabilities : uint
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Setting dirty tracking and reading the bitmap work.</summary>
    DirtyTracking = 1,
}
