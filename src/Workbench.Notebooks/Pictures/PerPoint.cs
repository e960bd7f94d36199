using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>A setting given once for all points or as a list with one entry for each.</summary>
internal readonly struct PerPoint(JsonNode? node)
{
    public bool IsList => node is JsonArray;

    public bool IsSet => node is not null;

    public JsonNode? At(int index) => node is JsonArray list ? index < list.Count ? list[index] : null : node;

    public string? Text(int index) => Settings.TextOf(At(index));

    public double? Number(int index) => Settings.NumberOf(At(index)) is double v && double.IsFinite(v) ? v : null;
}
