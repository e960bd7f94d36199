using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>Named settings of a figure, layered: what the figure says wins over what its template says.</summary>
internal readonly struct Settings(JsonObject? own, JsonObject? template = null)
{
    /// <summary>The settings below a name, in both layers.</summary>
    public Settings this[string name] => new(own?[name] as JsonObject, template?[name] as JsonObject);

    public JsonNode? Node(string name) => own?[name] ?? template?[name];

    public string? Text(string name) => TextOf(Node(name));

    public double? Number(string name) => NumberOf(Node(name)) is double number && double.IsFinite(number) ? number : null;

    public bool? Flag(string name) => Node(name)?.GetValueKind() switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };

    public JsonArray? List(string name) => Node(name) as JsonArray;

    /// <summary>A title written either as a text or as an object with a text.</summary>
    public string? Title(string name = "title") => Node(name) is JsonObject ? this[name].Text("text") : Text(name);

    public static string? TextOf(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.Number => node.ToJsonString(),
        _ => null,
    };

    /// <summary>A number, or a text that is one (hexadecimal too, as in JavaScript); null for anything else.</summary>
    public static double? NumberOf(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.Number => double.Parse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture),
        JsonValueKind.String when node.GetValue<string>() is ['0', 'x' or 'X', ..] hex && ulong.TryParse(hex.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) => value,
        JsonValueKind.String when double.TryParse(node.GetValue<string>(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) => value,
        _ => null,
    };
}
