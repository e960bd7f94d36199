using System.Globalization;
using Workbench.Display;
using Workbench.Races.Search;

namespace Workbench.Cli;

/// <summary>What a run of searches came to, in a line or two.</summary>
internal static class RaceSummary
{
    public static string Of(IReadOnlyCollection<RaceVerdict> verdicts, RaceOptions options, TimeSpan took, long peakBytes)
    {
        long states = verdicts.Sum(v => v.StatesOfAllSearches), open = verdicts.Count(v => !v.IsExhausted);
        string bounds = $"{Range(v => v.Bounds.Pages, "page")}, {Quantity.Count(options.Bounds.InFlight, "access", "accesses")} under way, {Quantity.Count(options.Bounds.Rounds, "round")}{(options.IsReduced ? "" : ", no reduction")}";
        string exhausted = open == 0 ? "all exhausted" : $"{Quantity.Count(open, "verdict")} not exhausted";
        return string.Create(CultureInfo.InvariantCulture,
            $"{Quantity.Count(verdicts.Count, "verdict")} from {Quantity.Count(verdicts.Sum(v => v.Searches), "search", "searches")} ({bounds}): {Quantity.Count(states)} states, up to {Quantity.Count(verdicts.Max(v => v.Depth))} steps deep, {exhausted}, in {took.TotalSeconds:0.0} s ({Rate(states / took.TotalSeconds)} states/s), {Quantity.Bytes(peakBytes)}.");

        string Range(Func<RaceVerdict, int> of, string noun)
        {
            int least = verdicts.Min(of), most = verdicts.Max(of);
            return least == most ? Quantity.Count(most, noun) : $"{least} to {Quantity.Count(most, noun)}";
        }
    }

    private static string Rate(double perSecond) => perSecond >= 1e6
        ? string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e6:0.00} M")
        : Quantity.Count((long)perSecond);
}
