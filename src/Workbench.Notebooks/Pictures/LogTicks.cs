using System.Globalization;

namespace Workbench.Notebooks.Pictures;

/// <summary>Ticks of a logarithmic axis: powers of ten, with the 2 and the 5 or with every digit where there is room.</summary>
internal static class LogTicks
{
    /// <summary>Ticks for a range in decimal exponents; <paramref name="rough"/> is the wanted distance in decades.</summary>
    public static List<Tick> Of(Axis axis, double low, double high, double rough)
    {
        string? given = axis.Settings.Text("dtick");
        if (given is "D1" or "D2") return Digits(axis, low, high, given == "D1");
        if (axis.Settings.Number("dtick") is double step and > 0 && (high - low) / step <= 1000) return Powers(axis, low, high, step);
        if (rough > 0.7) return Powers(axis, low, high, Math.Ceiling(rough));
        if (high - low >= 1) return Digits(axis, low, high, all: rough <= 0.3);

        // Less than a decade: round values, as on a linear axis, labelled in full.
        (double from, double to) = (Math.Pow(10, low), Math.Pow(10, high));
        double nice = Ticks.NiceStep((to - from) / (1.5 * (high - low) / rough));
        LinearLabels labels = new(axis, from, to, nice);
        // The ends were rounded as powers: a tick on one of them stays there, and exponents that are rounded to the same are one tick.
        return [.. Ticks.Multiples(from, to, nice).Where(v => v > 0).Select(v => new Tick(Math.Clamp(Math.Log10(v), low, high), labels.Of(v))).DistinctBy(t => t.At)];
    }

    /// <summary>The label of one decimal exponent, in full.</summary>
    public static string Label(Axis axis, double exponent)
    {
        double value = Math.Pow(10, exponent);
        if (axis.Settings.Text("tickformat") is { Length: > 0 } specifier && NumberFormat.Parse(specifier) is { } format) return format.Format(value);
        int power = (int)Math.Round(exponent);
        bool isPower = Math.Abs(exponent - power) < 1e-9;
        string exponentFormat = axis.Settings.Text("exponentformat") ?? "B";
        if (isPower && (exponentFormat == "power" || power is > 14 or < -15)) return power switch
        {
            0 => "1",
            1 => "10",
            _ => $"10<sup>{power.ToString(CultureInfo.InvariantCulture).Replace('-', '−')}</sup>",
        };
        if (isPower && exponentFormat is "e" or "E" && Math.Abs(power) > 2) return $"1{exponentFormat}{(power > 0 ? "+" : "")}{power.ToString(CultureInfo.InvariantCulture).Replace('-', '−')}";
        return new LinearLabels(axis, 0, value, value / 10).Of(value, exact: !isPower);
    }

    private static List<Tick> Powers(Axis axis, double low, double high, double step) =>
        [.. Ticks.Multiples(low, high, step).Select(at => new Tick(at, Label(axis, at)))];

    private static List<Tick> Digits(Axis axis, double low, double high, bool all)
    {
        List<Tick> ticks = [];
        bool labelledInFull = axis.Settings.Text("tickformat") is { Length: > 0 };
        foreach (double power in Ticks.Multiples(Math.Floor(low), high, 1))
        {
            for (int digit = 1; digit <= 9; digit++)
            {
                if (!all && digit is not (1 or 2 or 5)) continue;
                double at = power + Math.Log10(digit);
                if (at < low - 1e-9 || at > high + 1e-9) continue;
                bool full = digit == 1 || labelledInFull;
                ticks.Add(new(at, full ? Label(axis, at) : digit.ToString(CultureInfo.InvariantCulture), !full));
            }
        }
        return ticks;
    }
}
