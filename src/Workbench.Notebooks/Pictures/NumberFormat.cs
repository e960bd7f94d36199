using System.Globalization;
using System.Text.RegularExpressions;

namespace Workbench.Notebooks.Pictures;

/// <summary>Number labels by a d3-format specifier such as ~s, .2f, ,d or .1%. Fill, alignment and width are not supported.</summary>
internal sealed partial class NumberFormat
{
    private static readonly string[] Prefixes = ["y", "z", "a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];

    private readonly bool sign, dollar, grouped, trimmed;
    private readonly int? precision;
    private readonly char type;

    private NumberFormat(Match match)
    {
        sign = match.Groups["sign"].Value == "+";
        dollar = match.Groups["symbol"].Value == "$";
        grouped = match.Groups["comma"].Success;
        trimmed = match.Groups["trim"].Success;
        precision = match.Groups["precision"].Success ? Math.Min(20, int.Parse(match.Groups["precision"].ValueSpan[1..], NumberStyles.None, CultureInfo.InvariantCulture)) : null;
        type = match.Groups["type"].Success ? match.Groups["type"].ValueSpan[0] : 'n';
    }

    /// <summary>Reads a specifier; null when it is none of the supported ones.</summary>
    public static NumberFormat? Parse(string specifier) => Specifier().Match(specifier) is { Success: true } match ? new(match) : null;

    public string Format(double value)
    {
        string digits = type switch
        {
            'f' => Fixed(Math.Abs(value), precision ?? 6),
            '%' => Fixed(Math.Abs(value) * 100, precision ?? 6),
            'd' => Fixed(Math.Abs(value), 0),
            'e' => Exponential(Math.Abs(value), precision ?? 6),
            's' => Prefixed(Math.Abs(value), precision ?? 6),
            'r' => Fixed(Significant(Math.Abs(value), precision ?? 6), Math.Clamp((precision ?? 6) - 1 - Exponent(value), 0, 20)),
            'g' => General(Math.Abs(value), precision ?? 6, trimmed),
            _ => General(Math.Abs(value), precision ?? 12, trim: true),
        };
        if (trimmed && type != 's') digits = Trim(digits);
        string unit = type == '%' ? "%" : "";
        bool negative = value < 0 && digits.AsSpan().ContainsAnyInRange('1', '9');
        return (negative ? "−" : sign ? "+" : "") + (dollar ? "$" : "") + (grouped ? Group(digits) : digits) + unit;
    }

    /// <summary>The power of ten of the first digit; 0 for zero.</summary>
    public static int Exponent(double value) => value == 0 ? 0 : (int)Math.Floor(Math.Log10(Math.Abs(value)) + 1e-12);

    /// <summary>The SI prefix of a power of 1000 between -8 and 8.</summary>
    public static string Prefix(int thousands) => Prefixes[thousands + 8];

    /// <summary>Zeros at the end of a fraction removed.</summary>
    public static string Trim(string digits)
    {
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        if (point < 0) return digits;
        int end = point + 1;
        while (end < digits.Length && char.IsAsciiDigit(digits[end])) end++;
        int keep = end;
        while (digits[keep - 1] == '0') keep--;
        if (digits[keep - 1] == '.') keep--;
        return digits[..keep] + digits[end..];
    }

    /// <summary>A comma between thousands.</summary>
    public static string Group(string digits)
    {
        int end = 0;
        while (end < digits.Length && char.IsAsciiDigit(digits[end])) end++;
        for (int at = end - 3; at > 0; at -= 3) digits = digits.Insert(at, ",");
        return digits;
    }

    public static string Fixed(double value, int decimals) => value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private string Prefixed(double value, int digits)
    {
        int thousands = Math.Clamp((int)Math.Floor(Exponent(Significant(value, digits)) / 3.0), -8, 8);
        double scaled = value / Math.Pow(1000, thousands);
        string text = Fixed(scaled, Math.Clamp(digits - 1 - Exponent(Significant(scaled, digits)), 0, 20));
        return (trimmed ? Trim(text) : text) + Prefix(thousands);
    }

    private static double Significant(double value, int digits) =>
        value == 0 ? 0 : double.Parse(value.ToString("E" + Math.Max(0, digits - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Exponential(double value, int decimals)
    {
        string text = value.ToString("E" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int e = text.IndexOf('E', StringComparison.Ordinal);
        int power = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{text[..e]}e{(power < 0 ? "−" : "+")}{Math.Abs(power)}");
    }

    private static string General(double value, int digits, bool trim)
    {
        digits = Math.Max(1, digits);
        int exponent = Exponent(Significant(value, digits));
        string text = exponent < -6 || exponent >= digits ? Exponential(value, digits - 1) : Fixed(value, Math.Clamp(digits - 1 - exponent, 0, 20));
        return trim ? Trim(text) : text;
    }

    [GeneratedRegex(@"^(?<sign>[+-])?(?<symbol>\$)?(?<comma>,)?(?<precision>\.\d+)?(?<trim>~)?(?<type>[defgsr%n])?$")]
    private static partial Regex Specifier();
}
