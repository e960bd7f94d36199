using System.CommandLine;
using System.Text.Json.Nodes;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Running;

namespace Workbench.Cli.Commands;

/// <summary>workbench notebook new</summary>
internal static class NotebookNewCommand
{
    private static readonly Argument<string> Notebook = new("notebook") { Description = "the .ipynb file to make" };
    private static readonly Option<string?> Title = new("--title") { Description = "its heading [default: the file's name]" };

    private const string Parameters = """
        // Parameters: change them here, or with: workbench notebook run NOTEBOOK -p iommu=amd
        var trace = "intel-vfio-nested"; // a .dmat file, or the name of one in data/traces
        var iommu = "vtd";
        var pageSize = "4K";
        var harvest = "500ms";
        var results = "results"; // the folder for tables
        """;

    private const string Open = """
        // The recording: what it is and where it comes from
        var recording = Recording.Open(trace);
        recording
        """;

    private const string Replay = """
        // The replay
        var run = recording.Replay(new() { Iommu = iommu, PageSize = pageSize, HarvestEvery = harvest });
        run.Summary
        """;

    private const string Table = """
        // A row for each harvest
        var harvests = run.ToFrame();
        harvests
        """;

    private const string Chart = """
        // What was dirty, over time
        run.DirtyRate()
        """;

    private const string Write = """
        // The result, as a file that can be compared
        Directory.CreateDirectory(results);
        harvests.Write(Path.Combine(results, $"{recording.Name}-{iommu}.csv"));
        """;

    public static Command Create()
    {
        Command command = new("new", "Make a notebook that works: it opens a recording, replays it, shows a table and a chart, and writes the result.") { Notebook, Title };
        command.SetAction((parsed, _) => Task.FromResult(Run(parsed.GetRequiredValue(Notebook), parsed.GetValue(Title))));
        return command;
    }

    private static int Run(string path, string? title)
    {
        if (!path.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase)) throw new ArgumentException($"{path}: a notebook's name ends in .ipynb.");
        if (Path.Exists(path)) throw new ArgumentException($"{path} exists already; choose another name, or remove it first.");
        string heading = title ?? Path.GetFileNameWithoutExtension(path);
        NotebookFile.Write(path, new()
        {
            Cells =
            [
                Cell("title", NotebookCellKind.Markdown, $"# {heading}\n\nThe question this notebook answers, in one sentence."),
                Cell("parameters", NotebookCellKind.Code, Parameters) with { Metadata = new() { ["tags"] = new JsonArray(NotebookParameters.Tag) } },
                Cell("recording", NotebookCellKind.Code, Open), Cell("replay", NotebookCellKind.Code, Replay), Cell("table", NotebookCellKind.Code, Table),
                Cell("chart", NotebookCellKind.Code, Chart), Cell("result", NotebookCellKind.Code, Write),
            ],
            Metadata = NotebookDocument.CSharpMetadata(),
        });
        Console.Out.WriteLine($"Wrote {path}. Run it: workbench notebook run {path}");
        return CommandLine.Done;
    }

    private static NotebookCell Cell(string id, NotebookCellKind kind, string source) => new() { Id = id, Kind = kind, Source = source.ReplaceLineEndings("\n") };
}
