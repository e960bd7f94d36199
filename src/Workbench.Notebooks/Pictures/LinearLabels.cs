using System.Globalization;

namespace Workbench.Notebooks.Pictures;

/// <summary>Labels of a linear axis: by its format, or with one exponent for the whole axis and as many decimals as the step needs.</summary>
internal sealed class LinearLabels
{
    private readonly NumberFormat? format;
    private readonly int thousands, power, decimals;
    private readonly bool grouped, si;
    private readonly string exponentFormat;

    public LinearLabels(Axis axis, double low, double high, double step)
    {
        format = axis.Settings.Text("tickformat") is { Length: > 0 } specifier ? NumberFormat.Parse(specifier) : null;
        grouped = axis.Settings.Flag("separatethousands") == true;
        exponentFormat = axis.Settings.Text("exponentformat") ?? "B";
        int range = NumberFormat.Exponent(Math.Max(Math.Abs(low), Math.Abs(high)));
        bool scaled = exponentFormat != "none" && Math.Abs(range) > (axis.Settings.Number("minexponent") ?? 3);
        si = exponentFormat is "SI" or "B" && range is <= 14 and >= -15;
        if (scaled && si) thousands = (int)Math.Floor((range - 1) / 3.0 + 0.5);
        else if (scaled) power = range;
        decimals = (int)Math.Clamp(2 - Math.Floor(Math.Log10(step) + 0.01) + thousands * 3 + power, 0, 20);
    }

    /// <summary>The label of a value; an exact one is not rounded to the step.</summary>
    public string Of(double value, bool exact = false)
    {
        if (format is not null) return format.Format(value);
        double scaled = value / Math.Pow(10, thousands * 3 + power);
        string digits = NumberFormat.Trim(NumberFormat.Fixed(Math.Abs(scaled), exact ? Math.Max(decimals, 6) : decimals));
        if (grouped) digits = NumberFormat.Group(digits);
        bool zero = !digits.AsSpan().ContainsAnyInRange('1', '9');
        return (value < 0 && !zero ? "−" : "") + digits + (zero ? "" : Unit());
    }

    private string Unit()
    {
        if (thousands != 0) return exponentFormat == "B" && thousands == 3 ? "B" : NumberFormat.Prefix(thousands);
        if (power == 0) return "";
        string exponent = power.ToString(CultureInfo.InvariantCulture).Replace('-', '−');
        return exponentFormat switch
        {
            "e" or "E" => exponentFormat + (power > 0 ? "+" : "") + exponent,
            _ => $"×10<sup>{exponent}</sup>",
        };
    }
}
