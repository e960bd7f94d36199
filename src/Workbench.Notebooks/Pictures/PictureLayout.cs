namespace Workbench.Notebooks.Pictures;

/// <summary>Finds the plot area: the figure's margins, grown until every label, title and legend has room.</summary>
internal sealed class PictureLayout
{
    private readonly Figure figure;
    private readonly Legend legend;
    private readonly List<AxisPainter> painters;
    private readonly List<ColourBar> bars;

    public PictureLayout(Figure figure, FigureAxes axes, Legend legend, List<ColourBar> bars)
    {
        (this.figure, Axes, this.legend, this.bars) = (figure, axes, legend, bars);
        painters = [.. axes.All.Select(a => new AxisPainter(figure, a))];
        Settings font = figure.Layout["title"]["font"];
        if (figure.Title is { } title) Title = RichText.Fitting(title, font.Number("size") ?? figure.FontSize * 1.4, figure.Width - 20);
        Plot = Solve();
    }

    public FigureAxes Axes { get; }

    public IReadOnlyList<AxisPainter> Painters => painters;

    public PlotArea Plot { get; private set; }

    public RichText? Title { get; }

    /// <summary>The pixel of the axis line on the other direction.</summary>
    public double LineOf(AxisPainter painter)
    {
        Axis? anchor = Axes.AnchorOf(painter.Axis);
        if (anchor is null)
        {
            double share = painter.Axis.Settings.Number("position") ?? (painter.IsFarSide ? 1 : 0);
            return painter.Axis.IsX ? Plot.Bottom - share * Plot.Height : Plot.Left + share * Plot.Width;
        }
        return painter.IsFarSide ? anchor.Scale.End : anchor.Scale.Start;
    }

    /// <summary>The pixel below which nothing of the axes is drawn.</summary>
    public double BelowAxes => painters.Where(p => p.Axis.IsX && !p.IsFarSide).Select(p => LineOf(p) + p.Room).Append(Plot.Bottom).Max() + 4;

    private PlotArea Solve()
    {
        Settings margin = figure.Layout["margin"];
        double left = margin.Number("l") ?? 80, right = margin.Number("r") ?? 80, top = margin.Number("t") ?? 100, bottom = margin.Number("b") ?? 80;
        if (Title is not null && figure.Layout["title"].Number("y") is null) top = Math.Max(top, Title.Height + 8);
        PlotArea area = default;
        for (int pass = 0; pass < 4; pass++)
        {
            area = new(left, top, Math.Max(left + 1, figure.Width - right), Math.Max(top + 1, figure.Height - bottom));
            Plot = area;
            foreach (AxisPainter painter in painters)
            {
                (double from, double to) = Domain(painter.Axis);
                if (painter.Axis.IsX) painter.Axis.Lay(area.Left + from * area.Width, area.Left + to * area.Width);
                else painter.Axis.Lay(area.Bottom - from * area.Height, area.Bottom - to * area.Height);
                painter.Measure();
            }
            foreach (AxisPainter painter in painters)
            {
                double line = LineOf(painter);
                if (painter.Axis.IsX && painter.IsFarSide) top += Math.Max(0, painter.Room + 4 + (Title?.Height ?? 0) - line);
                else if (painter.Axis.IsX) bottom += Math.Max(0, line + painter.Room + 4 - figure.Height);
                else if (painter.IsFarSide) right += Math.Max(0, line + painter.Room + 4 - figure.Width);
                else left += Math.Max(0, painter.Room + 4 - line);
                (double before, double after) = painter.Overhang();
                left = Math.Max(left, before + 4);
                right = Math.Max(right, after + 4);
            }
            foreach (ColourBar bar in bars)
            {
                bar.Measure(area);
                right = Math.Max(right, bar.Width + area.Width * 0.02);
            }
            if (!legend.IsShown) continue;
            legend.Measure(legend.IsHorizontal ? area.Width : figure.Width);
            (double x, double y) = legend.Place(area, BelowAxes);
            right += Math.Max(0, x + legend.Width + 4 - figure.Width);
            bottom += Math.Max(0, y + legend.Height + 4 - figure.Height);
            left += Math.Max(0, 4 - x);
            if (legend.Y > 1) top += Math.Max(0, 4 + (Title?.Height ?? 0) - y);
        }
        return area;
    }

    private static (double From, double To) Domain(Axis axis)
    {
        Settings settings = axis.Settings;
        if (settings.List("domain") is not { Count: 2 } domain || Settings.NumberOf(domain[0]) is not double from || Settings.NumberOf(domain[1]) is not double to || !(from >= 0 && to > from && to <= 1)) return (0, 1);
        return (from, to);
    }
}
