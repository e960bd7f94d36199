namespace Workbench.Notebooks.Pictures;

/// <summary>Places and labels the ticks of an axis over a range, by the rules Plotly follows.</summary>
internal static class Ticks
{
    private const int Most = 1000;

    /// <summary>The ticks inside the range, in ascending order; <paramref name="lengthPx"/> is the length of the axis in pixels.</summary>
    public static List<Tick> Of(Axis axis, double low, double high, double lengthPx)
    {
        (low, high) = (Math.Min(low, high), Math.Max(low, high));
        if (axis.Settings.List("tickvals") is not null && axis.Settings.Text("tickmode") is null or "array") return Given(axis, low, high);
        double wanted = axis.Settings.Number("nticks") is double n and >= 1
            ? Math.Min(n, Most)
            : axis.Kind == AxisKind.Category ? lengthPx / (axis.TickFontSize * 1.2) : Math.Clamp(lengthPx / (axis.IsX ? 80 : 40), 4, 9) + 1;
        double rough = (high / 2 - low / 2) / Math.Max(1, wanted) * 2;
        List<Tick> ticks = axis.Kind switch
        {
            AxisKind.Category => Categories(axis, low, high, rough),
            AxisKind.Log => LogTicks.Of(axis, low, high, rough),
            AxisKind.Date => DateTicks.Of(axis, low, high, rough),
            _ => Linear(axis, low, high, rough),
        };
        string prefix = axis.Settings.Text("tickprefix") ?? "", suffix = axis.Settings.Text("ticksuffix") ?? "";
        return prefix.Length + suffix.Length == 0 ? ticks : [.. ticks.Select(t => t.Label.Length == 0 ? t : t with { Label = prefix + t.Label + suffix })];
    }

    /// <summary>The smallest of 1, 2, 5 and 10 times a power of ten that is not below the given step.</summary>
    public static double NiceStep(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double ratio = rough / power;
        return power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
    }

    /// <summary>Multiples of a step, counted from an origin, that lie in the range.</summary>
    public static List<double> Multiples(double low, double high, double step, double origin = 0)
    {
        List<double> multiples = [];
        double first = Math.Ceiling((low - origin) / step - 1e-9);
        for (int i = 0; i < Most; i++)
        {
            double at = origin + (first + i) * step;
            if (!(at <= high + step * 1e-9)) break;
            // Where the range is a few units of the last place wide, the first multiple may be rounded to one below it.
            if (at < low - step * 1e-6) continue;
            if (multiples.Count == 0 || at > multiples[^1]) multiples.Add(Math.Abs(at) < step * 1e-9 ? 0 : at);
        }
        return multiples;
    }

    private static List<Tick> Linear(Axis axis, double low, double high, double rough)
    {
        double step = axis.Settings.Number("dtick") is double given and > 0 && (high - low) / given <= Most ? given : NiceStep(rough);
        double origin = axis.Settings.Number("tick0") ?? 0;
        LinearLabels labels = new(axis, low, high, step);
        return [.. Multiples(low, high, step, origin).Select(at => new Tick(at, labels.Of(at)))];
    }

    private static List<Tick> Categories(Axis axis, double low, double high, double rough)
    {
        int step = (int)Math.Clamp(Math.Ceiling(rough), 1, int.MaxValue);
        if (axis.Settings.Number("dtick") is double given and >= 1 and < int.MaxValue) step = (int)given;
        List<Tick> ticks = [];
        for (long i = (long)Math.Max(0, Math.Ceiling(low / step)) * step; i <= high && i < axis.Categories.Count; i += step) ticks.Add(new(i, axis.Categories[(int)i]));
        return ticks;
    }

    private static List<Tick> Given(Axis axis, double low, double high)
    {
        List<Tick> ticks = [];
        double[] values = axis.Coordinates(axis.Settings.List("tickvals")!);
        LinearLabels labels = new(axis, low, high, values.Length > 1 ? Math.Max((high - low) / values.Length, double.Epsilon) : 1);
        for (int i = 0; i < values.Length; i++)
        {
            if (!(values[i] >= low - (high - low) * 1e-9 && values[i] <= high + (high - low) * 1e-9)) continue;
            string? text = axis.Settings.List("ticktext") is { } texts ? i < texts.Count ? Settings.TextOf(texts[i]) : "" : null;
            ticks.Add(new(values[i], text ?? axis.Kind switch
            {
                AxisKind.Log => LogTicks.Label(axis, values[i]),
                AxisKind.Date => DateTicks.Label(axis, values[i]),
                AxisKind.Category => axis.Categories.ElementAtOrDefault((int)Math.Clamp(Math.Round(values[i]), 0, int.MaxValue)) ?? "",
                _ => labels.Of(values[i], exact: true),
            }));
        }
        return [.. ticks.OrderBy(t => t.At)];
    }
}
