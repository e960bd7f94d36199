using Workbench.Notebooks.Pictures;

namespace Workbench.Notebooks.Languages.Markup.Mermaid;

/// <summary>The SVG of a diagram: boxes, lines with arrow heads and texts, on white so that it can be read on any page.</summary>
internal sealed class DiagramPicture
{
    private const string Ink = "#333333", Fill = "#ececff", Outline = "#9370db";
    private const double FontSize = 14;

    private readonly SvgWriter svg = new();

    public DiagramPicture(double width, double height)
    {
        (Width, Height) = (Math.Ceiling(width), Math.Ceiling(height));
        string w = SvgWriter.Number(Width), h = SvgWriter.Number(Height);
        svg.Open("svg", ("xmlns", "http://www.w3.org/2000/svg"), ("width", w), ("height", h), ("viewBox", $"0 0 {w} {h}"), ("font-family", "Helvetica, Arial, DejaVu Sans, sans-serif"));
        svg.Rectangle(0, 0, Width, Height, "#ffffff");
    }

    public double Width { get; }

    public double Height { get; }

    public void Box(double x, double y, double width, double height, double radius, string fill = Fill, string outline = Outline) =>
        svg.Element("rect", ("x", N(x)), ("y", N(y)), ("width", N(width)), ("height", N(height)), ("rx", N(radius)), ("fill", fill), ("stroke", outline));

    public void Polygon((double X, double Y)[] points, string fill = Fill, string outline = Outline) =>
        svg.Element("polygon", ("points", string.Join(' ', points.Select(p => $"{N(p.X)},{N(p.Y)}"))), ("fill", fill), ("stroke", outline));

    public void Path((double X, double Y)[] points, bool isDotted, double width, bool hasArrow)
    {
        svg.Element("polyline", ("points", string.Join(' ', points.Select(p => $"{N(p.X)},{N(p.Y)}"))), ("fill", "none"), ("stroke", Ink), ("stroke-width", N(width)), ("stroke-dasharray", isDotted ? "4,4" : null));
        if (hasArrow) Arrow(points[^2], points[^1]);
    }

    /// <summary>Text centred on a point.</summary>
    public void Text(double x, double y, string text, double size = FontSize) =>
        svg.Raw("text", SvgWriter.Escape(text), ("x", N(x)), ("y", N(y + (size * 0.35))), ("font-size", N(size)), ("text-anchor", "middle"), ("fill", Ink));

    /// <summary>Text on a patch that hides the line below it.</summary>
    public void Label(double x, double y, string text)
    {
        if (text.Length == 0) return;
        double width = TextMetrics.Width(text, FontSize - 2) + 6;
        svg.Rectangle(x - (width / 2), y - 9, width, 18, "#ffffff");
        Text(x, y, text, FontSize - 2);
    }

    public string Finish() => svg.Close().ToString();

    private void Arrow((double X, double Y) from, (double X, double Y) tip)
    {
        double dx = tip.X - from.X, dy = tip.Y - from.Y, length = Math.Max(Math.Sqrt((dx * dx) + (dy * dy)), 1e-9);
        (dx, dy) = (dx / length * 9, dy / length * 9);
        Polygon([tip, (tip.X - dx - (dy / 2), tip.Y - dy + (dx / 2)), (tip.X - dx + (dy / 2), tip.Y - dy - (dx / 2))], Ink, Ink);
    }

    private static string N(double value) => SvgWriter.Number(value);
}
