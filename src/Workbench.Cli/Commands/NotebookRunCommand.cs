using System.CommandLine;
using System.Text.Json.Nodes;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Running;

namespace Workbench.Cli.Commands;

/// <summary>workbench notebook run</summary>
internal static class NotebookRunCommand
{
    private static readonly Argument<string> Notebook = new("notebook") { Description = "an .ipynb or .dib file, or a .csx script" };
    private static readonly Option<string?> Output = new("--output", "-o") { Description = "write the notebook with its outputs to this .ipynb file" };
    private static readonly Option<bool> InPlace = new("--inplace") { Description = "write the outputs into the notebook itself" };
    private static readonly Option<bool> AllowErrors = new("--allow-errors") { Description = "go on after a cell that failed; the exit code is still 1" };
    private static readonly Option<bool> Timings = new("--timings") { Description = "store when each cell began and ended; two runs then differ" };
    private static readonly Option<string?> WorkingFolder = new("--cwd") { Description = "the folder relative paths begin at [default: the notebook's]" };
    private static readonly Option<string> Format = new("--format") { Description = "what to print: table or json", DefaultValueFactory = _ => "table" };

    public static Command Create()
    {
        Command command = new("run", "Run a notebook in a clean session, top to bottom, until a cell fails. The file itself is left as it is unless --inplace is given.") { Notebook };
        NotebookOptions.AddTo(command);
        foreach (Option option in (Option[])[Output, InPlace, AllowErrors, Timings, WorkingFolder]) command.Add(option);
        NotebookExport.AddTo(command);
        command.Add(Format);
        Format.AcceptOnlyFromAmong("table", "json");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Notebook), name = Path.GetFileName(path);
        string? target = TargetOf(parsed, path);
        NotebookExport export = NotebookExport.Read(parsed);
        string? folder = parsed.GetValue(WorkingFolder);
        if (folder is not null && !Directory.Exists(folder)) throw new ArgumentException($"--cwd {folder}: there is no such folder.");
        RunOptions options = new() { Parameters = NotebookOptions.ValuesOf(parsed), Timeout = NotebookOptions.TimeoutOf(parsed), AllowErrors = parsed.GetValue(AllowErrors), Timings = parsed.GetValue(Timings) };
        NotebookDocument document = NotebookFile.Read(path);
        JsonObject parameters = NotebookOptions.ToJson(document, options.Parameters);
        // Nothing is exported while the process ends: that needs a process of its own.
        options = options with
        {
            OnProcessEnd = ended =>
            {
                if (target is not null) NotebookFile.Write(target, ended.Document);
                Print(parsed, name, ended, parameters, target is null ? [] : [target]);
            },
        };
        if (target is not null) OutputFolder.MakeFor(target);
        export.MakeFolders();
        RunReport report = await NotebookOptions.RunAsync(path, document, options, folder, cancellation);
        if (target is not null) NotebookFile.Write(target, report.Document);
        if (report.IsInterrupted) throw NotebookOptions.Interrupted(name, report, target is null ? "nothing was written." : $"{target} holds what ran.");
        string[] written = [.. target is null ? [] : (string[])[target], .. await export.WriteAsync(Path.GetFileNameWithoutExtension(path), report, cancellation)];
        return Print(parsed, name, report, parameters, written);
    }

    private static int Print(ParseResult parsed, string name, RunReport report, JsonObject parameters, string[] written)
    {
        NotebookSummary summary = NotebookSummary.Of(name, report, parameters, written);
        if (parsed.GetValue(Format) == "json") Console.Out.WriteLine(summary.ToJson());
        else summary.Print(Console.Out);
        if (parsed.GetValue(Output) is null && !parsed.GetValue(InPlace)) Console.Error.WriteLine($"workbench: {name} was left as it was; to keep outputs name a file with -o, or say --inplace.");
        if (written.Length > 0) Console.Error.WriteLine($"workbench: wrote {string.Join(", ", written)}");
        foreach (CellRun failed in report.Cells.Where(c => c.Status is CellRunStatus.Failed or CellRunStatus.TimedOut))
        {
            string[] lines = [.. NotebookSummary.Explain(name, failed)];
            Console.Error.WriteLine("workbench: " + string.Join('\n', lines));
        }
        return summary.Ok ? CommandLine.Done : CommandLine.CheckFailed;
    }

    // Found out before anything runs: an hour's run must not fail on the name of its output.
    private static string? TargetOf(ParseResult parsed, string path)
    {
        string? output = parsed.GetValue(Output);
        bool isInPlace = parsed.GetValue(InPlace);
        if (output is not null && isInPlace) throw new ArgumentException("-o and --inplace exclude each other; give one of them.");
        string? target = isInPlace ? path : output;
        if (target is null) return null;
        if (!target.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase)) throw new ArgumentException($"{target}: only .ipynb files hold outputs; name one with -o.");
        if (Directory.Exists(target)) throw new ArgumentException($"-o {target} is a folder; name a file in it.");
        OutputFolder.Check("-o", target);
        return target;
    }
}
