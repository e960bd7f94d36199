namespace Workbench.Replay.Footprints;

/// <summary>One migration: a size of pages, a bandwidth, a downtime that is wanted, and how many pages the guest is said to write.</summary>
/// <param name="Granule">The size of pages that are sent, such as "4K".</param>
/// <param name="BitsPerSecond">The migration's bandwidth.</param>
/// <param name="DowntimeNs">The downtime that is wanted.</param>
/// <param name="Writes">"mean": a round of some length finds what is written in such a window on average; "max": the most in any.</param>
/// <param name="Converges">Is what is left after some round sent within the downtime?</param>
/// <param name="LeastDowntimeNs">Where rounds come to rest: the downtime that is never reached if less is wanted, ns.</param>
/// <param name="Rounds">Rounds before the machine is stopped; null if it does not converge.</param>
/// <param name="BytesSent">Bytes of all rounds and of the last copy; null if it does not converge.</param>
/// <param name="TotalNs">From the first byte to the last, ns; null if it does not converge.</param>
/// <param name="StopNs">The last copy, while the machine stands still, ns; null if it does not converge.</param>
/// <param name="ExceedsTrace">Was a round longer than the trace, so that nothing is known of what the guest writes in it beyond the trace's end?</param>
public sealed record PreCopyCell(string Granule, double BitsPerSecond, long DowntimeNs, string Writes, bool Converges, double LeastDowntimeNs, int? Rounds, double? BytesSent, double? TotalNs, double? StopNs, bool ExceedsTrace);
