namespace Workbench.Replay.Footprints;

/// <summary>One point of a curve with what follows from it: a row of tables and frames.</summary>
/// <param name="Granule">The page size, such as "4K".</param>
/// <param name="WindowNs">Length of the window, ns.</param>
/// <param name="MeanPages">Pages written in it on average.</param>
/// <param name="MaxPages">Pages written in it at most.</param>
/// <param name="MeanBytes">Bytes of the pages on average.</param>
/// <param name="MaxBytes">Bytes of the pages at most.</param>
/// <param name="DirtyBytesPerSecond">Bytes on average by the window's length.</param>
/// <param name="Amplification">Bytes on average by those of the smallest pages that were counted; 0 where nothing is written.</param>
public sealed record FootprintRow(string Granule, long WindowNs, double MeanPages, long MaxPages, double MeanBytes, double MaxBytes, double DirtyBytesPerSecond, double Amplification);
