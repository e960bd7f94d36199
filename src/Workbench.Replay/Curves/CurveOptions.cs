namespace Workbench.Replay.Curves;

/// <summary>Which sizes and shapes of IOTLB a curve is made for; this changes no result, only which there are.</summary>
public sealed record CurveOptions
{
    /// <summary>Fully associative, set-associative, or both.</summary>
    public CurveGeometries Geometries { get; init; } = CurveGeometries.All;
    /// <summary>Sizes of fully associative IOTLBs, in entries, ascending; null: 16, 32 ... 4096.</summary>
    public IReadOnlyList<int>? Sizes { get; init; }
    /// <summary>Processors to use at once; 0: all there are.</summary>
    public int Threads { get; init; } = 1;
}
