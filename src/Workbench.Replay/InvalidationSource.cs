namespace Workbench.Replay;

/// <summary>Which invalidations follow the maps and unmaps of a replay in the iova view.</summary>
public enum InvalidationSource : byte
{
    /// <summary>Those in the trace, as the guest's driver issued them; if the trace has none, as <see cref="Strict"/>.</summary>
    Recorded,
    /// <summary>One right after each unmap, by the modelled driver.</summary>
    Strict,
}
