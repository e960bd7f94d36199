using System.Numerics;

namespace Workbench.Replay.Curves;

/// <summary>Which sizes and shapes of IOTLB a curve is made for; this changes no number of a curve, only which there are.</summary>
public sealed record CurveOptions
{
    /// <summary>Entries of the largest fully associative IOTLB that a curve may have.</summary>
    public const int MostEntries = 1 << 24;

    private const int MostSizes = 32;

    /// <summary>Fully associative, set-associative, or both.</summary>
    public CurveGeometries Geometries { get; init; } = CurveGeometries.All;
    /// <summary>
    /// Entries of the largest fully associative IOTLB, a power of two from 16 to 2^24. Up to 65,536 every size is exact; the larger ones are estimated from a sample of the pages.
    /// </summary>
    public int UpTo { get; init; } = 4096;
    /// <summary>Other sizes than 16, 32 and so on: entries of fully associative IOTLBs, ascending, 32 sizes at most and up to 65,536 entries; <see cref="UpTo"/> then says nothing.</summary>
    public IReadOnlyList<int>? Sizes { get; init; }
    /// <summary>Processors to use at once; 0: all there are.</summary>
    public int Threads { get; init; }

    internal IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Geometries)) yield return $"Geometries {(int)Geometries}: fully, sets or all.";
        if (UpTo is < MissCurves.Smallest or > MostEntries || !BitOperations.IsPow2(UpTo)) yield return $"Up to {UpTo} entries: a power of two from {MissCurves.Smallest} to {MostEntries}.";
        if (Threads < 0) yield return $"{Threads} threads: 1 or more, or 0 for all processors.";
        if (Sizes is not { } sizes) yield break;
        if (sizes.Count is < 1 or > MostSizes || sizes[0] < 1 || sizes[^1] > MissCurves.LargestExact || sizes.Zip(sizes.Skip(1)).Any(pair => pair.First >= pair.Second))
            yield return $"Sizes {string.Join(", ", sizes)}: 1 to {MostSizes} of them, ascending, from 1 to {MissCurves.LargestExact} entries.";
    }
}
