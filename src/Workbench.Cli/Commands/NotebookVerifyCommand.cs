using System.CommandLine;
using System.Globalization;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Running;
using Workbench.Notebooks.Sessions;

namespace Workbench.Cli.Commands;

/// <summary>workbench notebook verify</summary>
internal static class NotebookVerifyCommand
{
    private const string ResultsParameter = "results";

    private static readonly Argument<string[]> Notebooks = new("notebooks") { Description = "notebooks", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<bool> DoesRun = new("--run") { Description = "run each notebook too" };
    private static readonly Option<string?> Expected = new("--expected") { Description = "with --run: the folder of result files every notebook must write again byte for byte, into the folder given to it as its parameter 'results'" };
    private static readonly Option<bool> Renew = new("--renew") { Description = "with --expected: put what was written in the place of what was expected" };

    public static Command Create()
    {
        Command command = new("verify", "Check notebooks: form, ids, languages, magics, the parameters cell. With --run they are run, with --expected their results compared.") { Notebooks, DoesRun, Expected, Renew };
        NotebookOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string[] paths = parsed.GetRequiredValue(Notebooks);
        string? expected = parsed.GetValue(Expected);
        bool doesRun = parsed.GetValue(DoesRun), renews = parsed.GetValue(Renew);
        if (expected is not null && !doesRun) throw new ArgumentException("--expected compares what a run writes; give --run too.");
        if (renews && expected is null) throw new ArgumentException("--renew needs --expected DIR.");
        if (expected is not null && !renews && !Directory.Exists(expected)) throw new ArgumentException($"--expected {expected}: there is no such folder; --renew makes it.");
        IReadOnlyList<ParameterValue> values = NotebookOptions.ValuesOf(parsed);
        if (expected is not null && values.Any(v => v.Name == ResultsParameter)) throw new ArgumentException($"With --expected the parameter '{ResultsParameter}' is a folder of verify's own; leave -p {ResultsParameter} out.");
        RunOptions options = new() { Timeout = NotebookOptions.TimeoutOf(parsed) };
        bool isFine = true;
        HashSet<string> written = [];
        foreach (string path in paths)
        {
            NotebookDocument document = NotebookFile.Read(path);
            List<string> problems = [.. Check(document)];
            string ran = "";
            if (doesRun && problems.Count == 0)
            {
                DirectoryInfo results = Directory.CreateTempSubdirectory("workbench-results-");
                try
                {
                    IReadOnlyList<ParameterValue> given = expected is null ? values : [.. values, new(ResultsParameter, results.FullName, results.FullName)];
                    RunOptions withResults = options with
                    {
                        Parameters = given,
                        OnProcessEnd = ended =>
                        {
                            results.Delete(recursive: true);
                            if (ended.FirstFailure is { } failed) Console.Out.WriteLine($"{path}: {Explain(failed)}");
                        },
                    };
                    RunReport report = await NotebookOptions.RunAsync(path, document, withResults, null, cancellation);
                    if (report.IsInterrupted) throw NotebookOptions.Interrupted(Path.GetFileName(path), report, "nothing was compared.");
                    ran = string.Create(CultureInfo.InvariantCulture, $", ran in {report.Cells.Sum(c => c.Seconds):0.0} s");
                    if (report.FirstFailure is { } failed) problems.Add(Explain(failed));
                    else if (expected is not null)
                    {
                        IReadOnlyList<string> files = ResultComparison.FilesOf(results.FullName);
                        if (renews) Copy(results.FullName, expected, files);
                        problems.AddRange(Compare(expected, results.FullName, files, written));
                        ran += string.Create(CultureInfo.InvariantCulture, $", {files.Count} result file{(files.Count == 1 ? "" : "s")} {(renews ? "renewed" : "as expected")}");
                    }
                }
                finally
                {
                    results.Delete(recursive: true);
                }
            }
            isFine &= problems.Count == 0;
            bool isStripped = NotebookStrip.Strip(document).Equals(document);
            if (problems.Count == 0) Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {document.Cells.Count} cells, {(isStripped ? "stripped" : "with outputs")}{ran}"));
            foreach (string problem in problems) Console.Out.WriteLine($"{path}: {problem}");
        }
        if (expected is not null && isFine) isFine = NothingLeft(paths, expected, written);
        return isFine ? CommandLine.Done : CommandLine.CheckFailed;
    }

    private static string Explain(CellRun failed) => string.Join('\n', NotebookSummary.Explain("", failed)).TrimStart();

    private static IReadOnlyList<string> Check(NotebookDocument document)
    {
        using NotebookSession session = new(NotebookHost.Create(Directory.GetCurrentDirectory()));
        return NotebookCheck.Problems(document, session);
    }

    private static IEnumerable<string> Compare(string expected, string results, IReadOnlyList<string> files, HashSet<string> written)
    {
        if (files.Count == 0) yield return $"wrote nothing to the folder given as '{ResultsParameter}', so that there is nothing to compare.";
        foreach (string file in files)
        {
            if (!written.Add(file)) yield return $"{file} was written by another notebook too; give each its own names.";
            string place = Path.Combine(expected, file);
            if (!File.Exists(place)) yield return $"{file} is not among the expected files in {expected}; --renew adds it.";
            else if (ResultComparison.FirstDifference(place, Path.Combine(results, file)) is { } difference) yield return $"{file} differs: {difference}";
        }
    }

    private static void Copy(string results, string expected, IReadOnlyList<string> files)
    {
        foreach (string file in files)
        {
            string place = Path.Combine(expected, file);
            Directory.CreateDirectory(Path.GetDirectoryName(place) ?? expected);
            File.Copy(Path.Combine(results, file), place, overwrite: true);
        }
    }

    // An expected file that nobody wrote is a lost result, unless a notebook beside these, which was not named, may be the one that writes it.
    private static bool NothingLeft(string[] paths, string expected, HashSet<string> written)
    {
        string[] left = [.. ResultComparison.FilesOf(expected).Where(f => !written.Contains(f))];
        if (left.Length == 0) return true;
        HashSet<string> named = [.. paths.Select(Path.GetFullPath)];
        bool isAll = paths.Select(p => Path.GetDirectoryName(Path.GetFullPath(p)) ?? ".").Distinct().SelectMany(f => Directory.EnumerateFiles(f, "*.ipynb")).All(named.Contains);
        foreach (string file in left)
            Console.Out.WriteLine(isAll ? $"{expected}: {file} was written by none of the notebooks." : $"{expected}: {file} was not compared: none of the notebooks named wrote it.");
        return !isAll;
    }
}
