using System.Globalization;

namespace Workbench.Notebooks.Pictures;

/// <summary>The colour bar beside a heat map: the scale, its ticks and its title.</summary>
internal sealed class ColourBar
{
    private const double Pad = 10, LabelGap = 4;

    private readonly ColourRange colours;
    private readonly Figure figure;
    private readonly Axis axis;
    private readonly RichText? title;
    private List<RichText> labels = [];

    public ColourBar(Figure figure, ColourRange colours)
    {
        (this.figure, this.colours) = (figure, colours);
        axis = new("y", colours.Bar, figure.FontSize, AxisKind.Linear);
        if (colours.Bar.Title() is { Length: > 0 } text) title = RichText.Of(text, colours.Bar["title"]["font"].Number("size") ?? axis.TickFontSize * 1.2);
    }

    /// <summary>Pixels needed at the right of the plot.</summary>
    public double Width => 2 * Pad + Thickness + LabelGap + Math.Max(labels.Count == 0 ? 0 : labels.Max(l => l.Width), TitleAbove ? title!.Width - Thickness : 0) + (title is not null && !TitleAbove ? title.Height + LabelGap : 0);

    public void Measure(PlotArea plot)
    {
        (double top, double bottom) = Span(plot);
        double high = colours.High > colours.Low ? colours.High : colours.Low + Math.Max(1, Math.Abs(colours.Low) * 0.1);
        axis.Scale = new(colours.Low, high, bottom, top);
        axis.Ticks = Ticks.Of(axis, colours.Low, high, bottom - top);
        labels = [.. axis.Ticks.Select(t => RichText.Of(colours.Bar.Flag("showticklabels") == false ? "" : t.Label, axis.TickFontSize))];
    }

    public void Draw(SvgWriter svg, PlotArea plot)
    {
        (double top, double bottom) = Span(plot);
        double left = plot.Left + plot.Width * (colours.Bar.Number("x") ?? 1.02) + Pad, height = bottom - top;
        svg.Open("linearGradient", ("id", "scale"), ("x1", "0"), ("y1", "1"), ("x2", "0"), ("y2", "0"));
        foreach ((double at, Colour stop) in colours.Scale.Stops) svg.Element("stop", [("offset", at.ToString("0.######", CultureInfo.InvariantCulture)), .. Colour.Paint("stop-color", stop.Css)]);
        svg.Close();
        svg.Element("rect", ("x", SvgWriter.Number(left)), ("y", SvgWriter.Number(top)), ("width", SvgWriter.Number(Thickness)), ("height", SvgWriter.Number(height)), ("fill", "url(#scale)"));
        svg.Rectangle(left, top, Thickness, height, "transparent", colours.Bar.Text("outlinecolor") ?? "#444", colours.Bar.Number("outlinewidth") ?? 1);
        string colour = colours.Bar["tickfont"].Text("color") ?? figure.FontColour;
        for (int i = 0; i < labels.Count; i++)
        {
            double y = axis.Scale.ToPixel(axis.Ticks[i].At);
            if (colours.Bar.Text("ticks") == "outside") svg.Line(left + Thickness, y, left + Thickness + 4, y, colours.Bar.Text("tickcolor") ?? "#444", 1);
            labels[i].Draw(svg, left + Thickness + LabelGap + 1, y - labels[i].Height / 2, "start", colour);
        }
        string titleColour = colours.Bar["title"]["font"].Text("color") ?? figure.FontColour;
        if (title is null) return;
        if (TitleAbove) title.Draw(svg, left, top - title.Height - 4, "start", titleColour);
        else
        {
            double x = left + Thickness + 2 * LabelGap + (labels.Count == 0 ? 0 : labels.Max(l => l.Width)), y = (top + bottom) / 2;
            title.Draw(svg, x, y - title.Height, "middle", titleColour, 90, (x, y));
        }
    }

    private double Thickness => Math.Clamp(colours.Bar.Number("thickness") ?? 30, 1, 200);

    private bool TitleAbove => title is not null && colours.Bar["title"].Text("side") is null or "top";

    private (double Top, double Bottom) Span(PlotArea plot)
    {
        double length = plot.Height * Math.Clamp(colours.Bar.Text("lenmode") == "pixels" ? 1 : colours.Bar.Number("len") ?? 1, 0.05, 1);
        double middle = plot.Bottom - plot.Height * (colours.Bar.Number("y") ?? 0.5);
        double top = Math.Max(plot.Top, middle - length / 2), bottom = Math.Min(plot.Bottom, middle + length / 2);
        return (top + (TitleAbove ? title!.Height + 4 : 0), Math.Max(bottom, top + 20));
    }
}
