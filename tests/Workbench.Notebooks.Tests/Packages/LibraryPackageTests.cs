using Workbench.Notebooks.Display;
using Workbench.Notebooks.Packages;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Sessions;
using Workbench.Testing;
using Xunit;

namespace Workbench.Notebooks.Tests.Packages;

/// <summary>The library's own packages, in a process that ships none of the library: nothing but the packages can have brought what runs.</summary>
[Collection(nameof(PackageTests))]
public sealed class LibraryPackageTests : IClassFixture<LibraryFeed>
{
    private readonly LibraryFeed feed;

    public LibraryPackageTests(LibraryFeed feed)
    {
        this.feed = feed;
        Environment.SetEnvironmentVariable(PackageResolver.CacheVariable, feed.Cache);
    }

    [Fact]
    public async Task A_session_that_ships_nothing_of_the_library_replays_with_its_packages()
    {
        Assert.All((string[])["Iommu", "Traces", "Replay", "Analysis"], name => Assert.Null(HostAssemblies.Find("Workbench." + name)));
        using TestNotebook notebook = new();
        feed.Configure(notebook.Folder);
        string trace = Repository.PathOf("data", "traces", "intel-vfio-nested.dmat"), table = Path.Combine(notebook.Folder, "t");
        await notebook.Value($"#i \"nuget: {feed.Folder}\"\n#r \"nuget: Workbench.Analysis, {LibraryFeed.Version}\"\nusing Workbench.Analysis;\nusing Workbench.Replay;");
        Assert.Equal("True", await notebook.Value($"var run = Recording.Open(@\"{trace}\").Replay(new Experiment {{ Iommu = \"amd\", PageSize = \"2M\", HarvestEvery = \"500ms\" }});\nrun.Result.ReportedDirty4K > run.Result.TrueDirty4K && run.Result.Missed4K == 0"));
        Assert.StartsWith(Path.GetDirectoryName(feed.Cache), await notebook.Value("run.GetType().Assembly.Location"), StringComparison.Ordinal);
        // Parquet, Arrow, frames and charts are what the packages depend on.
        Assert.Equal("True", await notebook.Value($"run.ToFrame().Write(@\"{table}.parquet\");\nrun.ToFrame().Write(@\"{table}.arrow\");\nTables.Read(@\"{table}.parquet\").Rows.Count == run.Result.Harvests.Count && Tables.Read(@\"{table}.arrow\").Rows.Count == run.Result.Harvests.Count"));
        CellOutcome chart = await notebook.Run("run.DirtyRate()");
        Assert.True(chart.Result?.ContainsKey("application/vnd.plotly.v1+json"), chart.Error?.Message);
        CellOutcome shown = await notebook.Run("run");
        Assert.StartsWith("Run: amd 2M on intel-vfio-nested\n", shown.Result?.TextOf(MimeBundle.PlainText), StringComparison.Ordinal);
        CellOutcome list = await notebook.Run($"Recording.Open(@\"{trace}\").Compare([\"vtd\"])");
        Assert.StartsWith("Results: 1 run\n", list.Result?.TextOf(MimeBundle.PlainText), StringComparison.Ordinal);
        Assert.Equal("0", await notebook.Value("#!fsharp\n#!share run --from csharp\nrun.Result.Missed4K"));
        Assert.Equal("", notebook.Output.Text(StreamName.Stderr));
    }
}
