using System.Text.Json.Nodes;
using Microsoft.Data.Analysis;
using Plotly.NET;
using Plotly.NET.TraceObjects;

namespace Workbench.Notebooks.Tests.Formatters;

/// <summary>Charts and frames to be shown.</summary>
internal static class Samples
{
    /// <summary>A chart of one trace, built from Plotly.NET's own objects.</summary>
    public static GenericChart Chart(string type = "scatter", string? title = "Dirty pages", string? summary = "Highest at 2 s: 5 pages.", string name = "vtd")
    {
        Trace trace = new(type);
        trace.SetProperty("name", name);
        trace.SetProperty("mode", "lines+markers");
        trace.SetProperty("x", Enumerable.Range(0, 4).Select(i => i * 0.5));
        trace.SetProperty("y", new double[] { 1, 5, double.NaN, 2 });
        Marker marker = new();
        marker.SetProperty("color", Color.fromHex("#0072b2"));
        marker.SetProperty("size", 7);
        trace.SetProperty("marker", marker);
        Layout layout = new();
        layout.SetProperty("width", 500);
        layout.SetProperty("height", 300);
        if (title is not null) layout.SetProperty("title", title);
        if (summary is not null)
        {
            DynamicObj.DynamicObj meta = new();
            meta.SetProperty("summary", summary);
            layout.SetProperty("meta", meta);
        }
        return GenericChart.setLayout(layout, GenericChart.ofTraceObject(true, trace));
    }

    public static DataFrame Frame(int rows, string text = "vtd") => new(
        new Int64DataFrameColumn("time_ns", Enumerable.Range(0, rows).Select(i => i * 1_000_000L)),
        new StringDataFrameColumn("iommu", Enumerable.Range(0, rows).Select(i => i == 1 ? null : text)),
        new DoubleDataFrameColumn("cost_us", Enumerable.Range(0, rows).Select(i => i / 4.0)));

    /// <summary>Numbers as doubles and members in order, so that two writers of the same figure can be compared.</summary>
    public static JsonNode? Normal(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Normal(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Normal)]),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number => JsonValue.Create(value.GetValue<double>()),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String && value.GetValue<string>() is "NaN" or "Infinity" or "-Infinity" => null,
        _ => node?.DeepClone(),
    };
}
