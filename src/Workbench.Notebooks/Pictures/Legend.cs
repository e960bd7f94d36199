namespace Workbench.Notebooks.Pictures;

/// <summary>The legend: one entry a named trace, in a column or in rows.</summary>
internal sealed class Legend
{
    private const double SampleWidth = 30, Gap = 5;

    private readonly Settings settings;
    private readonly string colour;
    private readonly List<(RichText Label, bool Faint, Action<SvgWriter, double, double> Sample)> entries = [];
    private readonly List<(double X, double Y)> places = [];
    private readonly RichText? title;

    public Legend(Figure figure, IEnumerable<(Settings Trace, string Name, Action<SvgWriter, double, double> Sample)> candidates, bool reversedByDefault)
    {
        settings = figure.Layout["legend"];
        double size = settings["font"].Number("size") ?? figure.FontSize;
        colour = settings["font"].Text("color") ?? figure.FontColour;
        bool asked = false;
        foreach ((Settings trace, string name, Action<SvgWriter, double, double> sample) in candidates)
        {
            if (trace.Flag("showlegend") == false) continue;
            asked |= trace.Flag("showlegend") == true;
            entries.Add((RichText.Of(name, size), trace.Text("visible") == "legendonly", sample));
        }
        if (figure.Layout.Flag("showlegend") == false || (entries.Count < 2 && !asked && figure.Layout.Flag("showlegend") != true)) entries.Clear();
        if (settings.Text("traceorder")?.Contains("reversed", StringComparison.Ordinal) ?? reversedByDefault) entries.Reverse();
        IsHorizontal = settings.Text("orientation") == "h";
        X = settings.Number("x") ?? (IsHorizontal ? 0 : 1.02);
        Y = settings.Number("y") ?? (IsHorizontal ? -0.1 : 1);
        if (settings.Title() is { Length: > 0 } text) title = RichText.Of(text, settings["title"]["font"].Number("size") ?? size * 1.1);
    }

    public bool IsShown => entries.Count > 0;

    public bool IsHorizontal { get; }

    /// <summary>Place in shares of the plot: 0 left, 1 right.</summary>
    public double X { get; }

    /// <summary>Place in shares of the plot: 0 bottom, 1 top.</summary>
    public double Y { get; }

    public double Width { get; private set; }

    public double Height { get; private set; }

    private double Border => settings.Number("borderwidth") ?? 0;

    /// <summary>Lays the entries out; rows are at most <paramref name="available"/> pixels wide.</summary>
    public void Measure(double available)
    {
        places.Clear();
        (Width, Height) = (0, 0);
        if (!IsShown) return;
        double rowHeight = entries.Max(e => Math.Max(e.Label.Height, 16)) + 3;
        double sample = settings.Number("itemwidth") ?? SampleWidth, x = Gap, y = Gap + Border;
        bool titleAbove = title is not null && settings["title"].Text("side") is null or "top" && !IsHorizontal;
        if (title is not null && titleAbove) (y, Width) = (y + title.Height, title.Width + 2 * Gap);
        if (title is not null && !titleAbove) x += title.Width + 2 * Gap;
        double first = x;
        foreach ((RichText label, _, _) in entries)
        {
            double width = sample + Gap + label.Width + 2 * Gap;
            if (IsHorizontal && x > first && x + width > available)
            {
                x = first;
                y += rowHeight;
            }
            places.Add((x, y + rowHeight / 2));
            Width = Math.Max(Width, x + width - Gap);
            if (IsHorizontal) x += width;
            else y += rowHeight;
        }
        Height = (IsHorizontal ? y + rowHeight : y) + Gap + Border;
        Width += Border + Gap;
    }

    /// <summary>Where the legend stands, given the plot; <paramref name="below"/> is the pixel from which a legend under the plot is free of the axis.</summary>
    public (double Left, double Top) Place(PlotArea plot, double below)
    {
        string xAnchor = settings.Text("xanchor") ?? "left", yAnchor = settings.Text("yanchor") ?? (IsHorizontal && Y < 0 || Y > 0.66 ? "top" : Y < 0.34 ? "bottom" : "middle");
        if (xAnchor == "auto") xAnchor = X <= 1.0 / 3 ? "left" : X >= 2.0 / 3 ? "right" : "center";
        if (yAnchor == "auto") yAnchor = Y < 0.34 ? "bottom" : Y > 0.66 ? "top" : "middle";
        double x = plot.Left + X * plot.Width, y = plot.Bottom - Y * plot.Height;
        double left = xAnchor switch { "right" => x - Width, "center" => x - Width / 2, _ => x };
        double top = yAnchor switch { "bottom" => y - Height, "middle" => y - Height / 2, _ => y };
        // A legend placed under the plot gives way to the axis labels there.
        if (Y < 0 && top < below) top = below;
        return (left, top);
    }

    public void Draw(SvgWriter svg, double left, double top, string background)
    {
        if (!IsShown) return;
        svg.Open("g", ("class", "legend"));
        svg.Rectangle(left, top, Width, Height, settings.Text("bgcolor") ?? background, settings.Text("bordercolor") ?? "#444", Border);
        double sample = settings.Number("itemwidth") ?? SampleWidth;
        title?.Draw(svg, left + Gap + Border, IsHorizontal ? top + places[0].Y - title.Height / 2 : top + Gap, "start", settings["title"]["font"].Text("color") ?? colour);
        for (int i = 0; i < entries.Count; i++)
        {
            (double x, double y) = (left + places[i].X, top + places[i].Y);
            svg.Open("g", ("opacity", entries[i].Faint ? "0.5" : null));
            entries[i].Sample(svg, x, y);
            entries[i].Label.Draw(svg, x + sample + Gap, y - entries[i].Label.Height / 2, "start", colour);
            svg.Close();
        }
        svg.Close();
    }
}
