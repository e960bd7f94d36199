using System.Net;
using System.Text;

namespace Workbench.Notebooks.Pictures;

/// <summary>Plotly's small HTML in labels (br, b, i, sub, sup; other tags are left out) as lines of SVG text.</summary>
internal sealed class RichText
{
    private readonly List<(string Svg, double Width)> lines = [];

    private RichText(double size) => Size = size;

    /// <summary>Font size in pixels.</summary>
    public double Size { get; }

    /// <summary>Greatest width of a line in pixels.</summary>
    public double Width => lines.Max(l => l.Width);

    public double Height => TextMetrics.LineHeight(Size) * lines.Count;

    public int LineCount => lines.Count;

    public static RichText Of(string text, double size)
    {
        RichText rich = new(size);
        StringBuilder svg = new();
        double width = 0;
        Stack<string> open = new();
        int at = 0;
        while (at < text.Length)
        {
            if (text[at] == '\n' || TagAt(text, at) is ("br", _, _))
            {
                at = text[at] == '\n' ? at + 1 : TagAt(text, at)!.Value.End;
                foreach (string _ in open) svg.Append("</tspan>");
                rich.lines.Add((svg.ToString(), width));
                svg.Clear();
                width = 0;
                foreach (string tag in open.Reverse()) svg.Append(Span(tag, size));
            }
            else if (TagAt(text, at) is (string name, bool closing, int end))
            {
                at = end;
                if (name is not ("b" or "i" or "em" or "strong" or "sub" or "sup")) continue;
                if (!closing)
                {
                    open.Push(name);
                    svg.Append(Span(name, size));
                }
                else if (open.TryPeek(out string? top) && top == name)
                {
                    open.Pop();
                    svg.Append("</tspan>").Append(BackToBaseline(name, size));
                }
            }
            else
            {
                int next = at + 1;
                while (next < text.Length && text[next] != '\n' && TagAt(text, next) is null) next++;
                string piece = WebUtility.HtmlDecode(text[at..next]);
                svg.Append(SvgWriter.Escape(piece));
                width += TextMetrics.Width(piece, open.Any(t => t is "sub" or "sup") ? size * 0.7 : size) * (open.Any(t => t is "b" or "strong") ? 1.1 : 1);
                at = next;
            }
        }
        foreach (string _ in open) svg.Append("</tspan>");
        rich.lines.Add((svg.ToString(), width));
        return rich;
    }

    /// <summary>As <see cref="Of"/>, but set smaller where it would be wider than the room: a label is never cut.</summary>
    public static RichText Fitting(string text, double size, double room)
    {
        RichText rich = Of(text, size);
        return rich.Width <= room ? rich : Of(text, Math.Max(6, size * room / rich.Width));
    }

    /// <summary>The text without tags, lines joined by a space.</summary>
    public static string Plain(string text)
    {
        StringBuilder plain = new();
        for (int at = 0; at < text.Length;)
        {
            if (TagAt(text, at) is not (string name, _, int end))
            {
                plain.Append(text[at++]);
                continue;
            }
            if (name == "br") plain.Append(' ');
            at = end;
        }
        return WebUtility.HtmlDecode(plain.ToString()).Replace('\n', ' ');
    }

    /// <summary>Draws the lines; <paramref name="top"/> is the upper edge of the first, <paramref name="anchor"/> is start, middle or end, the angle is clockwise about the given point.</summary>
    public void Draw(SvgWriter svg, double x, double top, string anchor, string colour, double angle = 0, (double X, double Y)? about = null)
    {
        (double X, double Y) pivot = about ?? (x, top);
        string? turn = angle == 0 ? null : $"rotate({SvgWriter.Number(angle)},{SvgWriter.Number(pivot.X)},{SvgWriter.Number(pivot.Y)})";
        double step = TextMetrics.LineHeight(Size);
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].Svg.Length == 0) continue;
            svg.Raw("text", lines[i].Svg, [("x", SvgWriter.Number(x)), ("y", SvgWriter.Number(top + step * i + step * 0.76)), ("font-size", SvgWriter.Number(Size)), ("text-anchor", anchor == "start" ? null : anchor), .. Colour.Paint("fill", colour), ("transform", turn)]);
        }
    }

    private static string Span(string tag, double size) => tag switch
    {
        "b" or "strong" => "<tspan font-weight=\"bold\">",
        "i" or "em" => "<tspan font-style=\"italic\">",
        "sup" => $"<tspan dy=\"{SvgWriter.Number(size * -0.4)}\" font-size=\"{SvgWriter.Number(size * 0.7)}\">",
        _ => $"<tspan dy=\"{SvgWriter.Number(size * 0.25)}\" font-size=\"{SvgWriter.Number(size * 0.7)}\">",
    };

    // Not every viewer knows baseline-shift; a shift by dy is undone on a zero-width space.
    private static string BackToBaseline(string tag, double size) =>
        tag is "sup" or "sub" ? $"<tspan dy=\"{SvgWriter.Number(tag == "sup" ? size * 0.4 : size * -0.25)}\">&#8203;</tspan>" : "";

    private static (string Name, bool Closing, int End)? TagAt(string text, int at)
    {
        if (text[at] != '<') return null;
        int end = text.IndexOf('>', at);
        if (end < 0) return null;
        string inside = text[(at + 1)..end].Trim().TrimEnd('/').TrimEnd();
        bool closing = inside.StartsWith('/');
        string name = (closing ? inside[1..] : inside).Split(' ')[0].ToLowerInvariant();
        return name is "br" or "b" or "i" or "em" or "strong" or "sub" or "sup" or "span" or "a" ? (name, closing, end + 1) : null;
    }
}
