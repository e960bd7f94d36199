using System.Text.Json.Nodes;
using Plotly.NET;

namespace Workbench.Analysis.Tests;

/// <summary>What a chart's figure says, read from its JSON as a renderer does.</summary>
internal sealed class FigureJson
{
    private readonly JsonNode root;

    public FigureJson(GenericChart chart) => (Summary, root) = (chart.Summary(), JsonNode.Parse(chart.ToFigureJson())!);

    public string Summary { get; }
    public JsonArray Data => root["data"]!.AsArray();
    public JsonNode Layout => root["layout"]!;
    public string Title => (string)Layout["title"]!["text"]!;
    public string XTitle => (string)Layout["xaxis"]!["title"]!["text"]!;
    public string YTitle => (string)Layout["yaxis"]!["title"]!["text"]!;
    public string YType => (string)Layout["yaxis"]!["type"]!;
    public string XType => (string)Layout["xaxis"]!["type"]!;
    /// <summary>Sentences in the plot.</summary>
    public string[] Sentences => Layout["annotations"] is JsonArray notes ? [.. notes.Select(n => (string)n!["text"]!)] : [];
    public string[] Names => [.. Data.Select(t => (string?)t!["name"] ?? "")];

    public JsonNode Trace(string name) => Data.Single(t => (string?)t!["name"] == name)!;

    public static double?[] Numbers(JsonNode trace, string member) => [.. trace[member]!.AsArray().Select(n => (double?)n)];

    public static string[] Texts(JsonNode trace, string member) => [.. trace[member]!.AsArray().Select(n => (string)n!)];
}
