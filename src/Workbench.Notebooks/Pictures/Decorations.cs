namespace Workbench.Notebooks.Pictures;

/// <summary>Shapes (lines, rectangles, circles) and annotations of the layout.</summary>
internal sealed class Decorations(Figure figure, FigureAxes axes, PlotArea plot)
{
    public void DrawShapes(SvgWriter svg, bool below)
    {
        foreach (Settings shape in figure.Items("shapes", "shapedefaults").Where(s => (s.Text("layer") == "below") == below))
        {
            double x0 = At(shape, "x", "x0"), x1 = At(shape, "x", "x1"), y0 = At(shape, "y", "y0"), y1 = At(shape, "y", "y1");
            if (!(double.IsFinite(x0) && double.IsFinite(x1) && double.IsFinite(y0) && double.IsFinite(y1))) continue;
            Settings line = shape["line"];
            (string colour, double width) = (line.Text("color") ?? "#444", line.Number("width") ?? 2);
            bool paper = shape.Text("xref") == "paper" && shape.Text("yref") == "paper";
            PlotArea limits = paper ? new(0, 0, figure.Width, figure.Height) : plot.Grown(4);
            svg.Open("g", ("opacity", shape.Number("opacity") is double opacity and < 1 ? SvgWriter.Number(opacity) : null), ("clip-path", paper ? null : "url(#plot)"));
            svg.CountMark();
            if (shape.Text("type") == "line")
            {
                if (limits.Clip(x0, y0, x1, y1) is var (a, b, c, d)) svg.Line(a, b, c, d, colour, width, line.Text("dash"));
            }
            else if (shape.Text("type") == "circle")
            {
                svg.Element("ellipse", [("cx", SvgWriter.Number((x0 + x1) / 2)), ("cy", SvgWriter.Number((y0 + y1) / 2)), ("rx", SvgWriter.Number(Math.Abs(x1 - x0) / 2)), ("ry", SvgWriter.Number(Math.Abs(y1 - y0) / 2)),
                    .. Colour.Paint("fill", shape.Text("fillcolor") ?? "transparent"), .. Colour.Paint("stroke", colour), ("stroke-width", SvgWriter.Number(width)), ("stroke-dasharray", SvgWriter.Dash(line.Text("dash"), width))]);
            }
            else
            {
                double left = Math.Max(limits.Left, Math.Min(x0, x1)), right = Math.Min(limits.Right, Math.Max(x0, x1)), top = Math.Max(limits.Top, Math.Min(y0, y1)), bottom = Math.Min(limits.Bottom, Math.Max(y0, y1));
                if (right >= left && bottom >= top)
                {
                    svg.Element("rect", [("x", SvgWriter.Number(left)), ("y", SvgWriter.Number(top)), ("width", SvgWriter.Number(right - left)), ("height", SvgWriter.Number(bottom - top)),
                        .. Colour.Paint("fill", shape.Text("fillcolor") ?? "transparent"), .. width > 0 ? Colour.Paint("stroke", colour) : [], ("stroke-width", width > 0 ? SvgWriter.Number(width) : null), ("stroke-dasharray", width > 0 ? SvgWriter.Dash(line.Text("dash"), width) : null)]);
                }
            }
            svg.Close();
        }
    }

