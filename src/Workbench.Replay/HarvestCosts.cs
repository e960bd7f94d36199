namespace Workbench.Replay;

/// <summary>What the steps of a harvest cost in trace time, so that DMA goes on meanwhile, where an experiment sets it itself; what is null comes from the cost profile.</summary>
public sealed record HarvestCosts
{
    /// <summary>Looking at one paging entry, ns, 0 to 1,000,000; null: from the profile.</summary>
    public int? ScanNs { get; init; }
    /// <summary>Clearing one dirty entry, ns, 0 to 1,000,000; null: from the profile.</summary>
    public int? ClearNs { get; init; }
    /// <summary>One invalidation with its wait, ns, 0 to 1,000,000,000; null: from the profile.</summary>
    public int? InvalidateNs { get; init; }
}
