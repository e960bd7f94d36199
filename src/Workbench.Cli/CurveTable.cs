using System.Globalization;
using Workbench.Replay.Curves;

namespace Workbench.Cli;

/// <summary>A miss curve in 80 columns: sizes of fully associative IOTLBs, then sets by ways; or every IOTLB as CSV.</summary>
internal static class CurveTable
{
    private const int Width = 80;
    private static readonly int[] WaysShown = [1, 2, 4, 8, 16];

    public static void Print(TextWriter to, string title, MissCurve curve)
    {
        Wrapped(to, title);
        Wrapped(to, string.Create(CultureInfo.InvariantCulture, $"{curve.Iommu}, view {curve.View.ToString().ToLowerInvariant()}, largest leaf {curve.PageSize}, granule {curve.Granule}, LRU, no harvest before the end"));
        Wrapped(to, string.Create(CultureInfo.InvariantCulture, $"{curve.Events:n0} events, {curve.Accesses:n0} accesses, {curve.Translations:n0} translations; {curve.ColdMisses:n0} cold misses, {curve.Faults:n0} faults, {curve.Invalidated:n0} entries invalidated"));
        MissCurvePoint[] fully = [.. curve.Points.Where(p => p.Sets == 1)];
        if (fully.Length > 0)
        {
            to.WriteLine();
            to.WriteLine($"{"fully associative",-17} {"hits",18} {"misses",18} {"miss ratio",11} {"error",11}");
            foreach (MissCurvePoint p in fully) to.WriteLine(Line(p));
        }
        IGrouping<int, MissCurvePoint>[] sets = [.. curve.Points.Where(p => p.Sets > 1).GroupBy(p => p.Sets)];
        if (sets.Length > 0)
        {
            to.WriteLine();
            to.WriteLine($"{"miss ratio, sets",-17}{string.Concat(WaysShown.Select(w => $"{(w == 1 ? "1 way" : $"{w} ways"),12}"))}");
            foreach (IGrouping<int, MissCurvePoint> s in sets) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{s.Key,-17}{string.Concat(WaysShown.Select(w => $"{(s.FirstOrDefault(p => p.Ways == w) is { } point ? Percent(point.MissRatio) : ""),12}"))}").TrimEnd());
        }
        to.WriteLine();
        Wrapped(to, curve.IsExact
            ? "Counts are exact: hit for hit those of a replay of each IOTLB with one harvest at the end."
            : string.Create(CultureInfo.InvariantCulture, $"Not exact: {curve.StaleTouches:n0} touches of what was unmapped and not yet invalidated, which a large IOTLB still holds and a small one does not."));
        if (fully.Any(p => p.IsSampled)) Wrapped(to, "Points with an error are estimated from a sample of the pages; 99 % lie within it.");
        if (sets.Length > 0) Wrapped(to, "All numbers of ways, with hits and misses: --format json or csv.");
        foreach (string note in curve.Notes) Wrapped(to, "Note: " + note);
    }

    /// <summary>One row, 80 columns at most whatever its values are.</summary>
    internal static string Line(MissCurvePoint p) =>
        string.Create(CultureInfo.InvariantCulture, $"{p.Entries,-17} {p.Hits,18} {p.Misses,18} {Percent(p.MissRatio),11} {(p.IsSampled ? "+-" + Percent(p.Error) : ""),11}").TrimEnd();

    public static void PrintCsv(TextWriter to, MissCurve curve)
    {
        to.WriteLine("entries,sets,ways,hits,misses,missRatio,isSampled,error");
        foreach (MissCurvePoint p in curve.Points)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{p.Entries},{p.Sets},{p.Ways},{p.Hits},{p.Misses},{p.MissRatio:r},{(p.IsSampled ? "true" : "false")},{p.Error:r}"));
    }

    private static string Percent(double ratio) => (100 * ratio).ToString(ratio is > 0 and < 0.01 ? "0.0000" : "0.00", CultureInfo.InvariantCulture) + " %";

    private static void Wrapped(TextWriter to, string text)
    {
        foreach (string line in ReplayTable.Wrap(text, Width)) to.WriteLine(line);
    }
}
