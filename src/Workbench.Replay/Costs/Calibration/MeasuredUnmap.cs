namespace Workbench.Replay.Costs.Calibration;

/// <summary>Measured time of an unmap by its size, on one host.</summary>
public sealed record MeasuredUnmap
{
    /// <summary>The host, a profile's name.</summary>
    public required string Platform { get; init; }
    /// <summary>What was measured.</summary>
    public required string About { get; init; }
    /// <summary>Where it was published.</summary>
    public required string Source { get; init; }
    /// <summary>The sizes, smallest first.</summary>
    public required IReadOnlyList<MeasuredUnmapRow> Rows { get; init; }
}

/// <summary>Time of one unmap.</summary>
public sealed record MeasuredUnmapRow
{
    /// <summary>Bytes unmapped, in KiB.</summary>
    public required int KiB { get; init; }
    /// <summary>How long it took, microseconds.</summary>
    public required double Us { get; init; }
}
