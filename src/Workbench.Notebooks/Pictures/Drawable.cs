using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>Says what of a figure cannot be drawn as a still picture. Everything the drawing code does not honour is named here, so that a picture is right or not made.</summary>
internal static class Drawable
{
    private static readonly HashSet<string> Shapes = ["line", "rect", "circle"];
    private static readonly HashSet<string> LineShapes = ["linear", "hv", "vh", "hvh", "vhv"];
    private static readonly HashSet<string> Fills = ["none", "tozeroy", "tonexty", "toself"];
    private static readonly HashSet<string> AxisTypes = ["-", "linear", "log", "date", "category"];

    /// <summary>The first reason found, or null when the figure can be drawn.</summary>
    public static string? Refusal(Figure figure)
    {
        if (figure.Width is < 100 or > 10_000 || figure.Height is < 80 or > 10_000) return $"a size of {figure.Width:0}x{figure.Height:0} pixels (100x80 to 10000x10000 can be drawn)";
        foreach (string part in (string[])["grid", "images", "polar", "scene", "ternary", "geo", "mapbox"])
            if (figure.Layout.Node(part) is { } node && node is JsonArray { Count: > 0 } or JsonObject { Count: > 0 } && !IsTemplateOnly(figure, part)) return $"layout.{part}";
        foreach (Settings trace in figure.Traces.Where(Figure.IsShown))
            if (Trace(figure, trace) is { } reason) return reason;
        foreach (Settings shape in figure.Items("shapes", "shapedefaults"))
        {
            if (!Shapes.Contains(shape.Text("type") ?? "rect")) return $"a shape of type {shape.Text("type")}";
            if (shape["label"].Text("text") is { Length: > 0 }) return "the label of a shape";
        }
        return null;
    }

    private static bool IsTemplateOnly(Figure figure, string part) => ReferenceEquals(figure.Template?[part], figure.Layout.Node(part));

    private static string? Trace(Figure figure, Settings trace)
    {
        string type = trace.Text("type") ?? "scatter";
        if (type is not ("scatter" or "scattergl" or "bar" or "heatmap")) return $"a trace of type {type}";
        foreach (string direction in (string[])["x", "y"])
        {
            if (trace.Node(direction) is not (null or JsonArray)) return $"{direction} data that are no list";
            foreach (JsonNode? datum in trace.List(direction) ?? [])
            {
                if (datum is JsonArray or JsonObject) return $"{direction} data with several levels";
                if (datum?.GetValueKind() == JsonValueKind.Number && Settings.NumberOf(datum) is double v && Math.Abs(v) > 1e300) return $"a number as great as {v:0e0}";
            }
            if (Axis(figure, trace.Text(direction + "axis") ?? direction) is { } reason) return reason;
        }
        return type switch { "heatmap" => Heatmap(trace), "bar" => Bar(figure, trace), _ => Scatter(trace) };
    }

    private static string? Scatter(Settings trace)
    {
        if (trace.Text("stackgroup") is { Length: > 0 }) return "stacked lines (stackgroup)";
        if (!LineShapes.Contains(trace["line"].Text("shape") ?? "linear")) return $"lines of shape {trace["line"].Text("shape")}";
        if (!Fills.Contains(trace.Text("fill") ?? "none")) return $"fill {trace.Text("fill")}";
        if (trace.Text("orientation") == "h") return "a scatter trace along y";
        PerPoint symbols = new(trace["marker"].Node("symbol"));
        int count = symbols.IsList ? trace["marker"].List("symbol")?.Count ?? 0 : 1;
        for (int i = 0; i < count; i++)
            if (symbols.Text(i) is { } symbol && !MarkerSymbol.IsKnown(symbol)) return $"the marker symbol {symbol}";
        if (trace["marker"].Text("coloraxis") is not null || trace["marker"].Flag("showscale") == true) return "a colour bar of markers";
        if (trace.Text("texttemplate") is { Length: > 0 }) return "a text template";
        return null;
    }

    private static string? Bar(Figure figure, Settings trace)
    {
        if (figure.Layout.Text("barnorm") is { Length: > 0 }) return "normalised bars (barnorm)";
        if (trace["marker"].List("color") is { } colours && colours.Any(c => c?.GetValueKind() == JsonValueKind.Number)) return "bars coloured by numbers";
        if (trace["marker"]["pattern"].Node("shape") is JsonArray shapes && shapes.Select(Settings.TextOf).Distinct().Count() > 1) return "bars of one trace with several patterns";
        if (Pattern.Shape(trace) is { } pattern && !Pattern.IsKnown(pattern)) return $"the pattern {pattern}";
        if (trace.Text("texttemplate") is { Length: > 0 }) return "a text template";
        return null;
    }

    private static string? Heatmap(Settings trace)
    {
        if (trace.List("z") is not { } rows || rows.Any(r => r is not JsonArray)) return "a heat map whose z is no list of rows";
        if (trace.Text("zsmooth") is "best" or "fast") return "a smoothed heat map";
        if (trace.Text("texttemplate") is { Length: > 0 }) return "a text template";
        if (rows.Cast<JsonArray>().SelectMany(r => r).Any(v => Settings.NumberOf(v) is double d && double.IsFinite(d) && Math.Abs(d) > 1e300)) return "a number greater than 1e300";
        return trace.Node("colorscale") is { } scale && ColourScale.Read(scale, reversed: false) is null ? "an unknown colour scale" : null;
    }

    private static string? Axis(Figure figure, string id)
    {
        Settings axis = FigureAxes.SettingsOf(figure, id);
        if (!AxisTypes.Contains(axis.Text("type") ?? "-")) return $"an axis of type {axis.Text("type")}";
        if (axis.Text("categoryorder") is { } order && order is not ("trace" or "array")) return $"categories ordered by {order}";
        if (axis.Node("rangebreaks") is JsonArray { Count: > 0 }) return "range breaks";
        if (axis.Text("matches") is { Length: > 0 } || axis.Text("scaleanchor") is { Length: > 0 }) return "axes tied to each other";
        if (axis.Text("ticklabelposition") is { } position && position is not "outside") return $"tick labels {position}";
        if (axis.Text("tickformat") is { Length: > 0 } format && (axis.Text("type") == "date" ? !DateFormat.IsSupported(format) : NumberFormat.Parse(format) is null && !(format.Contains('%', StringComparison.Ordinal) && DateFormat.IsSupported(format)))) return $"the tick format {format}";
        return null;
    }
}
