using System.Globalization;

namespace Workbench.Notebooks.Pictures;

/// <summary>Hatching of bars (marker.pattern), so that they differ without colour.</summary>
internal static class Pattern
{
    /// <summary>The pattern of a trace, or null when it has none.</summary>
    public static string? Shape(Settings trace) => new PerPoint(trace["marker"]["pattern"].Node("shape")).Text(0) is { Length: > 0 } shape ? shape : null;

    public static bool IsKnown(string shape) => shape is "/" or "\\" or "x" or "-" or "|" or "+" or ".";

    public static string Id(int trace) => string.Create(CultureInfo.InvariantCulture, $"pattern{trace}");

    /// <summary>The plain colour below the pattern: the bar's own where the pattern is laid over it, else that of the pattern's background.</summary>
    public static string Background(Settings trace, string colour) => Shape(trace) is null || IsOverlay(trace) ? colour : trace["marker"]["pattern"].Text("bgcolor") ?? "transparent";

    private static bool IsOverlay(Settings trace) => trace["marker"]["pattern"].Text("fillmode") == "overlay";

    /// <summary>Writes the pattern's definition and returns its id; null when the trace has none.</summary>
    public static string? Define(SvgWriter svg, Settings trace, string colour, int index)
    {
        if (Shape(trace) is not { } shape) return null;
        Settings pattern = trace["marker"]["pattern"];
        double size = Math.Clamp(pattern.Number("size") ?? 8, 2, 64);
        string ink = pattern.Text("fgcolor") ?? (!IsOverlay(trace) ? colour : (Colour.Parse(colour) ?? Colour.Black).Lightness > 0.55 ? "#444" : "#fff");
        string s = SvgWriter.Number(size), h = SvgWriter.Number(size / 2);
        string path = shape switch
        {
            "/" => $"M0,{s}L{s},0M-1,1L1,-1M{SvgWriter.Number(size - 1)},{SvgWriter.Number(size + 1)}L{SvgWriter.Number(size + 1)},{SvgWriter.Number(size - 1)}",
            "\\" => $"M0,0L{s},{s}M{SvgWriter.Number(size - 1)},-1L{SvgWriter.Number(size + 1)},1M-1,{SvgWriter.Number(size - 1)}L1,{SvgWriter.Number(size + 1)}",
            "x" => $"M0,{s}L{s},0M0,0L{s},{s}",
            "-" => $"M0,{h}L{s},{h}",
            "|" => $"M{h},0L{h},{s}",
            "+" => $"M{h},0L{h},{s}M0,{h}L{s},{h}",
            _ => "",
        };
        svg.Open("pattern", ("id", Id(index)), ("width", s), ("height", s), ("patternUnits", "userSpaceOnUse"));
        if (path.Length > 0) svg.Element("path", [("d", path), ("fill", "none"), .. Colour.Paint("stroke", ink), ("stroke-width", "1.5")]);
        else svg.Element("circle", [("cx", h), ("cy", h), ("r", SvgWriter.Number(size / 5)), .. Colour.Paint("fill", ink)]);
        svg.Close();
        return Id(index);
    }
}
