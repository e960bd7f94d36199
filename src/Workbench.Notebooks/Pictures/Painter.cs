namespace Workbench.Notebooks.Pictures;

/// <summary>Puts a figure's parts together, from the background to the legend.</summary>
internal sealed class Painter
{
    private readonly Figure figure;
    private readonly FigureAxes axes;
    private readonly List<IMarks> marks = [];
    private readonly List<ColourBar> bars = [];
    private readonly List<(Settings Trace, string Name, Action<SvgWriter, double, double> Sample)> entries = [];

    public Painter(Figure figure)
    {
        this.figure = figure;
        axes = new(figure);
        Dictionary<(Axis, Axis), ScatterMarks> previous = [];
        for (int i = 0; i < figure.Traces.Count; i++)
        {
            Settings trace = figure.Traces[i];
            bool inLegendOnly = trace.Text("visible") == "legendonly";
            if (!Figure.IsShown(trace) && !inLegendOnly) continue;
            string type = trace.Text("type") ?? "scatter", name = trace.Text("name") is { Length: > 0 } own ? own : FormattableString.Invariant($"trace {i}");
            if (!inLegendOnly && type == "heatmap") AddHeatmap(trace);
            else if (type == "bar")
            {
                BarMarks bar = new(figure, trace, inLegendOnly ? Spare("x") : axes.X(trace), inLegendOnly ? Spare("y") : axes.Y(trace), i);
                if (!inLegendOnly) marks.Add(bar);
                entries.Add((trace, name, (svg, x, y) => bar.DrawSample(svg, x, y, 30)));
            }
            else if (type is "scatter" or "scattergl")
            {
                TraceStyle style = new(figure, trace, i);
                if (!inLegendOnly)
                {
                    (Axis, Axis) subplot = (axes.X(trace), axes.Y(trace));
                    ScatterMarks scatter = new(trace, style, subplot.Item1, subplot.Item2, previous.GetValueOrDefault(subplot));
                    previous[subplot] = scatter;
                    marks.Add(scatter);
                }
                entries.Add((trace, name, (svg, x, y) => style.DrawSample(svg, x, y, 30)));
            }
        }
        foreach (IGrouping<(Axis, Axis, bool), BarMarks> group in marks.OfType<BarMarks>().GroupBy(b => (b.X, b.Y, b.IsHorizontal))) BarStacks.Place([.. group], figure.Layout);
        foreach (IMarks mark in marks) mark.Extend();
    }

    /// <summary>Draws everything; returns the SVG text and how many marks lie in it, or the reason it cannot be.</summary>
    public (string? Svg, int Marks, string? Refusal) Draw()
    {
        bool reversed = (figure.Layout.Text("barmode") is "stack" or "relative" && marks.OfType<BarMarks>().Any()) || figure.Traces.Any(t => t.Text("fill") == "tonexty");
        Legend legend = new(figure, entries, reversed);
        PictureLayout layout = new(figure, axes, legend, bars);
        PlotArea plot = layout.Plot;
        if (plot.Width < 20 || plot.Height < 20) return (null, 0, FormattableString.Invariant($"a plot of {plot.Width:0}x{plot.Height:0} pixels, which is what the labels leave of {figure.Width:0}x{figure.Height:0}"));
        SvgWriter svg = new();
        string paper = figure.Layout.Text("paper_bgcolor") ?? "#fff";
        svg.Open("svg", ("xmlns", "http://www.w3.org/2000/svg"), ("width", SvgWriter.Number(figure.Width)), ("height", SvgWriter.Number(figure.Height)),
            ("viewBox", $"0 0 {SvgWriter.Number(figure.Width)} {SvgWriter.Number(figure.Height)}"), ("role", "img"), ("font-family", figure.FontFamily));
        if (figure.Title is { } title) svg.Labelled("title", RichText.Plain(title));
        if (figure.Summary is { Length: > 0 } summary) svg.Labelled("desc", summary);
        svg.Rectangle(0, 0, figure.Width, figure.Height, paper);
        foreach (PlotArea subplot in Subplots()) svg.Rectangle(subplot.Left, subplot.Top, subplot.Width, subplot.Height, figure.Layout.Text("plot_bgcolor") ?? "#fff");
        svg.Open("clipPath", ("id", "plot")).Rectangle(plot.Left, plot.Top, plot.Width, plot.Height, "#000").Close();
        Decorations decorations = new(figure, axes, plot);
        decorations.DrawShapes(svg, below: true);
        foreach (AxisPainter painter in layout.Painters)
            if (painter.Axis.Settings.Text("overlaying") is null or "free") painter.DrawGrid(svg, AreaOf(painter.Axis));
        DrawMarks(svg);
        foreach (AxisPainter painter in layout.Painters) painter.Draw(svg, AreaOf(painter.Axis), layout.LineOf(painter));
        decorations.DrawShapes(svg, below: false);
        decorations.DrawAnnotations(svg);
        DrawTitle(svg, layout, plot);
        foreach (ColourBar bar in bars) bar.Draw(svg, plot);
        (double left, double top) = legend.Place(plot, layout.BelowAxes);
        legend.Draw(svg, left, top, paper);
        svg.Close();
        return (svg.ToString(), svg.Marks, null);

        // An axis's lines span the axes it crosses.
        PlotArea AreaOf(Axis axis)
        {
            Axis? other = axes.AnchorOf(axis);
            if (other is null) return plot;
            Axis x = axis.IsX ? axis : other, y = axis.IsX ? other : axis;
            return new(x.Scale.Start, y.Scale.End, x.Scale.End, y.Scale.Start);
        }

        IEnumerable<PlotArea> Subplots() => marks.Select(m => new PlotArea(m.X.Scale.Start, m.Y.Scale.End, m.X.Scale.End, m.Y.Scale.Start)).DefaultIfEmpty(plot).Distinct();
    }

