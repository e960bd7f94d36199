using System.Text.Json.Nodes;
using Workbench.Cli.Commands;
using Workbench.Notebooks.Running;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class NotebookCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Table(string name, string row, string file = "t.csv") => NotebookFiles.Write(folder, name, NotebookFiles.Code("var results = \"results\";", "parameters"),
        NotebookFiles.Code($"Directory.CreateDirectory(results); File.WriteAllText(Path.Combine(results, \"{file}\"), \"pages,missed\\n{row}\\n\");"));

    [Fact]
    public void Strip_takes_outputs_out_once_and_check_says_which_files_have_some()
    {
        JsonObject cell = NotebookFiles.Code("1");
        cell["outputs"] = new JsonArray(new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = "1" });
        string path = NotebookFiles.Write(folder, "n.ipynb", cell);
        string before = File.ReadAllText(path);
        (int exit, string output, _) = WorkbenchProcess.Run("notebook", "strip", path, "--check");
        Assert.Equal((1, before), (exit, File.ReadAllText(path)));
        Assert.StartsWith($"{path}: has outputs, execution counts or times;", output, StringComparison.Ordinal);
        Assert.Equal(0, WorkbenchProcess.Run("notebook", "strip", path).Exit);
        Assert.Empty(NotebookFiles.Cells(path)[1]!["outputs"]!.AsArray());
        Assert.Equal((0, "", ""), WorkbenchProcess.Run("notebook", "strip", path, "--check"));
    }

    [Fact]
    public void Verify_says_what_is_wrong_without_running_anything()
    {
        string good = NotebookFiles.Write(folder, "good.ipynb", NotebookFiles.Code("File.WriteAllText(\"ran\", \"\");")), bad = NotebookFiles.Write(folder, "bad.ipynb", NotebookFiles.Code("#!nonsense"));
        (int exit, string output, _) = WorkbenchProcess.Run("notebook", "verify", good, bad);
        Assert.Equal(1, exit);
        Assert.Contains($"{good}: 2 cells, stripped\n", output, StringComparison.Ordinal);
        Assert.Contains($"{bad}: cell 2 (c2): line 1: there is no magic #!nonsense", output, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["ran"]));
    }

    [Fact]
    public void Results_are_compared_byte_for_byte_and_renewed_only_when_told_to()
    {
        string path = Table("n.ipynb", "1,2"), expected = folder["expected"];
        Assert.Contains("there is no such folder", WorkbenchProcess.Refused("notebook", "verify", path, "--run", "--expected", expected), StringComparison.Ordinal);
        Assert.Equal(0, WorkbenchProcess.Run("notebook", "verify", path, "--run", "--expected", expected, "--renew").Exit);
        Assert.Equal("pages,missed\n1,2\n", File.ReadAllText(Path.Combine(expected, "t.csv")));
        (int exit, string output, string error) = WorkbenchProcess.Run("notebook", "verify", path, "--run", "--expected", expected);
        Assert.True(exit == 0, output + error);
        Assert.Contains("1 result file as expected", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["results"]));
        Table("n.ipynb", "1,3");
        (exit, output, _) = WorkbenchProcess.Run("notebook", "verify", path, "--run", "--expected", expected);
        Assert.Equal((1, $"{path}: t.csv differs: row 2, column 2 'missed': expected '2', found '3'."), (exit, output.Trim()));
    }

    [Fact]
    public void An_expected_file_that_nobody_writes_is_a_failure_once_all_notebooks_are_named()
    {
        string path = Table("n.ipynb", "1,2"), other = Table("o.ipynb", "1,2", "o.csv"), expected = folder["expected"];
        Directory.CreateDirectory(expected);
        foreach (string name in (string[])["t.csv", "lost.csv"]) File.WriteAllText(Path.Combine(expected, name), "pages,missed\n1,2\n");
        (int exit, string output, _) = WorkbenchProcess.Run("notebook", "verify", path, "--run", "--expected", expected);
        Assert.Equal(0, exit);
        Assert.Contains("lost.csv was not compared", output, StringComparison.Ordinal);
        File.Delete(other);
        (exit, output, _) = WorkbenchProcess.Run("notebook", "verify", path, "--run", "--expected", expected);
        Assert.Equal(1, exit);
        Assert.Contains("lost.csv was written by none of the notebooks.", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("throw new Exception(\"no\");", "cell 3 (c3)")]
    [InlineData("1", "wrote nothing to the folder given as 'results'")]
    public void A_notebook_that_fails_or_writes_nothing_does_not_pass(string source, string says)
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("var results = \"results\";", "parameters"), NotebookFiles.Code(source));
        Directory.CreateDirectory(folder["expected"]);
        (int exit, string output, _) = WorkbenchProcess.Run("notebook", "verify", path, "--run", "--expected", folder["expected"]);
        Assert.Equal(1, exit);
        Assert.Contains(says, output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_notebook_that_ends_the_process_does_not_pass_and_its_results_folder_goes()
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("var results = \"results\";", "parameters"), NotebookFiles.Code("File.WriteAllText(\"where\", results); Environment.Exit(0);"));
        Directory.CreateDirectory(folder["expected"]);
        (int exit, string output, _) = WorkbenchProcess.Run("notebook", "verify", path, "--run", "--expected", folder["expected"]);
        Assert.Equal(1, exit);
        Assert.Contains("cell 3 (c3): ProcessEnded: Cell 3 ended the process", output, StringComparison.Ordinal);
        string results = File.ReadAllText(folder["where"]);
        Assert.Contains("workbench-results-", results, StringComparison.Ordinal);
        Assert.False(Directory.Exists(results));
    }

    [Theory]
    [InlineData("--expected .", "give --run too")]
    [InlineData("--run --renew", "--renew needs --expected")]
    [InlineData("--run --expected . -p results=x", "leave -p results out")]
    public void Options_of_verify_that_make_no_sense_are_refused(string options, string says) =>
        Assert.Contains(says, WorkbenchProcess.Refused(["notebook", "verify", Table("n.ipynb", "1,2"), .. options.Split(' ')]), StringComparison.Ordinal);

    [Fact]
    public void A_script_of_a_notebook_goes_to_stdout_or_a_file()
    {
        string path = NotebookFiles.Write(folder, "n.ipynb", NotebookFiles.Code("var n = 1;", "parameters"));
        (int exit, string output, _) = WorkbenchProcess.Run("notebook", "to-script", path);
        Assert.Equal((0, "// %% [markdown]\n// # Title\n\n// %% tags=[\"parameters\"]\nvar n = 1;\n"), (exit, output));
        Assert.Equal(0, WorkbenchProcess.Run("notebook", "to-script", path, "-o", folder["n.csx"]).Exit);
        Assert.Equal(output, File.ReadAllText(folder["n.csx"]));
        Assert.Contains("ends in .csx", WorkbenchProcess.Refused("notebook", "to-script", path, "-o", folder["n.txt"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_notebook_is_stripped_verified_and_runs_to_a_table()
    {
        string path = folder["new.ipynb"];
        Assert.Equal(0, WorkbenchProcess.Run("notebook", "new", path, "--title", "Pages — missed").Exit);
        Assert.Contains("# Pages — missed", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Equal(0, WorkbenchProcess.Run("notebook", "strip", path, "--check").Exit);
        (int exit, _, string error) = WorkbenchProcess.Run("notebook", "run", path, "-p", $"trace={WorkbenchProcess.Trace("intel-vfio-nested")}", "-p", "iommu=amd", "-o", folder["out.ipynb"]);
        Assert.True(exit == 0, error);
        Assert.True(File.Exists(folder["results/intel-vfio-nested-amd.csv"]));
        Assert.Contains(NotebookFiles.Cells(folder["out.ipynb"]), c => c!["outputs"]?.AsArray().Any(o => o!["data"]?["text/html"] is not null) == true);
        Assert.Contains("exists already", WorkbenchProcess.Refused("notebook", "new", path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 4, "[--------------------] 0/4 Replay: amd 45 %")]
    [InlineData(1, 3, "[######--------------] 1/3 Replay: amd 45 %")]
    [InlineData(4, 4, "[####################] 4/4 Replay: amd 45 %")]
    [InlineData(0, 0, "[--------------------] 0/0 Replay: amd 45 %")]
    public void The_progress_line_has_a_bar_of_cells_done(int done, int total, string line) => Assert.Equal(line, NotebookProgress.Line(new RunStep(done, total, "c2", "Replay"), ": amd 45 %"));
}
