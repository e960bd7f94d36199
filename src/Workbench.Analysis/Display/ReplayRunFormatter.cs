using System.Text.Json;
using System.Text.Json.Nodes;
using Workbench.Display;
using Workbench.Replay;

namespace Workbench.Analysis.Display;

/// <summary>A run: what was asked in one line, then the result as it shows itself, then what ran, folded.</summary>
internal sealed class ReplayRunFormatter
{
    private const int ShownHash = 12;

    private readonly MimeFormatter[] formatters =
    [
        new(MimeFormatter.Html, value => value is ReplayRun run ? Html(run) : null),
        new(MimeFormatter.Plain, value => value is ReplayRun run ? Text(run) : null),
    ];

    /// <summary>The formatters, as notebook engines ask for them by convention.</summary>
    public IEnumerable<object> CreateTypeFormatters() => formatters;

    /// <summary>The settings that are not the defaults, by the names of an experiment's file: "iommu amd, pageSize 2M".</summary>
    internal static string Asked(Experiment experiment)
    {
        JsonObject usual = Json(new());
        string[] chosen = [.. Json(experiment).Where(s => !JsonNode.DeepEquals(s.Value, usual[s.Key])).SelectMany(s => Settings(s.Key, s.Value))];
        return chosen.Length == 0 ? "All settings are the defaults." : $"Other than by default: {string.Join(", ", chosen)}.";
    }

    private static string Html(ReplayRun run)
    {
        HtmlCard head = new(), tail = new();
        Head(run, head);
        Tail(run.Manifest, tail);
        return $"<div>{head}\n{OwnForm.Of(run.Result, MimeFormatter.Html)}\n{tail}</div>";
    }

    private static string Text(ReplayRun run)
    {
        TextCard head = new(), tail = new();
        Head(run, head);
        Tail(run.Manifest, tail);
        return $"{head}\n\n{OwnForm.Of(run.Result, MimeFormatter.Plain)}\n\n{tail}";
    }

    private static void Head(ReplayRun run, ICard card)
    {
        card.Title("Run", $"{run.Label} on {run.Trace}");
        card.Text(Asked(run.Experiment));
    }

    // The settings stand above, all of them in the manifest's own form.
    private static void Tail(RunManifest manifest, ICard card) =>
        card.Fold("What ran", inner => inner.Facts([new("tool", manifest.Tool), new("trace", manifest.Trace), Hash("trace sha256", manifest.TraceSha256), Hash("experiment sha256", manifest.ExperimentSha256)]));

    private static Fact Hash(string name, string hash) => hash.Length <= ShownHash ? new(name, hash) : new(name, hash[..ShownHash] + "…", hash);

    private static JsonObject Json(Experiment experiment) => JsonSerializer.SerializeToNode(experiment, ReplayJson.Default.Experiment) as JsonObject ?? [];

    private static IEnumerable<string> Settings(string name, JsonNode? value) =>
        value is JsonObject parts ? parts.SelectMany(p => Settings($"{name}.{p.Key}", p.Value)) : [$"{name} {value}"];
}
