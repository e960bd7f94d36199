namespace Workbench.Replay.Iommufd;

/// <summary>Flags of reading the dirty bitmap.</summary>
[Flags]
public enum GetDirtyFlags : uint
{
    /// <summary>Read and clear.</summary>
    None = 0,
    /// <summary>Read only: what is dirty stays so, and nothing is invalidated.</summary>
    NoClear = 1,
}
