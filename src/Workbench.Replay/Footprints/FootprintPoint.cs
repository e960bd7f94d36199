namespace Workbench.Replay.Footprints;

/// <summary>How many distinct pages are written in a window of one length.</summary>
/// <param name="WindowNs">The length: so many whole nanoseconds.</param>
/// <param name="MeanPages">Pages on average over all places of the window in the trace.</param>
/// <param name="MaxPages">Pages at most in any place.</param>
public readonly record struct FootprintPoint(long WindowNs, double MeanPages, long MaxPages);
