namespace Workbench.Replay.Costs.Calibration;

/// <summary>Measured latency of DMA reads over windows of pages, on one host.</summary>
public sealed record MeasuredLatency
{
    /// <summary>The host, a profile's name.</summary>
    public required string Platform { get; init; }
    /// <summary>What was measured.</summary>
    public required string About { get; init; }
    /// <summary>Where it was published.</summary>
    public required string Source { get; init; }
    /// <summary>The windows, smallest first.</summary>
    public required IReadOnlyList<MeasuredLatencyRow> Rows { get; init; }
}

/// <summary>Mean latency over one window.</summary>
public sealed record MeasuredLatencyRow
{
    /// <summary>4 KiB pages in the window.</summary>
    public required int Pages { get; init; }
    /// <summary>With the IOMMU on, ns.</summary>
    public required double OnNs { get; init; }
    /// <summary>With the IOMMU off, ns.</summary>
    public required double OffNs { get; init; }
    /// <summary>What translation added, ns.</summary>
    internal double AddedNs => OnNs - OffNs;
}
