using System.Globalization;
using System.Text;

namespace Workbench.Notebooks.Pictures;

/// <summary>Date coordinates (milliseconds since 1970-01-01, as text without a time zone) and their labels by a d3-time-format specifier.</summary>
internal static class DateFormat
{
    // %n of Plotly (fractional digits) is written %nf; English names, as in the invariant culture.
    private static readonly Dictionary<char, string> Parts = new()
    {
        ['Y'] = "yyyy", ['y'] = "yy", ['m'] = "MM", ['d'] = "dd", ['e'] = "%d", ['H'] = "HH", ['I'] = "hh", ['M'] = "mm", ['S'] = "ss", ['L'] = "fff", ['p'] = "tt",
        ['b'] = "MMM", ['B'] = "MMMM", ['a'] = "ddd", ['A'] = "dddd",
    };

    /// <summary>Whether every directive of the specifier is one of the supported ones.</summary>
    public static bool IsSupported(string specifier)
    {
        for (int i = 0; i < specifier.Length; i++)
            if (specifier[i] == '%' && (++i >= specifier.Length || (specifier[i] != '%' && !Parts.ContainsKey(specifier[i])))) return false;
        return true;
    }

    public static string Format(double milliseconds, string specifier)
    {
        DateTime date = ToDate(milliseconds);
        StringBuilder label = new();
        for (int i = 0; i < specifier.Length; i++)
            label.Append(specifier[i] != '%' ? specifier[i].ToString() : specifier[++i] == '%' ? "%" : date.ToString(Parts[specifier[i]], CultureInfo.InvariantCulture));
        return label.ToString();
    }

    /// <summary>Reads a date as a figure writes it; not a number when the text is none.</summary>
    public static double Parse(string text) =>
        DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime date) ? (date - DateTime.UnixEpoch).TotalMilliseconds : double.NaN;

    /// <summary>Whether a text begins as a date does: a year of four digits, a dash, a month.</summary>
    public static bool LooksLikeDate(string text) =>
        text.Length >= 7 && text.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0 && text[4] == '-' && char.IsAsciiDigit(text[5]) && double.IsFinite(Parse(text));

    public static DateTime ToDate(double milliseconds) =>
        DateTime.UnixEpoch.AddTicks((long)Math.Round(Math.Clamp(milliseconds, -6.2e13, 2.5e14) * TimeSpan.TicksPerMillisecond));
}
