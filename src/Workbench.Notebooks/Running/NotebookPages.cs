using System.Text.Json.Nodes;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Export;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>What a stored notebook shows, for a page or for files of its figures.</summary>
public static class NotebookPages
{
    /// <summary>Its cells with their stored outputs; raw cells are for other tools and left out.</summary>
    public static IReadOnlyList<PageCell> Cells(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return [.. document.Cells.Where(c => c.Kind != NotebookCellKind.Raw).Select(cell => cell.Kind == NotebookCellKind.Markdown ? PageCell.Markdown(cell.Source) : new PageCell
        {
            Source = cell.Source, Language = CellLanguages.Of(document, cell), ExecutionCount = (int?)cell.ExecutionCount, Outputs = [.. cell.Outputs.Select(Output).OfType<PageOutput>()],
        })];
    }

    /// <summary>The figures a run left, each named by its cell's number and its own in the cell, such as fig-03-1.</summary>
    public static IReadOnlyList<NamedFigure> Figures(RunReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return [.. report.Cells.SelectMany(run => (report.Document.Cells.FirstOrDefault(c => c.Id == run.Id)?.Outputs ?? [])
            .Select(o => o["data"]?[ChartFormatter.PlotlyMime]).OfType<JsonObject>().Select((figure, i) => new NamedFigure(NamedFigure.NameOf(run.Number, i + 1), figure)))];
    }

    private static PageOutput? Output(JsonObject output) => TextOf(output["output_type"]) switch
    {
        "stream" => PageOutput.Stream(TextOf(output["text"]), TextOf(output["name"]) == "stderr"),
        "error" => PageOutput.Of(new CellError(TextOf(output["ename"]), TextOf(output["evalue"]), [.. (output["traceback"] as JsonArray ?? []).Select(TextOf)])),
        "execute_result" or "display_data" => PageOutput.Of(Bundle(output["data"] as JsonObject ?? [])),
        _ => null,
    };

    private static MimeBundle Bundle(JsonObject data)
    {
        MimeBundle bundle = MimeBundle.Empty;
        foreach ((string mimeType, JsonNode? value) in data)
        {
            if (value is null) continue;
            bundle = bundle.With(mimeType, mimeType.EndsWith("json", StringComparison.Ordinal) ? value.DeepClone() : TextOf(value));
        }
        return bundle;
    }

    // Stored texts are one text or a list of lines.
    private static string TextOf(JsonNode? node) => node switch
    {
        JsonArray lines => string.Concat(lines.Select(TextOf)),
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => "",
    };
}
