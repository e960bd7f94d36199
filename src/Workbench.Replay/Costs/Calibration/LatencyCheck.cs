namespace Workbench.Replay.Costs.Calibration;

/// <summary>A latency curve beside its measurement.</summary>
public sealed record LatencyCheck
{
    /// <summary>Windows from here up are held to the limit; smaller ones, about the IOTLB's own size, are shown only.</summary>
    public const int FromPages = 384;
    /// <summary>How far a predicted window may be off, ns.</summary>
    public const double LimitNs = 3;

    /// <summary>The host.</summary>
    public required string Platform { get; init; }
    /// <summary>Where the measurement was published.</summary>
    public required string Source { get; init; }
    /// <summary>Effective IOTLB entries of the calibrated curve.</summary>
    public required double Entries { get; init; }
    /// <summary>What a miss adds by the calibrated curve, ns.</summary>
    public required double MissNs { get; init; }
    /// <summary>Entries of the IOTLB that the engine was run with.</summary>
    public required int EngineEntries { get; init; }
    /// <summary>The windows, smallest first.</summary>
    public required IReadOnlyList<LatencyPoint> Points { get; init; }
    /// <summary>Largest residual of a predicted window from <see cref="FromPages"/> up, without its sign, ns.</summary>
    public double WorstNs => Points.Where(p => p.IsGated).Max(p => Math.Abs(p.ResidualNs));
    /// <summary>Is it within the limit?</summary>
    public bool Holds => WorstNs <= LimitNs;

    /// <summary>Compares a curve with a measurement; the miss ratio is a function of pages and IOTLB entries.</summary>
    internal static LatencyCheck Of(MeasuredLatency measured, LatencyCurve curve, Func<int, int, double> missRatio)
    {
        int entries = (int)Math.Round(curve.Entries);
        return new()
        {
            Platform = measured.Platform, Source = measured.Source, Entries = curve.Entries, MissNs = curve.MissNs, EngineEntries = entries,
            Points =
            [
                .. measured.Rows.Select(r => new LatencyPoint
                {
                    Pages = r.Pages, MeasuredNs = r.AddedNs, ModelNs = curve.AddedNs(r.Pages), EngineNs = curve.MissNs * missRatio(r.Pages, entries),
                    IsCalibrated = LatencyCurve.CalibratedOn.Contains(r.Pages),
                }),
            ],
        };
    }
}

/// <summary>One window.</summary>
public sealed record LatencyPoint
{
    /// <summary>4 KiB pages in the window.</summary>
    public required int Pages { get; init; }
    /// <summary>Measured added latency, ns.</summary>
    public required double MeasuredNs { get; init; }
    /// <summary>Added latency by the curve, ns.</summary>
    public required double ModelNs { get; init; }
    /// <summary>Added latency by the engine's miss ratio and the curve's miss cost, ns.</summary>
    public required double EngineNs { get; init; }
    /// <summary>Was the curve calibrated on this window, so that it agrees by construction?</summary>
    public required bool IsCalibrated { get; init; }
    /// <summary>Curve less measurement, ns.</summary>
    public double ResidualNs => ModelNs - MeasuredNs;
    /// <summary>Engine less measurement, ns.</summary>
    public double EngineResidualNs => EngineNs - MeasuredNs;
    /// <summary>Does this window count for the verdict?</summary>
    public bool IsGated => Pages >= LatencyCheck.FromPages && !IsCalibrated;
}
