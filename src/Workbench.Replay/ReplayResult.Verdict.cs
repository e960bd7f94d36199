using System.Globalization;

namespace Workbench.Replay;

/// <summary>What a replay comes to, in words.</summary>
public sealed partial record ReplayResult
{
    /// <summary>Whether the tracking lost anything, in a sentence or two: the first thing to say of a replay.</summary>
    public string Verdict => Verdicts.Of(Missed4K, Harvests.Count);

    /// <summary>What the verdict does not cover, as a sentence; null if nothing was lost and every access was replayed, or if pages were missed.</summary>
    public string? VerdictLimit => Verdicts.LimitOf(Missed4K, Counters.Faults, UnmappedAccesses);

    /// <summary>The different causes for which pages were missed, in order of the pages listed.</summary>
    public IEnumerable<string> MissedCauses => MissedPages.Select(m => m.Cause).Distinct();
}

/// <summary>The verdict of a replay, by its counts.</summary>
internal static class Verdicts
{
    public static string Of(long missed, int harvests) =>
        missed > 0 ? string.Create(CultureInfo.InvariantCulture, $"MISSED {missed:n0} page{(missed == 1 ? "" : "s")}: written and not reported afterwards. A migration loses {(missed == 1 ? "it" : "them")}.")
        : harvests == 0 ? "No access reached the IOMMU, so there was nothing to track."
        : "Nothing was missed: every write that reached memory was followed by a report of its page whose invalidation had completed.";

    public static string? LimitOf(long missed, long faults, long unmapped) => missed > 0 || (faults == 0 && unmapped == 0) ? null
        : string.Create(CultureInfo.InvariantCulture, $"But {faults:n0} requests faulted and {unmapped:n0} accesses had no mapping: what they would have written is not in the truth.");
}
