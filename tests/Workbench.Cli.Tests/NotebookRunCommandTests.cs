using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class NotebookRunCommandTests : IDisposable
{
    private const string Endless = "File.WriteAllText(\"begun\", \"\"); while (true) { }";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string[] Names => [.. Directory.GetFileSystemEntries(folder.Root).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Outputs_go_to_the_file_named_and_the_notebook_stays_as_it_was()
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("Console.Write(File.Exists(\"n.ipynb\"));"), NotebookFiles.Code("var run = Recording.Open(\"no-such-recording\");", "raises-exception"));
        string before = File.ReadAllText(path);
        (int exit, string output, string error) = WorkbenchProcess.Run("notebook", "run", path, "-o", folder["out.ipynb"]);
        Assert.True(exit == 0, error);
        Assert.StartsWith("n.ipynb: 2 of 2 code cells ran in ", output, StringComparison.Ordinal);
        Assert.Equal($"workbench: wrote {folder["out.ipynb"]}", error.Trim());
        Assert.Equal(before, File.ReadAllText(path));
        JsonArray cells = NotebookFiles.Cells(folder["out.ipynb"]);
        Assert.Equal("True", cells[1]!["outputs"]![0]!["text"]![0]!.GetValue<string>());
        Assert.Contains("no-such-recording", cells[2]!["outputs"]![0]!["evalue"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(["n.ipynb", "out.ipynb"], Names);
    }

    [Fact]
    public void Without_a_file_named_the_outputs_are_dropped_and_that_is_said()
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("1"));
        string before = File.ReadAllText(path);
        (int exit, _, string error) = WorkbenchProcess.Run("notebook", "run", path);
        Assert.Equal(0, exit);
        Assert.Contains("n.ipynb was left as it was; to keep outputs name a file with -o, or say --inplace.", error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(path));
        Assert.Equal(0, WorkbenchProcess.Run("notebook", "run", path, "--inplace").Exit);
        Assert.Single(NotebookFiles.Cells(path)[1]!["outputs"]!.AsArray());
    }

    [Fact]
    public void Two_runs_write_the_same_bytes()
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("var seed = 1;", "parameters"),
            NotebookFiles.Code($"var run = Recording.Open(@\"{WorkbenchProcess.Trace("intel-vfio-nested")}\").Replay(new() {{ HarvestEvery = \"500ms\" }});\nvar shown = display(run.ToFrame());\nrun.DirtyRate()"), NotebookFiles.Code("shown.Update(new Random(seed).Next()); throw new Exception();", "raises-exception"));
        foreach (string output in (string[])["a.ipynb", "b.ipynb"])
        {
            (int exit, _, string error) = WorkbenchProcess.Run("notebook", "run", path, "-p", "seed=7", "-o", folder[output]);
            Assert.True(exit == 0, error);
        }
        Assert.Equal(File.ReadAllText(folder["a.ipynb"]), File.ReadAllText(folder["b.ipynb"]));
        Assert.Equal("// Parameters\n|var seed = 7;", string.Join('|', NotebookFiles.Cells(folder["a.ipynb"])[2]!["source"]!.AsArray().Select(l => l!.GetValue<string>())));
    }

    [Fact]
    public void Json_has_exactly_the_documented_keys()
    {
        string contract = File.ReadAllText(Repository.PathOf("docs", "notebooks.md"));
        string table = contract[contract.IndexOf("| key | meaning |", StringComparison.Ordinal)..];
        string[] documented = [.. table.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => l.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1)).Order(StringComparer.Ordinal)];
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("var seed = 1;", "parameters"), NotebookFiles.Code("var a = 1;\nvar b = c;"));
        (int exit, string output, _) = WorkbenchProcess.Run("notebook", "run", path, "-p", "seed=7", "--format", "json");
        Assert.Equal(1, exit);
        JsonElement summary = JsonDocument.Parse(output).RootElement;
        List<string> keys = [];
        foreach (JsonProperty property in summary.EnumerateObject())
        {
            keys.Add(property.Name);
            JsonElement inner = property.Name == "runs" ? property.Value[0] : property.Value;
            if (property.Name is "runs" or "error") keys.AddRange(inner.EnumerateObject().Select(p => $"{property.Name}.{p.Name}"));
        }
        Assert.Equal(documented, keys.Order(StringComparer.Ordinal));
        Assert.Equal((3, "c3", 2), (summary.GetProperty("failedCell").GetInt32(), summary.GetProperty("error").GetProperty("id").GetString(), summary.GetProperty("error").GetProperty("line").GetInt32()));
        Assert.Equal(7, summary.GetProperty("parameters").GetProperty("seed").GetInt32());
    }

    [Theory]
    [InlineData("#!nonsense", "UnknownMagic")]
    [InlineData("var a = 1;\nvar b = c;", "c3), line 2: CompileError")]
    [InlineData("throw new InvalidOperationException(\"no good\");", "System.InvalidOperationException: no good")]
    [InlineData("#r \"nuget: No.Such.Package.Anywhere, 1.0.0\"", "No.Such.Package.Anywhere")]
    [InlineData("#!cobol", "cobol")]
    public void A_cell_that_fails_is_exit_code_1_with_its_number_and_what_ran_is_kept(string source, string says)
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("Console.Write(\"before\");"), NotebookFiles.Code(source), NotebookFiles.Code("Console.Write(\"after\");"));
        (int exit, string output, string error) = WorkbenchProcess.Run("notebook", "run", path, "-o", folder["out.ipynb"]);
        Assert.True(exit == 1, error);
        Assert.Contains("workbench: n.ipynb cell 3 (c3)", error, StringComparison.Ordinal);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Contains("cell 3 failed", output, StringComparison.Ordinal);
        JsonArray cells = NotebookFiles.Cells(folder["out.ipynb"]);
        Assert.Equal([1, 1, 0], cells.Skip(1).Select(c => c!["outputs"]!.AsArray().Count));
        Assert.Equal(["n.ipynb", "out.ipynb"], Names);
    }

    [Theory]
    [InlineData("Environment.Exit(0);", "cell 3 (c3): ProcessEnded: Cell 3 ended the process (Environment.Exit).")]
    [InlineData("new Thread(() => Environment.Exit(7)).Start(); Thread.Sleep(60_000);", "cell 3 (c3): ProcessEnded: Cell 3 ended the process (Environment.Exit).")]
    [InlineData("Thread t = new(() => throw new Exception(\"boo\")); t.Start(); t.Join();", "cell 3 (c3), line 1: System.Exception: A thread of the cell failed: boo")]
    public void A_cell_that_ends_the_process_or_whose_thread_fails_is_exit_code_1_and_what_ran_is_kept(string source, string says)
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("Console.Write(\"before\");"), NotebookFiles.Code(source), NotebookFiles.Code("Console.Write(\"after\");"));
        ProcessStartInfo start = WorkbenchProcess.StartInfo("notebook", "run", "n.ipynb", "-o", "out.ipynb");
        start.WorkingDirectory = folder.Root;
        (int exit, string output, string error) = WorkbenchProcess.Finish(start);
        Assert.True(exit == 1, error);
        Assert.Contains("workbench: n.ipynb " + says, error, StringComparison.Ordinal);
        Assert.Contains("cell 3 failed", output, StringComparison.Ordinal);
        JsonArray cells = NotebookFiles.Cells(folder["out.ipynb"]);
        Assert.Equal([1, 1, 0], cells.Skip(1).Select(c => c!["outputs"]!.AsArray().Count));
        Assert.Equal("error", cells[2]!["outputs"]![0]!["output_type"]!.GetValue<string>());
        (exit, output, _) = WorkbenchProcess.Run("notebook", "run", path, "--format", "json");
        Assert.Equal((1, 3), (exit, JsonDocument.Parse(output).RootElement.GetProperty("failedCell").GetInt32()));
    }

    [Fact]
    public void A_cell_that_never_ends_is_ended_by_the_time_limit()
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("while (true) { }"), NotebookFiles.Code("2"));
        (int exit, _, string error) = WorkbenchProcess.Run("notebook", "run", path, "-o", folder["out.ipynb"], "--timeout", "3s", "--allow-errors");
        Assert.Equal(1, exit);
        Assert.Contains("workbench: n.ipynb cell 2 (c2): Timeout: Cell 2 did not end within 3 s.", error, StringComparison.Ordinal);
        Assert.Empty(NotebookFiles.Cells(folder["out.ipynb"])[2]!["outputs"]!.AsArray());
    }

    [Theory]
    [InlineData("{", "n.ipynb line 1, column 2: broken JSON")]
    [InlineData("{\"nbformat\":3,\"nbformat_minor\":0,\"worksheets\":[]}", "n.ipynb is in notebook format 3; formats 4.0 to 4.5 are read.")]
    [InlineData("[]", "n.ipynb is JSON but no notebook")]
    public void What_is_no_notebook_is_wrong_input(string text, string says)
    {
        File.WriteAllText(folder["n.ipynb"], text);
        Assert.Contains(says, WorkbenchProcess.Refused("notebook", "run", folder["n.ipynb"], "--inplace"), StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(folder["n.ipynb"]));
    }

    [Theory]
    [InlineData("-p sed=1", "There is no parameter 'sed'; the parameters cell (cell 2) assigns seed.")]
    [InlineData("-p seed=x", "Parameter seed: 'x' is not a whole number; the notebook has 1.")]
    [InlineData("-p seed", "write name=value")]
    [InlineData("--parameters none.json", "none.json")]
    [InlineData("--timeout soon", "--timeout soon: a time from 1ms")]
    [InlineData("-o out.dib", "only .ipynb files hold outputs")]
    [InlineData("-o {0}/out.ipynb", "is a file, and nothing can be written below it")]
    [InlineData("--html {0}/more/out.html", "/more/out.html: ")]
    [InlineData("--figures {0}/figures", "n.ipynb is a file, and nothing")]
    [InlineData("--figure-width 800px", "name a folder for them with --figures")]
    [InlineData("--figures f --figure-formats gif", "'gif' is none of svg, png, pdf")]
    [InlineData("--figures f --figure-formats pdf", "belong together")]
    [InlineData("--figures f --figure-width wide", "'wide' is no width")]
    [InlineData("--figures f --browser none", "--browser names 'none', which does not exist")]
    [InlineData("-o out.ipynb --inplace", "exclude each other")]
    [InlineData("--cwd none", "--cwd none: there is no such folder")]
    public void Wrong_options_are_found_before_anything_runs(string options, string says)
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("var seed = 1;", "parameters"), NotebookFiles.Code("File.WriteAllText(\"ran\", \"\");"));
        Assert.Contains(says, WorkbenchProcess.Refused(["notebook", "run", path, .. options.Replace("{0}", path, StringComparison.Ordinal).Split(' ')]), StringComparison.Ordinal);
        Assert.Equal(["n.ipynb"], Names);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_process_killed_in_a_cell_leaves_the_old_file_or_none(bool isInPlace)
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("1"), NotebookFiles.Code(Endless));
        string before = File.ReadAllText(path);
        using Process process = WorkbenchProcess.Start(["notebook", "run", path, .. isInPlace ? (string[])["--inplace"] : ["-o", folder["out.ipynb"]]]);
        WaitUntilBegun(process);
        process.Kill();
        process.WaitForExit();
        Assert.Equal(["begun", "n.ipynb"], Names);
        Assert.Equal(before, File.ReadAllText(path));
    }

    [Fact]
    public void Ctrl_C_ends_a_busy_cell_and_what_ran_is_written_whole()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("There is no signal to send on Windows; the same code path is run on Linux and macOS.");
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("Console.Write(\"before\");"), NotebookFiles.Code(Endless), NotebookFiles.Code("3"));
        using Process process = WorkbenchProcess.Start("notebook", "run", path, "-o", folder["out.ipynb"]);
        WaitUntilBegun(process);
        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)])) kill.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal($"workbench: interrupted in cell 3 of n.ipynb after 1 of 3 code cells; {folder["out.ipynb"]} holds what ran.", error.Trim());
        Assert.Equal(130, process.ExitCode);
        JsonArray cells = NotebookFiles.Cells(folder["out.ipynb"]);
        Assert.Equal("before", cells[1]!["outputs"]![0]!["text"]![0]!.GetValue<string>());
        Assert.Equal("Interrupted", cells[2]!["outputs"]![0]!["ename"]!.GetValue<string>());
        Assert.Empty(cells[3]!["outputs"]!.AsArray());
    }

    [Fact]
    public void A_run_leaves_a_page_and_its_figures_too()
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code($"Recording.Open(@\"{WorkbenchProcess.Trace("intel-vfio-nested")}\").Replay(new() {{ HarvestEvery = \"500ms\" }}).DirtyRate()"));
        (int exit, string output, string error) = WorkbenchProcess.Run("notebook", "run", path, "--html", folder["n.html"], "--figures", folder["figures"], "--format", "json");
        Assert.True(exit == 0, error);
        Assert.Equal([folder["n.html"], Path.Combine(folder["figures"], "fig-02-1.svg")], JsonNode.Parse(output)!["written"]!.AsArray().Select(w => w!.GetValue<string>()));
        Assert.StartsWith("<svg", File.ReadAllText(Path.Combine(folder["figures"], "fig-02-1.svg")), StringComparison.Ordinal);
        Assert.Contains("<h1 id=\"title\">Title</h1>", File.ReadAllText(folder["n.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_of_outputs_are_made()
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code($"Recording.Open(@\"{WorkbenchProcess.Trace("intel-vfio-nested")}\").Replay(new() {{ HarvestEvery = \"500ms\" }}).DirtyRate()"));
        string[] files = [folder[Path.Combine("a", "b", "out.ipynb")], folder[Path.Combine("c", "page.html")], Path.Combine(folder[Path.Combine("d", "e")], "fig-02-1.svg")];
        (int exit, _, string error) = WorkbenchProcess.Run("notebook", "run", path, "-o", files[0], "--html", files[1], "--figures", folder[Path.Combine("d", "e")]);
        Assert.True(exit == 0, error);
        Assert.All(files, file => Assert.True(File.Exists(file), file));
    }

    [Fact]
    public void Dib_files_and_scripts_run_too()
    {
        File.WriteAllText(folder["n.dib"], "#!csharp\n\nvar a = 20;\n\n#!csharp\n\nConsole.Write(a + n);\n");
        File.WriteAllText(folder["n.csx"], "// %%\nvar a = 20;\n\n// %% tags=[\"parameters\"]\nvar n = 1;\n// %%\nConsole.Write(a + n);\n");
        foreach ((string name, string[] given) in (IEnumerable<(string, string[])>)[("n.dib", ["-p", "n=22"]), ("n.csx", ["-p", "n=22"])])
        {
            (int exit, _, string error) = WorkbenchProcess.Run(["notebook", "run", folder[name], "-o", folder["out.ipynb"], .. given]);
            Assert.True(exit == 0, error);
            Assert.Equal("42", NotebookFiles.Cells(folder["out.ipynb"])[^1]!["outputs"]![0]!["text"]![0]!.GetValue<string>());
        }
    }

    private void WaitUntilBegun(Process process)
    {
        while (!File.Exists(folder["begun"]))
        {
            Assert.False(process.HasExited, "the run ended by itself: " + (process.HasExited ? process.StandardError.ReadToEnd() : ""));
            process.WaitForExit(20);
        }
    }
}
