using System.Diagnostics;
using System.Text.Json.Nodes;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

/// <summary>A notebook that left the repository with one recording gives the table it gives at home, with the library from a feed or from its project.</summary>
public sealed class CopiedNotebookTests(CopiedNotebookTests.Home home) : IClassFixture<CopiedNotebookTests.Home>
{
    private const string Notebook = "01-first-replay.ipynb", Table = "01-first-replay.csv", Trace = "intel-vfio-nested";

    [Fact]
    public void A_notebook_copied_out_of_the_repository_works_with_the_packages() =>
        GivesTheTableOfHome($"#i \"nuget: {home.Feed.Folder}\"\n#r \"nuget: Workbench.Analysis, {LibraryFeed.Version}\"");

    [Fact]
    public void A_notebook_copied_out_of_the_repository_works_with_the_project() =>
        GivesTheTableOfHome($"#r \"{Repository.PathOf("src", "Workbench.Analysis", "Workbench.Analysis.csproj")}\"");

    private void GivesTheTableOfHome(string directives)
    {
        using TemporaryFolder away = new();
        home.Feed.Configure(away.Root);
        File.Copy(WorkbenchProcess.Trace(Trace), away[Trace + ".dmat"]);
        JsonNode notebook = JsonNode.Parse(File.ReadAllText(Repository.PathOf("notebooks", Notebook)))!;
        JsonObject first = NotebookFiles.Code(directives);
        first["id"] = "library";
        notebook["cells"]!.AsArray().Insert(0, first);
        File.WriteAllText(away["copy.ipynb"], notebook.ToJsonString());
        string table = home.Run(away.Root, "copy.ipynb", away[Trace + ".dmat"], away["results"]);
        Assert.Equal(home.Table, table);
    }

    /// <summary>The feed, and the table as the repository's own notebook writes it.</summary>
    public sealed class Home : IDisposable
    {
        private readonly TemporaryFolder results = new();

        public Home() => Table = Run(Repository.Root, Repository.PathOf("notebooks", Notebook), Trace, results.Root);

        public LibraryFeed Feed { get; } = new();

        public string Table { get; }

        public void Dispose()
        {
            Feed.Dispose();
            results.Dispose();
        }

        /// <summary>Runs a notebook in a folder; gives the table it wrote, as text that holds every byte.</summary>
        internal string Run(string folder, string notebook, string trace, string into)
        {
            Directory.CreateDirectory(into);
            ProcessStartInfo start = WorkbenchProcess.StartInfo("notebook", "run", notebook, "-p", "trace=" + trace, "-p", "results=" + into);
            start.WorkingDirectory = folder;
            start.Environment["WORKBENCH_PACKAGE_CACHE"] = Feed.Cache;
            (int exit, _, string error) = WorkbenchProcess.Finish(start);
            Assert.True(exit == 0, error);
            return Convert.ToHexString(File.ReadAllBytes(Path.Combine(into, CopiedNotebookTests.Table)));
        }
    }
}
