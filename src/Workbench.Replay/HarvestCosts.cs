namespace Workbench.Replay;

/// <summary>
/// What the steps of a harvest cost in trace time, so that DMA goes on meanwhile. Defaults are the middle of wide ranges found in public
/// measurements (scan 1-25, clear 5-60 ns per entry; invalidate and wait 250-8,800 ns); none is a measurement of an IOMMU's harvest.
/// </summary>
public sealed record HarvestCosts
{
    /// <summary>Looking at one paging entry, ns.</summary>
    public int ScanNs { get; init; } = 5;
    /// <summary>Clearing one dirty entry, ns.</summary>
    public int ClearNs { get; init; } = 15;
    /// <summary>One invalidation with its wait, ns.</summary>
    public int InvalidateNs { get; init; } = 1000;
}
