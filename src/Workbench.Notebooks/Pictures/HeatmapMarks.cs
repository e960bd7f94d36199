using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>A heat map: one rectangle a cell, equal neighbours of a row joined.</summary>
internal sealed class HeatmapMarks : IMarks
{
    private readonly Settings settings;
    private readonly double[][] z;
    private readonly double[] xEdges, yEdges;

    public HeatmapMarks(Figure figure, Settings settings, Axis x, Axis y)
    {
        (this.settings, X, Y) = (settings, x, y);
        z = [.. (settings.List("z") ?? []).Select(row => (row as JsonArray ?? []).Select(v => Settings.NumberOf(v) is double d && double.IsFinite(d) ? d : double.NaN).ToArray())];
        int columns = z.Length == 0 ? 0 : z.Max(r => r.Length);
        if (settings.Flag("transpose") == true)
        {
            z = [.. Enumerable.Range(0, columns).Select(c => z.Select(r => c < r.Length ? r[c] : double.NaN).ToArray())];
            columns = z.Length == 0 ? 0 : z.Max(r => r.Length);
        }
        xEdges = Edges(settings.List("x"), settings.Number("x0") ?? 0, settings.Number("dx") ?? 1, columns, x);
        yEdges = Edges(settings.List("y"), settings.Number("y0") ?? 0, settings.Number("dy") ?? 1, z.Length, y);
        Colours = new(figure, settings, z.SelectMany(r => r));
    }

    public Axis X { get; }

    public Axis Y { get; }

    public int Layer => 0;

    public ColourRange Colours { get; }

    public void Extend()
    {
        X.Extent.Include(xEdges, padded: false);
        Y.Extent.Include(yEdges, padded: false);
    }

    public void Draw(SvgWriter svg, PlotArea area)
    {
        double xGap = settings.Number("xgap") ?? 0, yGap = settings.Number("ygap") ?? 0, opacity = settings.Number("opacity") ?? 1;
        PlotArea wide = area.Grown(4);
        svg.Open("g", ("class", "trace"), ("shape-rendering", "crispEdges"), ("opacity", opacity < 1 ? SvgWriter.Number(opacity) : null));
        for (int row = 0; row < z.Length; row++)
        {
            (double top, double bottom) = Between(Y.Scale.ToPixel(yEdges[row]), Y.Scale.ToPixel(yEdges[row + 1]), wide.Top, wide.Bottom, yGap);
            for (int from = 0; from < z[row].Length;)
            {
                double value = z[row][from];
                int to = from + 1;
                if (double.IsNaN(value) || !(bottom > top))
                {
                    from = to;
                    continue;
                }
                Colour colour = Colours.At(value);
                while (xGap == 0 && to < z[row].Length && !double.IsNaN(z[row][to]) && Colours.At(z[row][to]).Css == colour.Css) to++;
                (double left, double right) = Between(X.Scale.ToPixel(xEdges[from]), X.Scale.ToPixel(xEdges[to]), wide.Left, wide.Right, xGap);
                if (right > left)
                {
                    svg.CountMark(to - from);
                    svg.Rectangle(left, top, right - left, bottom - top, colour.Css);
                }
                from = to;
            }
        }
        svg.Close();
    }

    private static (double From, double To) Between(double a, double b, double least, double greatest, double gap) =>
        (Math.Max(least, Math.Min(a, b) + gap / 2), Math.Min(greatest, Math.Max(a, b) - gap / 2));

    // Centres become edges halfway between them; one more value than cells are edges already.
    private static double[] Edges(JsonArray? data, double first, double step, int cells, Axis axis)
    {
        if (cells == 0) return [];
        double[] at = data is null ? [.. Enumerable.Range(0, cells).Select(i => axis.FromNumber(first + i * step))] : axis.Coordinates(data);
        if (at.Length == cells + 1 && axis.Kind != AxisKind.Category) return at;
        double[] edges = new double[cells + 1];
        for (int i = 0; i <= cells; i++)
        {
            double Centre(int c) => c < at.Length ? at[c] : c;
            edges[i] = axis.Kind == AxisKind.Category
                ? i < cells ? Centre(i) - 0.5 : Centre(cells - 1) + 0.5
                : cells == 1 ? Centre(0) + (i == 0 ? -0.5 : 0.5)
                : i == 0 ? Centre(0) - (Centre(1) - Centre(0)) / 2
                : i == cells ? Centre(cells - 1) + (Centre(cells - 1) - Centre(cells - 2)) / 2
                : (Centre(i - 1) + Centre(i)) / 2;
        }
        return edges;
    }
}
