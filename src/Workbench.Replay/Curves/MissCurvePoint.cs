namespace Workbench.Replay.Curves;

/// <summary>One IOTLB of a curve.</summary>
public sealed record MissCurvePoint
{
    /// <summary>Sets; 1 if it is fully associative.</summary>
    public required int Sets { get; init; }
    /// <summary>Ways of each set.</summary>
    public required int Ways { get; init; }
    /// <summary>Entries in all.</summary>
    public int Entries => Sets * Ways;
    /// <summary>Translations found in it, those that then walked to set D too.</summary>
    public required long Hits { get; init; }
    /// <summary>Translations not found in it.</summary>
    public required long Misses { get; init; }
    /// <summary>Misses by translations, 0 to 1; 0 if there were none.</summary>
    public double MissRatio => Hits + Misses == 0 ? 0 : (double)Misses / (Hits + Misses);
    /// <summary>Were hits and misses estimated from a sample of the pages?</summary>
    public bool IsSampled { get; init; }
    /// <summary>How far the miss ratio of a sampled point may be off, either way (99 %); 0 if it was counted.</summary>
    public double Error { get; init; }
}
