namespace Workbench.Replay.Costs.Calibration;

/// <summary>The unmap curve beside its measurement: the shape counts, that is the order of the sizes by time and the step down where one block replaces 512 pages.</summary>
public sealed record UnmapCheck
{
    /// <summary>The size at which one leaf takes the place of many.</summary>
    public const int StepKiB = 2048;
    /// <summary>By what factor the modelled step may differ from the measured one, up or down.</summary>
    public const double StepFactorLimit = 1.5;

    /// <summary>The host.</summary>
    public required string Platform { get; init; }
    /// <summary>Where the measurement was published.</summary>
    public required string Source { get; init; }
    /// <summary>Time with one command by the calibrated curve, ns.</summary>
    public required double FixedNs { get; init; }
    /// <summary>Time of each further command by the calibrated curve, ns.</summary>
    public required double PerCommandNs { get; init; }
    /// <summary>The sizes, smallest first.</summary>
    public required IReadOnlyList<UnmapPoint> Points { get; init; }
    /// <summary>How many times less the step's size takes than the size before it, as measured.</summary>
    public double MeasuredStep => Before.MeasuredUs / At.MeasuredUs;
    /// <summary>The same by the model.</summary>
    public double ModelStep => Before.ModelUs / At.ModelUs;
    /// <summary>Largest predicted residual as a part of what was measured, without its sign; shown, not limited.</summary>
    public double WorstPart => Points.Where(p => !p.IsCalibrated).Max(p => Math.Abs(p.ResidualUs) / p.MeasuredUs);
    /// <summary>Does the model put the sizes into the measured order, equal times allowed?</summary>
    public bool OrderHolds => Points.All(a => Points.All(b => a.MeasuredUs >= b.MeasuredUs || a.ModelUs <= b.ModelUs));
    /// <summary>Does the shape hold: the order, and the step within its factor?</summary>
    public bool Holds => OrderHolds && ModelStep / MeasuredStep is > 1 / StepFactorLimit and < StepFactorLimit;

    private UnmapPoint At => Points.First(p => p.KiB == StepKiB);
    private UnmapPoint Before => Points.Last(p => p.KiB < StepKiB);

    /// <summary>Calibrates the curve on a measurement and the commands the model issues, and compares the rest.</summary>
    internal static UnmapCheck Of(MeasuredUnmap measured)
    {
        ArgumentNullException.ThrowIfNull(measured);
        UnmapCommands[] counts = [.. measured.Rows.Select(r => UnmapCommands.Count((ulong)r.KiB << 10))];
        (int Commands, double Ns)[] on = [.. measured.Rows.Zip(counts).Where(p => UnmapCurve.CalibratedOnKiB.Contains(p.First.KiB)).Select(p => (p.Second.Commands, p.First.Us * 1000))];
        return Of(measured, counts, UnmapCurve.Through(on[0].Commands, on[0].Ns, on[1].Commands, on[1].Ns));
    }

    internal static UnmapCheck Of(MeasuredUnmap measured, IReadOnlyList<UnmapCommands> counts, UnmapCurve curve) => new()
    {
        Platform = measured.Platform, Source = measured.Source, FixedNs = curve.FixedNs, PerCommandNs = curve.PerCommandNs,
        Points =
        [
            .. measured.Rows.Zip(counts).Select(p => new UnmapPoint
            {
                KiB = p.First.KiB, Leaves = p.Second.Leaves, Commands = p.Second.Commands, MeasuredUs = p.First.Us, ModelUs = curve.TimeNs(p.Second.Commands) / 1000,
                IsCalibrated = UnmapCurve.CalibratedOnKiB.Contains(p.First.KiB),
            }),
        ],
    };
}

/// <summary>One size.</summary>
public sealed record UnmapPoint
{
    /// <summary>Bytes unmapped, in KiB.</summary>
    public required int KiB { get; init; }
    /// <summary>Leaves the modelled table had.</summary>
    public required int Leaves { get; init; }
    /// <summary>Commands the modelled driver issued, the CMD_SYNC not counted.</summary>
    public required int Commands { get; init; }
    /// <summary>Measured time, microseconds.</summary>
    public required double MeasuredUs { get; init; }
    /// <summary>Time by the curve, microseconds.</summary>
    public required double ModelUs { get; init; }
    /// <summary>Was the curve calibrated on this size, so that it agrees by construction?</summary>
    public required bool IsCalibrated { get; init; }
    /// <summary>Curve less measurement, microseconds.</summary>
    public double ResidualUs => ModelUs - MeasuredUs;
}
