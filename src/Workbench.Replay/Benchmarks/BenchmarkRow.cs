namespace Workbench.Replay.Benchmarks;

/// <summary>What one benchmark took on this machine.</summary>
public sealed record BenchmarkRow
{
    /// <summary>The benchmark's name.</summary>
    public required string Workload { get; init; }
    /// <summary>The IOTLB's geometry.</summary>
    public required string Iotlb { get; init; }
    /// <summary>Events per second of processor time.</summary>
    public double EventsPerSecond => 1e9 / NsPerEvent;
    /// <summary>Least time of an event over the least of the calibration loop: a step of the decode loop, or a load from memory where the workload waits for memory. What may be compared between days.</summary>
    public required double CalibrationRatio { get; init; }
    /// <summary>Events per second that are wanted.</summary>
    public required double Goal { get; init; }
    /// <summary>Events per second below which the replay is not good enough.</summary>
    public required double Floor { get; init; }
    /// <summary>Processor time of an event, nanoseconds, median of the rounds.</summary>
    public required double NsPerEvent { get; init; }
    /// <summary>The same, least of the rounds.</summary>
    public required double BestNs { get; init; }
    /// <summary>Reading an event's fields and adding them up, nanoseconds.</summary>
    public required double DecodeNs { get; init; }
    /// <summary>One load, over 64 MiB, that depends on the one before, nanoseconds.</summary>
    public required double ChaseNs { get; init; }
    /// <summary>Bytes allocated per event, 0 if all is well.</summary>
    public required double BytesPerEvent { get; init; }
    /// <summary>The baseline's ratio, if there is one for this processor.</summary>
    public double? BaselineRatio { get; init; }
    /// <summary>Is it slower than the baseline by more than the tolerance?</summary>
    public bool IsSlower { get; init; }
}
