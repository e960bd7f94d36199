using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Workbench.Notebooks.Pictures;

namespace Workbench.Notebooks.Formatters;

/// <summary>Sentences about traces, for charts that bring no summary of their own.</summary>
internal static class FigureText
{
    /// <summary>A label without Plotly's markup.</summary>
    public static string Plain(string label) => RichText.Plain(label);

    /// <summary>Name, number of points and ranges of one trace.</summary>
    public static string Describe(JsonObject trace)
    {
        string type = Settings.TextOf(trace["type"]) ?? "scatter", name = Settings.TextOf(trace["name"]) is { Length: > 0 } own ? $"{own} ({type})" : type;
        if (trace["z"] is JsonArray rows)
        {
            JsonArray[] cells = [.. rows.OfType<JsonArray>()];
            return string.Create(CultureInfo.InvariantCulture, $"{name}: {cells.Length} × {cells.Select(r => r.Count).DefaultIfEmpty(0).Max()} cells{Range(cells.SelectMany(r => r), ", ")}");
        }
        int count = (trace["y"] as JsonArray ?? trace["x"] as JsonArray ?? trace["values"] as JsonArray)?.Count ?? 0;
        string ranges = Range(trace["x"] as JsonArray ?? [], ", x ") + Range(trace["y"] as JsonArray ?? [], ", y ");
        return string.Create(CultureInfo.InvariantCulture, $"{name}: {count} {(count == 1 ? "point" : "points")}{ranges}");
    }

    private static string Range(IEnumerable<JsonNode?> data, string before)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        JsonNode? first = null, last = null;
        foreach (JsonNode? datum in data)
        {
            if (datum is null) continue;
            first ??= datum;
            last = datum;
            if (datum.GetValueKind() == JsonValueKind.Number && Settings.NumberOf(datum) is double number) (low, high) = (Math.Min(low, number), Math.Max(high, number));
        }
        if (low <= high) return string.Create(CultureInfo.InvariantCulture, $"{before}{low:G6} to {high:G6}");
        return Settings.TextOf(first) is { } from && Settings.TextOf(last) is { } to ? $"{before}{from} to {to}" : "";
    }
}