    public void DrawAnnotations(SvgWriter svg)
    {
        foreach (Settings note in figure.Items("annotations", "annotationdefaults"))
        {
            double x = At(note, "x", "x") + (note.Number("xshift") ?? 0), y = At(note, "y", "y") - (note.Number("yshift") ?? 0);
            if (!double.IsFinite(x) || !double.IsFinite(y) || note.Text("text") is not { Length: > 0 } text) continue;
            bool onData = Axis(note, "x") is not null && Axis(note, "y") is not null;
            if (onData && !plot.Grown(1).Contains(x, y)) continue;
            RichText rich = RichText.Of(text, note["font"].Number("size") ?? figure.FontSize);
            bool arrow = note.Flag("showarrow") != false;
            double tailX = arrow ? x + (note.Number("ax") ?? -10) : x, tailY = arrow ? y + (note.Number("ay") ?? -30) : y;
            string xAnchor = Anchor(note.Text("xanchor"), arrow, Share(note, "x"), "left", "right"), yAnchor = Anchor(note.Text("yanchor"), arrow, Share(note, "y"), "bottom", "top");
            double pad = (note.Number("borderpad") ?? 1) + (note.Number("borderwidth") ?? 0), width = rich.Width + 2 * pad, height = rich.Height + 2 * pad;
            double left = xAnchor switch { "left" => tailX, "right" => tailX - width, _ => tailX - width / 2 };
            double top = yAnchor switch { "top" => tailY, "bottom" => tailY - height, _ => tailY - height / 2 };
            // A note stays on the picture, even where its anchor would push it off.
            left = Math.Clamp(left, 0, Math.Max(0, figure.Width - width));
            top = Math.Clamp(top, 0, Math.Max(0, figure.Height - height));
            svg.Open("g", ("class", "annotation"), ("opacity", note.Number("opacity") is double opacity and < 1 ? SvgWriter.Number(opacity) : null));
            if (arrow)
            {
                // The arrow begins where it leaves the text's box.
                (double fromX, double fromY) = new PlotArea(left, top, left + width, top + height).Clip(tailX, tailY, x, y) is var (_, _, edgeX, edgeY) ? (edgeX, edgeY) : (tailX, tailY);
                Arrow(svg, note, fromX, fromY, x, y);
            }
            svg.Rectangle(left, top, width, height, note.Text("bgcolor") ?? "transparent", note.Text("bordercolor"), note.Number("borderwidth") ?? (note.Text("bordercolor") is null ? 0 : 1));
            string align = note.Text("align") ?? "center";
            (double textX, string textAnchor) = align switch { "left" => (left + pad, "start"), "right" => (left + width - pad, "end"), _ => (left + width / 2, "middle") };
            rich.Draw(svg, textX, top + pad, textAnchor, note["font"].Text("color") ?? figure.FontColour, note.Number("textangle") ?? 0, (left + width / 2, top + height / 2));
            svg.Close();
        }
    }

    private void Arrow(SvgWriter svg, Settings note, double fromX, double fromY, double toX, double toY)
    {
        string colour = note.Text("arrowcolor") ?? figure.FontColour;
        double width = note.Number("arrowwidth") ?? 2, length = Math.Sqrt((toX - fromX) * (toX - fromX) + (toY - fromY) * (toY - fromY));
        if (length < 1) return;
        (double dx, double dy) = ((toX - fromX) / length, (toY - fromY) / length);
        double gap = Math.Min(note.Number("standoff") ?? 0, length - 1);
        (toX, toY) = (toX - dx * gap, toY - dy * gap);
        svg.Line(fromX, fromY, toX, toY, colour, width);
        if (note.Number("arrowhead") == 0) return;
        double size = Math.Max(6, 3 * width);
        (double backX, double backY) = (toX - dx * size, toY - dy * size);
        svg.Element("path", [("d", $"M{LinePath.Pair(toX, toY)}L{LinePath.Pair(backX - dy * size / 2, backY + dx * size / 2)}L{LinePath.Pair(backX + dy * size / 2, backY - dx * size / 2)}Z"), .. Colour.Paint("fill", colour)]);
    }

    private static string Anchor(string? given, bool arrow, double share, string low, string high) =>
        given is not (null or "auto") ? given : arrow || double.IsNaN(share) ? "middle" : share < 1.0 / 3 ? low : share > 2.0 / 3 ? high : "middle";

    private static double Share(Settings item, string direction) => item.Text(direction + "ref") == "paper" ? item.Number(direction) ?? 0.5 : double.NaN;

    private Axis? Axis(Settings item, string direction) => (item.Text(direction + "ref") ?? direction) is var reference && reference == "paper" ? null : axes.Find(reference.Replace(" domain", "", StringComparison.Ordinal));

    // Shapes give the number on a logarithmic axis, annotations its exponent.
    private double At(Settings item, string direction, string name)
    {
        string reference = item.Text(direction + "ref") ?? direction;
        double share = item.Number(name) ?? double.NaN;
        if (reference == "paper") return direction == "x" ? plot.Left + share * plot.Width : plot.Bottom - share * plot.Height;
        if (Axis(item, direction) is not { } axis) return double.NaN;
        if (reference.EndsWith(" domain", StringComparison.Ordinal)) return axis.Scale.Start + share * (axis.Scale.End - axis.Scale.Start);
        return axis.Scale.ToPixel(axis.Place(item.Node(name), exponents: name.Length == 1));
    }
}
