using System.Globalization;
using Workbench.Display;
using Workbench.Replay.Curves;

namespace Workbench.Replay.Display;

/// <summary>A curve: whether it is exact, what was counted, and the miss ratios by size and by sets and ways.</summary>
internal sealed class MissCurveDisplay : IDisplay<MissCurve>
{
    private static readonly int[] WaysShown = [1, 2, 4, 8, 16];

    /// <inheritdoc/>
    public static void Describe(MissCurve value, ICard card)
    {
        card.Title("IOTLB miss curve", $"{value.Iommu}, view {value.View.ToString().ToLowerInvariant()}, leaves {value.PageSize}, LRU");
        card.Verdict(value.IsExact, ExactnessOf(value));
        card.Facts(
        [
            new("Events", Quantity.Count(value.Events)), new("Accesses", Quantity.Count(value.Accesses)), new("Translations", Quantity.Count(value.Translations)),
            new("Cold misses", $"{Quantity.Count(value.ColdMisses)} ({Quantity.Share(value.ColdMisses, value.Translations)})"), new("Entries invalidated", Quantity.Count(value.Invalidated)), new("Faults", Quantity.Count(value.Faults)),
        ]);
        MissCurvePoint[] fully = [.. value.Points.Where(p => p.Sets == 1)];
        if (fully.Length > 0)
            card.Table("Fully associative", [new("entries", IsNumber: true), new("hits", IsNumber: true), new("misses", IsNumber: true), new("miss ratio", IsNumber: true), new("error", IsNumber: true)],
                fully.Select(p => (string[])[Quantity.Count(p.Entries), Quantity.Count(p.Hits), Quantity.Count(p.Misses), Percent(p.MissRatio), p.IsSampled ? "± " + Percent(p.Error) : ""]));
        IGrouping<int, MissCurvePoint>[] sets = [.. value.Points.Where(p => p.Sets > 1).GroupBy(p => p.Sets)];
        if (sets.Length > 0)
            card.Table("Miss ratio by sets and ways", [new("sets", IsNumber: true), .. WaysShown.Select(w => new Column(w == 1 ? "1 way" : $"{w} ways", IsNumber: true))],
                sets.Select(s => (string[])[Quantity.Count(s.Key), .. WaysShown.Select(w => s.FirstOrDefault(p => p.Ways == w) is { } point ? Percent(point.MissRatio) : "")]));
        card.Notes("Notes", value.Notes);
    }

    /// <summary>What the numbers are worth, in a sentence.</summary>
    internal static string ExactnessOf(MissCurve value) => value.IsExact
        ? value.Points.Any(p => p.IsSampled) ? "Counted sizes are exact; sampled ones have their error (99 %) beside them." : "Exact: hit for hit and miss for miss that of a replay of each IOTLB, without harvests before the end."
        : $"Not exact: {Quantity.Count(value.StaleTouches, "touch came", "touches came")} to what was unmapped and not yet invalidated, which a large IOTLB still holds and a small one does not.";

    private static string Percent(double ratio) => (100 * ratio).ToString(ratio is > 0 and < 0.01 ? "0.000" : "0.00", CultureInfo.InvariantCulture) + " %";
}
