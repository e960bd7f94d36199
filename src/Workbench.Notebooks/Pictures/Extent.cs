namespace Workbench.Notebooks.Pictures;

/// <summary>Collects what an axis must show and finds the range: 5 % of the axis beside padded data, room for markers, none at a zero that bars or fills stand on.</summary>
internal sealed class Extent
{
    private readonly List<(double At, double PaddingPx, bool Padded)> least = [], greatest = [];
    private bool holdsZero;

    /// <summary>The range shall hold zero, without room beyond it.</summary>
    public void IncludeZero() => holdsZero = true;

    /// <summary>Adds coordinates; those that are not finite are left out.</summary>
    public void Include(IEnumerable<double> coordinates, bool padded, double markerPx = 0)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double at in coordinates.Where(double.IsFinite)) (low, high) = (Math.Min(low, at), Math.Max(high, at));
        if (low > high) return;
        least.Add((low, markerPx, padded));
        greatest.Add((high, markerPx, padded));
    }

    public (double Low, double High) Range(Axis axis, double lengthPx)
    {
        if (least.Count == 0) return axis.Kind switch
        {
            AxisKind.Category => (-0.5, Math.Max(0.5, axis.Categories.Count - 0.5)),
            AxisKind.Date => (946684800000, 978307200000),
            _ => axis.IsX ? (-1, 6) : (-1, 4),
        };
        double low = least.Min(e => e.At), high = greatest.Max(e => e.At);
        string? mode = axis.Settings.Text("rangemode");
        bool zero = axis.Kind == AxisKind.Linear && (holdsZero || mode == "tozero");
        if (zero) (low, high) = (Math.Min(0, low), Math.Max(0, high));
        if (high - low <= Math.Max(1e-300, Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-12)) (low, high) = Widen(axis.Kind, low, high, zero);
        else
        {
            double slope = 0, bestLow = low, bestHigh = high;
            foreach ((double min, double minPad) in Ends(least, low, zero && low == 0))
            {
                foreach ((double max, double maxPad) in Ends(greatest, high, zero && high == 0))
                {
                    double pixels = Math.Max(lengthPx - minPad * lengthPx - maxPad * lengthPx, lengthPx / 10);
                    if (max <= min || (max / 2 - min / 2) / pixels * 2 <= slope) continue;
                    slope = (max / 2 - min / 2) / pixels * 2;
                    (bestLow, bestHigh) = (min - slope * minPad * lengthPx, max + slope * maxPad * lengthPx);
                }
            }
            (low, high) = (bestLow, bestHigh);
        }
        if (axis.Kind == AxisKind.Linear && mode == "nonnegative" && low < 0) low = high > 0 ? 0 : low;
        return (low, high);

        // Shares of the axis: 5 % for padded data, and what the marker needs.
        IEnumerable<(double At, double Share)> Ends(List<(double At, double PaddingPx, bool Padded)> entries, double end, bool tight)
        {
            if (tight)
            {
                yield return (end, 0);
                yield break;
            }
            foreach ((double at, double paddingPx, bool padded) in entries)
                yield return (at, Math.Min(0.3, (padded ? 0.05 : 0) + paddingPx / Math.Max(1, lengthPx)));
        }
    }

    private static (double Low, double High) Widen(AxisKind kind, double low, double high, bool zero)
    {
        double by = kind switch
        {
            AxisKind.Category => 0.5,
            AxisKind.Date => 43_200_000,
            _ => Math.Max(1, Math.Max(Math.Abs(low), Math.Abs(high)) * 0.1),
        };
        return zero && low >= 0 ? (0, high + by) : (low - by, high + by);
    }
}
