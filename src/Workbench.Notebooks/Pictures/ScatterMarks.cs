using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>A scatter trace: line, markers, texts, fill and error bars.</summary>
internal sealed class ScatterMarks : IMarks
{
    private readonly Settings settings;
    private readonly TraceStyle style;
    private readonly double[] xs, ys;
    private readonly double[] xNumbers, yNumbers;
    private readonly ErrorBars? xErrors, yErrors;
    private readonly double opacity;
    private readonly ScatterMarks? below;

    /// <summary><paramref name="below"/> is the trace that a fill to the next one reaches.</summary>
    public ScatterMarks(Settings settings, TraceStyle style, Axis x, Axis y, ScatterMarks? below)
    {
        (this.settings, this.style, X, Y, this.below) = (settings, style, x, y, below);
        JsonArray? xData = settings.List("x"), yData = settings.List("y");
        int count = Math.Min(xData?.Count ?? int.MaxValue, yData?.Count ?? int.MaxValue);
        if (count == int.MaxValue) count = 0;
        xs = Take(xData, x, count, settings.Number("x0") ?? 0, settings.Number("dx") ?? 1);
        ys = Take(yData, y, count, settings.Number("y0") ?? 0, settings.Number("dy") ?? 1);
        xNumbers = Numbers(xData, xs, x);
        yNumbers = Numbers(yData, ys, y);
        xErrors = ErrorBars.Read(settings["error_x"]);
        yErrors = ErrorBars.Read(settings["error_y"]);
        opacity = settings.Number("opacity") ?? 1;
    }

    public Axis X { get; }

    public Axis Y { get; }

    public int Layer => 2;

    private bool FillsToZero => settings.Text("fill") is "tozeroy" || (settings.Text("fill") == "tonexty" && below is null);

    public void Extend()
    {
        bool dots = style.HasMarkers || style.HasText;
        double markerPx = style.HasMarkers ? style.LargestRadius(xs.Length) * 1.6 : 0;
        bool padX = yErrors is not null && !FillsToZero || dots && settings.Text("fill") is not ("tozeroy" or "tonexty");
        X.Extent.Include(xs, padX || xErrors is not null, padX ? markerPx : 0);
        Y.Extent.Include(ys, padded: true, markerPx);
        if (FillsToZero) Y.Extent.IncludeZero();
        for (int i = 0; i < xs.Length; i++)
        {
            if (xErrors?.Ends(i, xNumbers[i]) is var (left, right)) X.Extent.Include([X.FromNumber(left), X.FromNumber(right)], padded: true);
            if (yErrors?.Ends(i, yNumbers[i]) is var (low, high)) Y.Extent.Include([Y.FromNumber(low), Y.FromNumber(high)], padded: true);
        }
    }

    public void Draw(SvgWriter svg, PlotArea area)
    {
        (double X, double Y)[] pixels = new (double, double)[xs.Length];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (X.Scale.ToPixel(xs[i]), Y.Scale.ToPixel(ys[i]));
        svg.Open("g", [("class", "trace"), ("opacity", opacity < 1 ? SvgWriter.Number(opacity) : null)]);
        Fill(svg, area);
        for (int i = 0; i < pixels.Length; i++)
        {
            if (xErrors?.Ends(i, xNumbers[i]) is var (left, right)) xErrors.Draw(svg, X, X.FromNumber(left), X.FromNumber(right), pixels[i].Y, area, style.MarkerColour(i), 4);
            if (yErrors?.Ends(i, yNumbers[i]) is var (low, high)) yErrors.Draw(svg, Y, Y.FromNumber(low), Y.FromNumber(high), pixels[i].X, area, style.MarkerColour(i), 4);
        }
        if (style.HasLines)
        {
            foreach (List<(double X, double Y)> run in Lines())
            {
                string path = LinePath.Open(run, area);
                if (path.Length == 0) continue;
                svg.CountMark();
                style.DrawLine(svg, path);
            }
        }
        if (style.HasMarkers)
        {
            svg.Open("g", style.MarkerPaint());
            for (int i = 0; i < pixels.Length; i++)
            {
                if (!area.Grown(0.01).Contains(pixels[i].X, pixels[i].Y)) continue;
                svg.CountMark();
                style.DrawMarker(svg, i, pixels[i].X, pixels[i].Y);
            }
            svg.Close();
        }
        if (style.HasText) Texts(svg, pixels, area);
        svg.Close();
    }

    private List<List<(double X, double Y)>> Lines() =>
        [.. LinePath.Runs(xs.Zip(ys, (x, y) => (X.Scale.ToPixel(x), Y.Scale.ToPixel(y))), settings.Flag("connectgaps") == true)
            .Select(run => LinePath.Shape(run, settings["line"].Text("shape")))];

    private void Fill(SvgWriter svg, PlotArea area)
    {
        string? fill = settings.Text("fill");
        if (fill is null or "none") return;
        List<List<(double X, double Y)>> lines = Lines();
        List<List<(double X, double Y)>> shapes = [];
        if (fill == "tonexty" && below is not null)
        {
            // One polygon between the two lines, as a whole: gaps are bridged on both sides.
            List<(double X, double Y)> back = [.. below.Lines().SelectMany(l => l)];
            back.Reverse();
            shapes.Add([.. lines.SelectMany(l => l), .. back]);
        }
        else if (fill == "toself") shapes = lines;
        else
        {
            double zero = Y.Kind == AxisKind.Log ? Y.Scale.Start : Y.Scale.ToPixel(0);
            foreach (List<(double X, double Y)> line in lines) shapes.Add([.. line, (line[^1].X, zero), (line[0].X, zero)]);
        }
        foreach (List<(double X, double Y)> shape in shapes)
        {
            string path = LinePath.Closed(shape, area);
            if (path.Length == 0) continue;
            svg.CountMark();
            svg.Element("path", [("d", path), .. Colour.Paint("fill", style.FillColour)]);
        }
    }

    private void Texts(SvgWriter svg, (double X, double Y)[] pixels, PlotArea area)
    {
        PerPoint texts = new(settings.Node("text"));
        PerPoint positions = new(settings.Node("textposition"));
        for (int i = 0; i < pixels.Length; i++)
        {
            if (texts.Text(i) is not { Length: > 0 } text || !area.Contains(pixels[i].X, pixels[i].Y)) continue;
            RichText rich = RichText.Of(text, style.TextSize);
            string position = positions.Text(i) ?? "middle center";
            double away = style.HasMarkers ? style.Radius(i) + 2 : 2;
            double top = pixels[i].Y + (position.StartsWith("top", StringComparison.Ordinal) ? -rich.Height - away / 2 : position.StartsWith("bottom", StringComparison.Ordinal) ? away / 2 : -rich.Height / 2);
            (string anchor, double shift) = position.EndsWith("left", StringComparison.Ordinal) ? ("end", -away) : position.EndsWith("right", StringComparison.Ordinal) ? ("start", away) : ("middle", 0.0);
            svg.CountMark();
            rich.Draw(svg, pixels[i].X + shift, top, anchor, style.TextColour);
        }
    }

    private static double[] Take(JsonArray? data, Axis axis, int count, double first, double step) =>
        [.. Enumerable.Range(0, count).Select(i => data is null ? axis.FromNumber(first + i * step) : axis.Coordinate(data[i]))];

    private static double[] Numbers(JsonArray? data, double[] coordinates, Axis axis) =>
        axis.Kind == AxisKind.Log && data is not null ? [.. coordinates.Select((_, i) => Settings.NumberOf(data[i]) ?? double.NaN)] : coordinates;
}
