using System.CommandLine;
using System.Globalization;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Running;

namespace Workbench.Cli.Commands;

/// <summary>workbench notebook run</summary>
internal static class NotebookRunCommand
{
    private static readonly Argument<string> Notebook = new("notebook") { Description = "an .ipynb or .dib file, or a .csx script" };
    private static readonly Option<string?> Output = new("--output", "-o") { Description = "write the notebook with its outputs to this file (.ipynb)" };
    private static readonly Option<bool> InPlace = new("--inplace") { Description = "write the outputs into the notebook itself" };
    private static readonly Option<string?> Timeout = new("--timeout") { Description = "the longest a cell may take, such as 60s or 10m [default: no limit]" };
    private static readonly Option<bool> AllowErrors = new("--allow-errors") { Description = "go on after a cell that failed; the exit code is still 1" };
    private static readonly Option<bool> Timings = new("--timings") { Description = "store when each cell began and ended" };

    public static Command Create()
    {
        Command command = new("run", "Run a notebook from a clean session, top to bottom. The file itself is left as it is unless --inplace is given.") { Notebook, Output, InPlace, Timeout, AllowErrors, Timings };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Notebook);
        NotebookDocument document = NotebookFile.Read(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        RunOptions options = new() { Session = NotebookHost.Create(folder) with { DisplayIdPrefix = "" }, AllowErrors = parsed.GetValue(AllowErrors), Timings = parsed.GetValue(Timings) };
        string? target = parsed.GetValue(Output) is { } output ? Path.GetFullPath(output) : parsed.GetValue(InPlace) ? Path.GetFullPath(path) : null;
        Directory.SetCurrentDirectory(folder);
        RunReport report = await NotebookRunner.RunAsync(document, options, cancellation);
        if (target is not null) NotebookFile.Write(target, report.Document);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}: {report.Cells.Count} cells"));
        return report.FirstFailure is null ? CommandLine.Done : CommandLine.CheckFailed;
    }
}
