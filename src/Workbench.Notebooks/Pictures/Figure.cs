using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>A Plotly figure as read: layout and traces over their template, and the defaults that hold for the whole picture.</summary>
internal sealed class Figure
{
    private static readonly string[] DefaultColorway = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"];

    public Figure(JsonObject json)
    {
        JsonObject? layout = json["layout"] as JsonObject, template = layout?["template"] as JsonObject;
        Template = template?["layout"] as JsonObject;
        Layout = new(layout, Template);
        JsonObject? dataTemplate = template?["data"] as JsonObject;
        Dictionary<string, int> seen = [];
        foreach (JsonNode? node in json["data"] as JsonArray ?? [])
        {
            if (node is not JsonObject trace) continue;
            string type = Settings.TextOf(trace["type"]) ?? "scatter";
            int turn = seen[type] = seen.GetValueOrDefault(type, -1) + 1;
            JsonArray? styles = dataTemplate?[type] as JsonArray;
            traces.Add(new(trace, styles is { Count: > 0 } ? styles[turn % styles.Count] as JsonObject : null));
        }
        Width = Layout.Number("width") ?? 700;
        Height = Layout.Number("height") ?? 450;
        Settings font = Layout["font"];
        FontSize = font.Number("size") is double size and > 0 ? size : 12;
        FontColour = font.Text("color") ?? "#444";
        FontFamily = string.Join(", ", (font.Text("family") ?? "Open Sans").Split(',').Select(f => f.Trim().Trim('"', '\'')).Concat(["Helvetica", "Arial", "DejaVu Sans", "sans-serif"])
            .Distinct(StringComparer.OrdinalIgnoreCase).OrderBy(f => f is "sans-serif").Select(f => f.Contains(' ', StringComparison.Ordinal) ? $"'{f}'" : f));
        Colorway = Layout.List("colorway") is { Count: > 0 } own ? [.. own.Select(c => Settings.TextOf(c) ?? "#444")] : DefaultColorway;
    }

    private readonly List<Settings> traces = [];

    public Settings Layout { get; }

    public JsonObject? Template { get; }

    public IReadOnlyList<Settings> Traces => traces;

    /// <summary>Width in pixels, 700 unless set.</summary>
    public double Width { get; }

    /// <summary>Height in pixels, 450 unless set.</summary>
    public double Height { get; }

    public double FontSize { get; }

    public string FontColour { get; }

    public string FontFamily { get; }

    public IReadOnlyList<string> Colorway { get; }

    public string? Title => Layout.Title() is { Length: > 0 } title ? title : null;

    /// <summary>The sentence or two that say what the figure shows, from layout.meta.summary.</summary>
    public string? Summary => Layout["meta"].Text("summary");

    public string Colour(int trace) => Colorway[trace % Colorway.Count];

    /// <summary>The items of a layout list (annotations, shapes), each over the template's defaults for them.</summary>
    public IEnumerable<Settings> Items(string list, string defaults) =>
        (Layout.List(list) ?? []).OfType<JsonObject>().Select(item => new Settings(item, Template?[defaults] as JsonObject)).Where(item => item.Flag("visible") != false);

    public static bool IsShown(Settings trace) => trace.Node("visible") is not { } visible || visible.GetValueKind() == JsonValueKind.True;
}
