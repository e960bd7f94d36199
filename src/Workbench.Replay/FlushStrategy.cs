namespace Workbench.Replay;

/// <summary>When a harvest invalidates the IOTLB. Only <see cref="After"/> is sound; the others show what goes wrong.</summary>
public enum FlushStrategy : byte
{
    /// <summary>Read and clear, then one invalidation over the hull of what was cleared, then wait: what Linux does.</summary>
    After,
    /// <summary>Never: entries believed dirty swallow later writes.</summary>
    None,
    /// <summary>Invalidate first, then read and clear: entries filled in between swallow later writes.</summary>
    Before,
}