    private void DrawMarks(SvgWriter svg)
    {
        int clip = 0;
        foreach (IGrouping<(Axis X, Axis Y), IMarks> subplot in marks.GroupBy(m => (m.X, m.Y)))
        {
            (Axis x, Axis y) = subplot.Key;
            PlotArea area = new(x.Scale.Start, y.Scale.End, x.Scale.End, y.Scale.Start);
            string id = FormattableString.Invariant($"plot{++clip}");
            // Lines and markers on the very edge of the range shall not be cut in half.
            PlotArea clipped = area.Grown(subplot.All(m => m is ScatterMarks) ? 4 : 0.5);
            svg.Open("clipPath", ("id", id)).Rectangle(clipped.Left, clipped.Top, clipped.Width, clipped.Height, "#000").Close();
            svg.Open("g", ("class", "marks"), ("clip-path", $"url(#{id})"));
            foreach (IMarks mark in subplot.OrderBy(m => m.Layer)) mark.Draw(svg, area);
            foreach (BarMarks bar in subplot.OfType<BarMarks>()) bar.DrawErrors(svg, area);
            svg.Close();
        }
    }

    private void DrawTitle(SvgWriter svg, PictureLayout layout, PlotArea plot)
    {
        if (layout.Title is not { } title) return;
        Settings settings = figure.Layout["title"];
        bool overPlot = settings.Text("xref") == "paper";
        double share = settings.Number("x") ?? 0.5;
        double x = overPlot ? plot.Left + share * plot.Width : share * figure.Width;
        Settings pad = settings["pad"];
        string anchor = settings.Text("xanchor") switch { "left" => "start", "right" => "end", "center" => "middle", _ => share < 1.0 / 3 ? "start" : share > 2.0 / 3 ? "end" : "middle" };
        x += (pad.Number("l") ?? 0) - (pad.Number("r") ?? 0);
        double width = title.Width;
        x = anchor switch
        {
            "start" => Math.Clamp(x, 0, Math.Max(0, figure.Width - width)),
            "end" => Math.Clamp(x, Math.Min(width, figure.Width), figure.Width),
            _ => Math.Clamp(x, Math.Min(width, figure.Width) / 2, Math.Max(figure.Width - width / 2, figure.Width / 2)),
        };
        double margin = figure.Layout["margin"].Number("t") ?? 100;
        double y = settings.Number("y") is double height
            ? (settings.Text("yref") == "paper" ? plot.Bottom - height * plot.Height : (1 - height) * figure.Height) - settings.Text("yanchor") switch { "top" => 0, "bottom" => title.Height, _ => title.Height / 2 }
            : margin / 2 - title.Height / 2;
        y += (pad.Number("t") ?? 0) - (pad.Number("b") ?? 0);
        title.Draw(svg, x, Math.Clamp(y, 2, Math.Max(2, figure.Height - title.Height)), anchor, settings["font"].Text("color") ?? figure.FontColour);
    }

    private void AddHeatmap(Settings trace)
    {
        HeatmapMarks map = new(figure, trace, axes.X(trace), axes.Y(trace));
        marks.Add(map);
        if (map.Colours.HasBar && bars.Count == 0) bars.Add(new(figure, map.Colours));
    }

    // A trace shown in the legend only has no say in the axes.
    private Axis Spare(string id) => new(id, default, figure.FontSize, AxisKind.Category);
}
