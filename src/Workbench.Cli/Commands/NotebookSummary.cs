using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Workbench.Notebooks.Running;

namespace Workbench.Cli.Commands;

/// <summary>What came of a run, as docs/notebooks.md describes it.</summary>
internal sealed record NotebookSummary
{
    // Titles and messages in any script stay readable.
    private static readonly NotebookSummaryJson Json = new(new JsonSerializerOptions(NotebookSummaryJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public required string Notebook { get; init; }
    public required bool Ok { get; init; }
    public required int Cells { get; init; }
    public required int Ran { get; init; }
    public required double Seconds { get; init; }
    public required JsonObject Parameters { get; init; }
    public int? FailedCell { get; init; }
    public NotebookSummaryError? Error { get; init; }
    public required IReadOnlyList<NotebookSummaryCell> Runs { get; init; }
    public required IReadOnlyList<string> Written { get; init; }

    public static NotebookSummary Of(string name, RunReport report, JsonObject parameters, IReadOnlyList<string> written) => new()
    {
        Notebook = name, Ok = report.FirstFailure is null && !report.IsInterrupted, Cells = report.Document.Cells.Count,
        Ran = report.Cells.Count(c => c.Status is not (CellRunStatus.NotRun or CellRunStatus.Skipped)), Seconds = Rounded(report.Cells.Sum(c => c.Seconds)), Parameters = parameters,
        FailedCell = report.FirstFailure?.Number, Error = report.FirstFailure is { Error: { } error } failed ? new(failed.Number, failed.Id, failed.ErrorLine, error.Name, error.Message, error.Traceback) : null,
        Runs = [.. report.Cells.Select(c => new NotebookSummaryCell(c.Number, c.Id, c.Title, JsonNamingPolicy.KebabCaseLower.ConvertName(c.Status.ToString()), Rounded(c.Seconds), c.Outputs))], Written = written,
    };

    /// <summary>The cell, the line and what went wrong, then the first lines of the trace.</summary>
    public static IEnumerable<string> Explain(string name, CellRun failed)
    {
        if (failed.Error is not { } error) yield break;
        string line = failed.ErrorLine is { } at ? string.Create(CultureInfo.InvariantCulture, $", line {at}") : "";
        string cell = failed.Number == 0 ? $"cell of parameters ({failed.Id})" : string.Create(CultureInfo.InvariantCulture, $"cell {failed.Number} ({failed.Id})");
        yield return $"{name} {cell}{line}: {error.Name}: {error.Message}";
        // The first line of a trace repeats the message.
        foreach (string text in error.Traceback.Where(t => t != error.Message && t != $"{error.Name}: {error.Message}").SelectMany(t => t.Split('\n')).Take(6)) yield return "    " + text.TrimEnd();
    }

    public void Print(TextWriter to)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Notebook}: {Ran} of {Runs.Count} code cells ran in {Seconds:0.00} s{(Ok ? "" : FailedCell == 0 ? ", the cell of parameters failed" : $", cell {FailedCell} failed")}"));
        foreach ((string key, JsonNode? value) in Parameters) to.WriteLine($"  {key} = {value?.ToJsonString() ?? "null"}");
        if (Runs.Count > 0) to.WriteLine("cell  seconds  outputs  ended        title");
        foreach (NotebookSummaryCell cell in Runs)
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"{cell.Cell,4}  {cell.Seconds,7:0.00}  {cell.Outputs,7}  {cell.Status,-11}  {cell.Title}");
            to.WriteLine(line.Length <= 80 ? line : line[..77] + "...");
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json.NotebookSummary);

    private static double Rounded(double seconds) => Math.Round(seconds, 3);
}

/// <summary>The error that ended a run.</summary>
internal sealed record NotebookSummaryError(int Cell, string Id, int? Line, string Name, string Message, IReadOnlyList<string> Traceback);

/// <summary>One code cell of a run.</summary>
internal sealed record NotebookSummaryCell(int Cell, string Id, string Title, string Status, double Seconds, int Outputs);

/// <summary>Summaries as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(NotebookSummary))]
internal sealed partial class NotebookSummaryJson : JsonSerializerContext;
