using System.Globalization;
using System.Text;

namespace Workbench.Notebooks.Pictures;

/// <summary>Writes SVG elements: numbers with at most two decimals in the invariant culture, texts escaped, an attribute without a value left out.</summary>
internal sealed class SvgWriter
{
    private readonly StringBuilder text = new(16384);
    private readonly Stack<string> open = new();

    /// <summary>Points, bars, cells and lines drawn so far.</summary>
    public int Marks { get; private set; }

    public void CountMark(int count = 1) => Marks += count;

    /// <summary>A coordinate or length in pixels as SVG text.</summary>
    public static string Number(double value)
    {
        double rounded = Math.Round(value, 2);
        return (rounded == 0 ? 0 : rounded).ToString("0.##", CultureInfo.InvariantCulture);
    }

    public SvgWriter Open(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Start(name, attributes);
        text.Append(">\n");
        open.Push(name);
        return this;
    }

    public SvgWriter Close()
    {
        text.Append("</").Append(open.Pop()).Append(">\n");
        return this;
    }

    public SvgWriter Element(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Start(name, attributes);
        text.Append("/>\n");
        return this;
    }

    /// <summary>An element whose content is text to be escaped.</summary>
    public SvgWriter Labelled(string name, string content) => Raw(name, Escape(content));

    /// <summary>An element whose content is SVG already.</summary>
    public SvgWriter Raw(string name, string content, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Start(name, attributes);
        text.Append('>').Append(content).Append("</").Append(name).Append(">\n");
        return this;
    }

    public SvgWriter Line(double x1, double y1, double x2, double y2, string colour, double width, string? dash = null)
    {
        if (width <= 0 || Colour.IsInvisible(colour)) return this;
        return Element("path", [("d", $"M{Number(x1)},{Number(y1)}L{Number(x2)},{Number(y2)}"), ("fill", "none"), .. Colour.Paint("stroke", colour), ("stroke-width", Number(width)), ("stroke-dasharray", Dash(dash, width))]);
    }

    public SvgWriter Rectangle(double x, double y, double width, double height, string fill, string? stroke = null, double strokeWidth = 0)
    {
        bool outlined = stroke is not null && strokeWidth > 0 && !Colour.IsInvisible(stroke);
        if (!outlined && Colour.IsInvisible(fill)) return this;
        return Element("rect", [("x", Number(x)), ("y", Number(y)), ("width", Number(width)), ("height", Number(height)), .. Colour.Paint("fill", fill),
            .. outlined ? Colour.Paint("stroke", stroke!) : [], ("stroke-width", outlined ? Number(strokeWidth) : null)]);
    }

    /// <summary>The pattern of a line by the field's names (dot, dash, longdash, dashdot, longdashdot) or as lengths in pixels.</summary>
    public static string? Dash(string? name, double width)
    {
        double unit = Math.Max(width, 3);
        return name switch
        {
            null or "" or "solid" => null,
            "dot" => Lengths(unit),
            "dash" => Lengths(unit * 3),
            "longdash" => Lengths(unit * 5),
            "dashdot" => Lengths(unit * 3, unit, unit, unit),
            "longdashdot" => Lengths(unit * 5, unit * 2, unit, unit * 2),
            _ => string.Join(',', name.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(l => l.Replace("px", "", StringComparison.Ordinal))
                .Where(l => double.TryParse(l, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _))) is { Length: > 0 } lengths ? lengths : null,
        };
        static string Lengths(params ReadOnlySpan<double> lengths)
        {
            string[] parts = new string[lengths.Length];
            for (int i = 0; i < lengths.Length; i++) parts[i] = Number(lengths[i]);
            return string.Join(',', parts);
        }
    }

    /// <summary>Text for XML: reserved characters escaped, characters XML does not allow left out.</summary>
    public static string Escape(string value)
    {
        StringBuilder escaped = new(value.Length);
        foreach (Rune rune in value.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&': escaped.Append("&amp;"); break;
                case '<': escaped.Append("&lt;"); break;
                case '>': escaped.Append("&gt;"); break;
                case '"': escaped.Append("&quot;"); break;
                case '\t' or '\n' or '\r': escaped.Append(' '); break;
                case < 0x20 or 0xfffe or 0xffff: break;
                default: escaped.Append(rune); break;
            }
        }
        return escaped.ToString();
    }

    public override string ToString() => text.ToString();

    private void Start(string name, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        text.Append('<').Append(name);
        foreach ((string key, string? value) in attributes)
            if (value is not null) text.Append(' ').Append(key).Append("=\"").Append(Escape(value)).Append('"');
    }
}
