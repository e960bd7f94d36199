using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Running;
using Workbench.Replay;

namespace Workbench.Cli.Commands;

/// <summary>What run and verify have in common: parameters, time limit, and the run itself.</summary>
internal static class NotebookOptions
{
    public static readonly Option<string[]> Parameters = new("--parameter", "-p") { Description = "NAME=VALUE of a parameter; a number, true, false, null, a JSON text, list or object, or plain text. May be repeated", AllowMultipleArgumentsPerToken = false };
    public static readonly Option<string?> ParameterFile = new("--parameters") { Description = "a JSON file with one object, a member for each parameter; -p goes before it" };
    public static readonly Option<string?> Timeout = new("--timeout") { Description = "the longest a cell may take, such as 60s [default: no limit]" };

    public static void AddTo(Command command)
    {
        command.Add(Parameters);
        command.Add(ParameterFile);
        command.Add(Timeout);
    }

    /// <summary>The parameters given, each once: the last -p of a name wins, over the file.</summary>
    public static IReadOnlyList<ParameterValue> ValuesOf(ParseResult parsed)
    {
        IEnumerable<ParameterValue> file = parsed.GetValue(ParameterFile) is { } path ? ParameterValue.ReadFile(path) : [];
        IEnumerable<ParameterValue> options = (parsed.GetValue(Parameters) ?? []).Select(ParameterValue.Parse);
        return [.. file.Concat(options).GroupBy(v => v.Name).Select(same => same.Last())];
    }

    public static TimeSpan? TimeoutOf(ParseResult parsed)
    {
        if (parsed.GetValue(Timeout) is not { } text) return null;
        // A timer counts milliseconds up to 49 days.
        if (!Duration.TryParse(text, out long ns) || ns < 1_000_000 || ns / 1e9 > 4_000_000) throw new ArgumentException($"--timeout {text}: a time from 1ms to 4000000s is needed, such as 60s.");
        return TimeSpan.FromTicks(ns / 100);
    }

    public static JsonObject ToJson(NotebookDocument document, IReadOnlyList<ParameterValue> values)
    {
        JsonObject json = [];
        foreach (ParameterValue value in values) json[value.Name] = NotebookParameters.ValueOf(document, value)?.DeepClone();
        return json;
    }

    /// <summary>Runs a document in the folder of its file. The current directory is the whole process's: a command runs one notebook at a time.</summary>
    public static async Task<RunReport> RunAsync(string path, NotebookDocument document, RunOptions options, string? workingFolder, CancellationToken cancellation)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        string before = Directory.GetCurrentDirectory();
        using NotebookProgress progress = new();
        Action<RunReport>? onProcessEnd = options.OnProcessEnd;
        void EndWithProcess(RunReport report)
        {
            progress.Dispose();
            Directory.SetCurrentDirectory(before);
            Environment.ExitCode = CommandLine.CheckFailed;
            onProcessEnd?.Invoke(report);
        }
        Directory.SetCurrentDirectory(workingFolder ?? folder);
        try
        {
            options = options with
            {
                Session = NotebookHost.Create(folder, _ => progress) with { DisplayIdPrefix = "" }, OnStep = progress.OnStep,
                OnProcessEnd = EndWithProcess,
            };
            return await NotebookRunner.RunAsync(document, options, cancellation).ConfigureAwait(false);
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    public static InterruptedException Interrupted(string name, RunReport report, string rest)
    {
        int ran = report.Cells.Count(c => c.Status is not (CellRunStatus.NotRun or CellRunStatus.Skipped or CellRunStatus.Interrupted));
        string where = report.Cells.FirstOrDefault(c => c.Status == CellRunStatus.Interrupted) is { } cell ? string.Create(CultureInfo.InvariantCulture, $" in cell {cell.Number}") : "";
        return new(string.Create(CultureInfo.InvariantCulture, $"interrupted{where} of {name} after {ran} of {report.Cells.Count} code cells; {rest}"));
    }
}
