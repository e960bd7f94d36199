namespace Workbench.Notebooks.Pictures;

/// <summary>Ticks of a date axis: years, months, days, hours, minutes, seconds or parts of a second, as many as fit.</summary>
internal static class DateTicks
{
    private const double Second = 1000, Minute = 60 * Second, Hour = 60 * Minute, Day = 24 * Hour, Month = 365.25 / 12 * Day, Year = 365.25 * Day;

    /// <summary>Ticks for a range in milliseconds; <paramref name="rough"/> is the wanted distance in milliseconds.</summary>
    public static List<Tick> Of(Axis axis, double low, double high, double rough)
    {
        string? specifier = axis.Settings.Text("tickformat");
        (double step, bool months) = Step(rough);
        List<double> places = months ? Months(low, high, (int)step) : Ticks.Multiples(low, high, step, step > Day ? Sunday : 0);
        List<Tick> ticks = [];
        string shown = "";
        foreach (double at in places)
        {
            if (specifier is { Length: > 0 })
            {
                ticks.Add(new(at, DateFormat.Format(at, specifier)));
                continue;
            }
            (string main, string below) = Labels(at, months ? step * Month : step);
            ticks.Add(new(at, below.Length == 0 || below == shown ? main : $"{main}<br>{below}"));
            shown = below;
        }
        return ticks;
    }

    public static string Label(Axis axis, double at) => axis.Settings.Text("tickformat") is { Length: > 0 } specifier
        ? DateFormat.Format(at, specifier)
        : DateFormat.Format(at, at % Day == 0 ? "%b %e, %Y" : at % Minute == 0 ? "%b %e, %Y %H:%M" : "%b %e, %Y %H:%M:%S");

    // Weeks are counted from Sunday 2000-01-02, as Plotly does.
    private const double Sunday = 10958 * Day;

    private static (double Step, bool Months) Step(double rough)
    {
        double twice = 2 * rough;
        if (twice > Year) return (12 * Ticks.NiceStep(Math.Max(1, rough / Year)), true);
        if (twice > Month) return (Up(rough / Month, 1, 2, 3, 6, 12), true);
        if (twice > Day) return (Day * Up(rough / Day, 1, 2, 3, 7, 14), false);
        if (twice > Hour) return (Hour * Up(rough / Hour, 1, 2, 3, 6, 12), false);
        if (twice > Minute) return (Minute * Up(rough / Minute, 1, 2, 5, 10, 15, 30), false);
        if (twice > Second) return (Second * Up(rough / Second, 1, 2, 5, 10, 15, 30), false);
        return (Ticks.NiceStep(rough), false);
    }

    private static double Up(double value, params ReadOnlySpan<double> steps)
    {
        foreach (double step in steps)
            if (value <= step) return step;
        return steps[^1];
    }

    private static List<double> Months(double low, double high, int step)
    {
        List<double> places = [];
        DateTime first = DateFormat.ToDate(low);
        for (int month = (first.Year * 12 + first.Month - 1) / step * step; month / 12 <= 9999 && places.Count < 1000; month += step)
        {
            if (month < 12) continue;
            double at = (new DateTime(month / 12, month % 12 + 1, 1, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).TotalMilliseconds;
            if (at > high) break;
            if (at >= low) places.Add(at);
        }
        return places;
    }

    private static (string Main, string Below) Labels(double at, double step) => step switch
    {
        >= Year => (DateFormat.Format(at, "%Y"), ""),
        >= Month => (DateFormat.Format(at, "%b %Y"), ""),
        >= Day => (DateFormat.Format(at, "%b %e"), DateFormat.Format(at, "%Y")),
        >= Minute => (DateFormat.Format(at, "%H:%M"), DateFormat.Format(at, "%b %e, %Y")),
        >= Second => (DateFormat.Format(at, "%H:%M:%S"), DateFormat.Format(at, "%b %e, %Y")),
        _ => (DateFormat.Format(at, "%H:%M:%S.%L"), DateFormat.Format(at, "%b %e, %Y")),
    };
}
