using System.Text.Json.Nodes;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

/// <summary>The notebooks of the repository, run as a user runs them: tables, figures, and outputs that do not change from run to run.</summary>
public sealed class ShippedNotebooksTests(ShippedNotebooksTests.FirstRuns first) : IClassFixture<ShippedNotebooksTests.FirstRuns>
{
    public static TheoryData<string> Notebooks => [.. Directory.GetFiles(Repository.PathOf("notebooks"), "*.ipynb").Select(p => Path.GetFileNameWithoutExtension(p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Notebooks))]
    public void A_notebook_gives_its_expected_table_and_its_committed_figures(string name)
    {
        string[] tables = [Path.Combine("notebooks", "expected", name + ".csv")];
        (string notebook, string figures, string results) = first.Of(name);
        foreach (string table in tables) Approved.Text(Repository.PathOf(table), File.ReadAllText(Path.Combine(results, Path.GetFileName(table))));
        Assert.Equal(tables.Length, Directory.GetFiles(results).Length);
        string committed = Repository.PathOf("docs", "figures", name);
        string[] kept = Directory.Exists(committed) ? Directory.GetFiles(committed) : [];
        foreach (string figure in Directory.GetFiles(figures)) Approved.Text(Path.Combine(committed, Path.GetFileName(figure)), File.ReadAllText(figure));
        Assert.Equal(Directory.GetFiles(figures).Select(Path.GetFileName).Order(StringComparer.Ordinal), kept.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        JsonNode[] cells = [.. JsonNode.Parse(File.ReadAllText(notebook))!["cells"]!.AsArray().Select(c => c!)];
        Assert.InRange(cells.Length, 5, 16);
        Assert.DoesNotContain(cells.SelectMany(c => c["outputs"]?.AsArray() ?? []), o => o!["output_type"]!.GetValue<string>() == "error");
        Assert.Contains("**Question.**", cells[0]["source"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("**Claim.**", cells[0]["source"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_runs_of_a_notebook_of_three_languages_differ_in_no_byte()
    {
        using TemporaryFolder folder = new();
        Ran one = first.Of("05-four-vendors"), other = Run("05-four-vendors", folder, "second");
        Assert.Equal(File.ReadAllText(one.Notebook).Replace(one.Results, "", StringComparison.Ordinal), File.ReadAllText(other.Notebook).Replace(other.Results, "", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_notebook_is_committed_without_outputs_and_is_listed()
    {
        string[] paths = [.. Notebooks.Select(n => Repository.PathOf("notebooks", n.Data + ".ipynb"))];
        (int exit, string output, string error) = WorkbenchProcess.Run(["notebook", "strip", "--check", .. paths]);
        Assert.True(exit == 0, output + error);
        string list = File.ReadAllText(Repository.PathOf("notebooks", "README.md"));
        Assert.All(paths, p => Assert.Contains($"({Path.GetFileName(p)})", list, StringComparison.Ordinal));
        Assert.True(paths.Length >= 8, $"{paths.Length} notebooks");
    }

    private static Ran Run(string name, TemporaryFolder folder, string results)
    {
        Ran files = new(folder[results + ".ipynb"], folder[results + "-figures"], folder[results]);
        (int exit, string summary, string error) = WorkbenchProcess.Run("notebook", "run", Repository.PathOf("notebooks", name + ".ipynb"), "-p", $"results={files.Results}", "-o", files.Notebook, "--figures", files.Figures);
        Assert.True(exit == 0, summary + error);
        return files;
    }

    /// <summary>What a run left: a notebook with outputs, and folders of figures and of tables.</summary>
    internal readonly record struct Ran(string Notebook, string Figures, string Results);

    /// <summary>Runs each notebook once for all tests that ask for it.</summary>
    public sealed class FirstRuns : IDisposable
    {
        private readonly TemporaryFolder folder = new();
        private readonly Dictionary<string, Ran> known = [];

        internal Ran Of(string name)
        {
            if (!known.TryGetValue(name, out Ran ran)) known[name] = ran = Run(name, folder, name);
            return ran;
        }

        public void Dispose() => folder.Dispose();
    }
}
