using System.Globalization;

namespace Workbench.Notebooks.Pictures;

/// <summary>A colour as a figure writes it: #rgb, #rrggbb, rgb(…), rgba(…) or a CSS name.</summary>
internal readonly record struct Colour(double Red, double Green, double Blue, double Alpha)
{
    public static readonly Colour Black = new(0, 0, 0, 1);

    /// <summary>Reads a colour; null when the text is none.</summary>
    public static Colour? Parse(string? text)
    {
        text = text?.Trim().ToLowerInvariant();
        if (string.IsNullOrEmpty(text)) return null;
        if (text == "transparent") return new(0, 0, 0, 0);
        if (text[0] == '#') return ParseHex(text.AsSpan(1));
        if (text.StartsWith("rgb", StringComparison.Ordinal) && text.IndexOf('(', StringComparison.Ordinal) is > 0 and int from && text.EndsWith(')'))
        {
            double[] parts = [.. text[(from + 1)..^1].Split(',', ' ').Where(p => p.Length > 0).Select(p => double.TryParse(p, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) ? v : double.NaN)];
            return parts.Length is 3 or 4 && parts.All(double.IsFinite) ? new(parts[0], parts[1], parts[2], parts.Length == 4 ? Math.Clamp(parts[3], 0, 1) : 1) : null;
        }
        System.Drawing.Color named = System.Drawing.Color.FromName(text);
        return named.IsKnownColor && !named.IsSystemColor ? new(named.R, named.G, named.B, 1) : null;
    }

    public static bool IsInvisible(string? text) => Parse(text) is not { Alpha: > 0 };

    /// <summary>The attribute for this colour and, where it is not opaque, the attribute of its opacity.</summary>
    public static (string Name, string? Value)[] Paint(string attribute, string? text, double opacity = 1)
    {
        Colour colour = Parse(text) ?? Black;
        double alpha = colour.Alpha * opacity;
        return alpha <= 0 ? [(attribute, "none")] : alpha >= 1 ? [(attribute, colour.Hex)] : [(attribute, colour.Hex), (attribute == "stop-color" ? "stop-opacity" : $"{attribute}-opacity", SvgWriter.Number(alpha))];
    }

    /// <summary>#rrggbb, without the opacity.</summary>
    public string Hex => string.Create(CultureInfo.InvariantCulture, $"#{Byte(Red):x2}{Byte(Green):x2}{Byte(Blue):x2}");

    public string Css => Alpha >= 1 ? Hex : string.Create(CultureInfo.InvariantCulture, $"rgba({Byte(Red)},{Byte(Green)},{Byte(Blue)},{SvgWriter.Number(Alpha)})");

    /// <summary>How light the colour looks, 0 to 1.</summary>
    public double Lightness => (0.299 * Red + 0.587 * Green + 0.114 * Blue) / 255;

    public static Colour Between(Colour a, Colour b, double share) =>
        new(a.Red + (b.Red - a.Red) * share, a.Green + (b.Green - a.Green) * share, a.Blue + (b.Blue - a.Blue) * share, a.Alpha + (b.Alpha - a.Alpha) * share);

    private static int Byte(double part) => (int)Math.Round(Math.Clamp(part, 0, 255));

    private static Colour? ParseHex(ReadOnlySpan<char> digits)
    {
        if (digits.Length is not (3 or 6 or 8) || !uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)) return null;
        return digits.Length switch
        {
            3 => new((value >> 8) * 17, ((value >> 4) & 15) * 17, (value & 15) * 17, 1),
            6 => new(value >> 16, (value >> 8) & 255, value & 255, 1),
            _ => new(value >> 24, (value >> 16) & 255, (value >> 8) & 255, (value & 255) / 255.0),
        };
    }
}
