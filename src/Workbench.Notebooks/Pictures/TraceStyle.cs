namespace Workbench.Notebooks.Pictures;

/// <summary>Colours, line, markers and texts of a scatter trace, as its marks and its legend entry draw them.</summary>
internal sealed class TraceStyle
{
    private readonly Settings line, marker;
    private readonly string colour;
    private readonly PerPoint sizes, symbols, colours;
    private readonly double markerOpacity;
    private readonly ColourScale? scale;
    private readonly (double Low, double High) shades;
    private readonly Settings settings;

    public TraceStyle(Figure figure, Settings settings, int index)
    {
        this.settings = settings;
        (line, marker) = (settings["line"], settings["marker"]);
        colour = figure.Colour(index);
        int count = settings.List("y")?.Count ?? settings.List("x")?.Count ?? 0;
        string mode = settings.Text("mode") ?? (count < 20 ? "lines+markers" : "lines");
        HasLines = mode.Contains("lines", StringComparison.Ordinal) && LineWidth > 0;
        HasMarkers = mode.Contains("markers", StringComparison.Ordinal);
        HasText = mode.Contains("text", StringComparison.Ordinal);
        (sizes, symbols, colours) = (new(marker.Node("size")), new(marker.Node("symbol")), new(marker.Node("color")));
        markerOpacity = marker.Number("opacity") ?? (sizes.IsList ? 0.7 : 1);
        TextSize = settings["textfont"].Number("size") ?? figure.FontSize;
        TextColour = settings["textfont"].Text("color") ?? figure.FontColour;
        double[] values = marker.List("color") is { } list ? [.. list.Select(Settings.NumberOf).Where(v => v is not null && double.IsFinite(v.Value)).Select(v => v!.Value)] : [];
        if (values.Length == 0) return;
        scale = ColourScale.Read(marker.Node("colorscale") ?? figure.Layout["colorscale"].Node("sequential"), marker.Flag("reversescale") == true) ?? ColourScale.RdBu(reversed: false);
        shades = (marker.Number("cmin") ?? values.Min(), marker.Number("cmax") ?? values.Max());
    }

    public bool HasLines { get; }

    public bool HasMarkers { get; }

    public bool HasText { get; }

    public double TextSize { get; }

    public string TextColour { get; }

    public double LineWidth => line.Number("width") ?? 2;

    public string LineColour => line.Text("color") ?? (marker.Text("color") is { } same && Colour.Parse(same) is not null ? same : colour);

    public string FillColour => settings.Text("fillcolor") ?? ((Colour.Parse(LineColour) ?? Colour.Black) with { Alpha = 0.5 }).Css;

    public string MarkerColour(int index)
    {
        if (scale is not null && colours.Number(index) is double value) return scale.At(shades.High > shades.Low ? (value - shades.Low) / (shades.High - shades.Low) : 0.5).Css;
        return colours.Text(index) is { } own && Colour.Parse(own) is not null ? own : line.Text("color") ?? colour;
    }

    /// <summary>Radius of a marker in pixels.</summary>
    public double Radius(int index)
    {
        double size = sizes.Number(index) ?? (sizes.IsSet ? 0 : 6);
        if (!sizes.IsList) return Math.Clamp(size / 2, 0, 500);
        double reference = marker.Number("sizeref") is double given && given != 0 ? given : 1;
        double scaled = size / 2 / reference;
        double radius = marker.Text("sizemode") == "area" ? Math.Sqrt(Math.Max(0, scaled)) : scaled;
        return Math.Clamp(Math.Max(radius, (marker.Number("sizemin") ?? 0) / 2), 0, 500);
    }

    public double LargestRadius(int count) => sizes.IsList ? Enumerable.Range(0, count).Select(Radius).DefaultIfEmpty(0).Max() : Radius(0);

    public void DrawLine(SvgWriter svg, string path) => svg.Element("path", [("d", path), ("fill", "none"), .. Colour.Paint("stroke", LineColour), ("stroke-width", SvgWriter.Number(LineWidth)),
        ("stroke-dasharray", SvgWriter.Dash(line.Text("dash"), LineWidth)), ("stroke-linejoin", "round")]);

    /// <summary>Paint shared by all markers of the trace; empty where they differ.</summary>
    public (string Name, string? Value)[] MarkerPaint() => Varies ? [] : Paint(0);

    public void DrawMarker(SvgWriter svg, int index, double x, double y) =>
        MarkerSymbol.Draw(svg, symbols.Text(index) ?? "circle", x, y, Radius(index), Varies ? Paint(index) : []);

    /// <summary>Draws the trace's sample in a legend: a line of the given width with a marker in its middle.</summary>
    public void DrawSample(SvgWriter svg, double x, double y, double width)
    {
        if (settings.Text("fill") is not (null or "none"))
            svg.Rectangle(x, HasLines ? y : y - 5, width, HasLines ? 6 : 10, FillColour);
        if (HasLines) DrawLine(svg, $"M{LinePath.Pair(x, y)}L{LinePath.Pair(x + width, y)}");
        if (!HasMarkers) return;
        svg.Open("g", Paint(0));
        MarkerSymbol.Draw(svg, symbols.Text(0) ?? "circle", x + width / 2, y, Math.Clamp(Radius(0), 2, 8));
        svg.Close();
    }

    private bool Varies => colours.IsList || symbols.IsList;

    private (string Name, string? Value)[] Paint(int index)
    {
        string fill = MarkerColour(index), symbol = symbols.Text(index) ?? "circle";
        Settings outline = marker["line"];
        if (MarkerSymbol.IsOpen(symbol)) return [("fill", "none"), .. Colour.Paint("stroke", outline.Text("color") is { } own && !colours.IsSet ? own : fill, markerOpacity), ("stroke-width", SvgWriter.Number(outline.Number("width") is double w and > 0 ? w : 1))];
        double width = outline.Number("width") ?? (sizes.IsList ? 1 : 0);
        return [.. Colour.Paint("fill", fill, markerOpacity), .. width > 0 ? Colour.Paint("stroke", outline.Text("color") ?? (sizes.IsList ? "#fff" : "#444"), markerOpacity) : [], ("stroke-width", width > 0 ? SvgWriter.Number(width) : null)];
    }
}
