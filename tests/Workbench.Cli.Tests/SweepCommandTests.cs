using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Workbench.Analysis;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class SweepCommandTests : IDisposable
{
    private static readonly string Shipped = Repository.PathOf("data", "sweeps", "vendors-and-leaves.json");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Sweep(string json)
    {
        File.WriteAllText(folder["s.json"], json);
        return folder["s.json"];
    }

    [Fact]
    public void The_shipped_sweep_fills_a_table_of_80_columns_and_a_file()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("sweep", Shipped, "--out", folder["results"]);
        Assert.True(exit == 0, error);
        Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 80, $"wider than 80 columns: {line}"));
        Assert.Contains("22 cells replayed, 0 that a model cannot do, 0 failed.", string.Join(' ', output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal([folder["results/vendors-and-leaves.parquet"]], Directory.GetFiles(folder["results"]));
        Assert.Equal(22, Tables.Read(folder["results/vendors-and-leaves.parquet"]).Rows.Count);
        Assert.Equal(WorkbenchProcess.Run("trace", "info", WorkbenchProcess.Trace("intel-vfio-nested"), "--format", "json").Out.Split("\"sha256\": \"")[1][..64], SweepTable.ReadManifest(folder["results/vendors-and-leaves.parquet"]).Traces[0].Sha256);
    }

    [Fact]
    public void Json_has_a_row_for_each_cell_with_what_was_varied()
    {
        string sweep = Sweep("""{ "traces": [{ "workload": "nic1024", "events": 1000 }], "vary": { "iommu": ["vtd", "riscv"], "pageSize": ["4K", "64K"] } }""");
        (int exit, string output, string error) = WorkbenchProcess.Run("sweep", sweep, "--out", folder["a.parquet"], "--format", "json");
        Assert.True(exit == 0, error);
        JsonElement[] rows = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
        Assert.Equal(["done", "cannot", "done", "done"], rows.Select(r => r.GetProperty("status").GetString()!));
        Assert.Equal(["vtd 4K", "vtd 64K", "riscv 4K", "riscv 64K"], rows.Select(r => $"{r.GetProperty("varied").GetProperty("iommu").GetString()} {r.GetProperty("varied").GetProperty("pageSize").GetString()}"));
        Assert.Equal(1002, rows[3].GetProperty("summary").GetProperty("events").GetInt64());
        Assert.Equal(64, rows[1].GetProperty("experimentSha256").GetString()!.Length);
    }

    [Fact]
    public void A_dry_run_lists_the_cells_and_leaves_no_file()
    {
        string sweep = Sweep("""{ "traces": [{ "workload": "nic1024", "events": 1000 }], "vary": { "pageSize": ["4K", "64K"], "iommu": ["vtd", "riscv"] } }""");
        (int exit, string output, string error) = WorkbenchProcess.Run("sweep", sweep, "--out", folder["results"], "--dry-run");
        Assert.True(exit == 0, error);
        Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 80, $"wider than 80 columns: {line}"));
        Assert.Contains("     3 64K vtd: cannot: Page size '64K'", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["results"]));
    }

    [Fact]
    public void A_failing_cell_is_a_row_and_exit_code_1()
    {
        File.WriteAllBytes(folder["bad.dmat"], [1, 2, 3]);
        (int exit, string output, _) = WorkbenchProcess.Run("sweep", Sweep("""{ "traces": ["bad.dmat", { "workload": "nic1024", "events": 1000 }] }"""), "--out", folder["a.parquet"]);
        Assert.Equal(1, exit);
        Assert.Contains("Failed: cell 1: ", output, StringComparison.Ordinal);
        Assert.Equal(["error", "done"], ((Microsoft.Data.Analysis.StringDataFrameColumn)Tables.Read(folder["a.parquet"]).Columns["status"]).ToArray());
    }

    [Theory]
    [InlineData("Name the sweep file")]
    [InlineData("there is no such file", "nowhere.json")]
    [InlineData("2 problems", "BAD")]
    [InlineData("--shard 0/2", "SHIPPED", "--shard", "0/2")]
    [InlineData("none falls to this share", "SHIPPED", "--shard", "30/30")]
    [InlineData("--jobs 0", "SHIPPED", "--jobs", "0")]
    [InlineData("--merge needs --out", "--merge", "a.parquet")]
    [InlineData("takes tables of shards and no sweep file", "SHIPPED", "--merge", "a.parquet", "--out", "b.parquet")]
    public void Wrong_input_is_refused(string expected, params string[] arguments)
    {
        string bad = Sweep("""{ "traces": ["nowhere.dmat"], "vary": { "iomu": ["vtd"] } }""");
        Assert.Contains(expected, WorkbenchProcess.Refused(["sweep", .. arguments.Select(a => a == "BAD" ? bad : a == "SHIPPED" ? Shipped : a)]), StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_merge_into_the_table_of_one_run()
    {
        string sweep = Sweep("""{ "traces": [{ "workload": "nic1024", "events": 2000 }], "vary": { "iommu": ["vtd", "amd", "riscv"], "pageSize": ["4K", "64K"] } }""");
        foreach (string[] options in (string[][])[[], ["--shard", "1/2"], ["--shard", "2/2", "--jobs", "1"]])
        {
            (int exit, _, string error) = WorkbenchProcess.Run(["sweep", sweep, "--out", folder.Root, .. options]);
            Assert.True(exit == 0, error);
        }
        Assert.Equal(0, WorkbenchProcess.Run("sweep", "--merge", folder["s-1-of-2.parquet"], folder["s-2-of-2.parquet"], "--out", folder["merged.parquet"]).Exit);
        Assert.Equal(File.ReadAllBytes(folder["s.parquet"]), File.ReadAllBytes(folder["merged.parquet"]));
    }

    private const string Varied = """
        {
          "traces": [{ "workload": "nic1024", "events": 2000 }, "VFIO"], "common": { "harvestEvery": "1s" },
          "vary": { "iommu": ["vtd", "riscv"], "view": ["migration", "iova"], "pageSize": ["as-mapped", "64K"], "flush": ["after", "none"] }
        }
        """;

    [Theory]
    [InlineData("table")]
    [InlineData("json", "--shard", "2/3")]
    public void A_table_that_is_complete_is_printed_again_and_nothing_is_replayed(string format, params string[] share)
    {
        string[] arguments = ["sweep", Sweep(Varied.Replace("VFIO", WorkbenchProcess.Trace("intel-vfio-nested").Replace('\\', '/'), StringComparison.Ordinal)), "--out", folder["a.parquet"], "--format", format, .. share];
        (int exit, string output, string error) = WorkbenchProcess.Run(arguments);
        Assert.True(exit == 0, error);
        byte[] table = File.ReadAllBytes(folder["a.parquet"]);
        (int again, string same, string said) = WorkbenchProcess.Run(arguments);
        Assert.Equal((0, output), (again, same));
        Assert.Matches(@"^workbench: .*a\.parquet is complete with \d+ rows of this sweep; nothing was replayed\s*$", said);
        Assert.Equal(table, File.ReadAllBytes(folder["a.parquet"]));
        Assert.False(File.Exists(folder["a.parquet.journal"]));
    }

    [Fact]
    public void What_is_there_and_is_not_the_table_of_this_sweep_is_not_replaced()
    {
        string sweep = Sweep("""{ "traces": [{ "workload": "nic1024", "events": 2000 }], "vary": { "iommu": ["vtd", "amd"] } }""");
        foreach (string share in (string[])["1/2", "2/2"]) Assert.Equal(0, WorkbenchProcess.Run("sweep", sweep, "--shard", share, "--out", folder.Root).Exit);
        string one = folder["s-1-of-2.parquet"], two = folder["s-2-of-2.parquet"], whole = folder["whole.parquet"];
        Assert.Equal(0, WorkbenchProcess.Run("sweep", "--merge", one, two, "--out", whole).Exit);
        // The merged table is that of the whole sweep, and merging it again gives the same bytes.
        Assert.Contains("whole.parquet is complete", WorkbenchProcess.Run("sweep", sweep, "--out", whole).Error, StringComparison.Ordinal);
        Assert.Equal(0, WorkbenchProcess.Run("sweep", "--merge", one, two, "--out", whole).Exit);
        SweepTable.Write(folder["build.parquet"], Tables.Read(whole), SweepTable.ReadManifest(whole) with { Build = "another" });
        File.WriteAllText(folder["text.parquet"], "notes");
        File.WriteAllText(folder["other.json"], """{ "traces": [{ "workload": "nic1024", "events": 2001 }] }""");
        Dictionary<string, byte[]> before = Directory.GetFiles(folder.Root).ToDictionary(f => f, File.ReadAllBytes);
        foreach ((string says, string[] arguments) in ((string, string[])[])
        [
            ("the table of another sweep", [folder["other.json"], "--out", whole]), ("shard 1/2 of this sweep, and this is the whole", [sweep, "--out", one]),
            ("another build of the program", [sweep, "--out", folder["build.parquet"]]), ("no table of a sweep", [sweep, "--out", folder["text.parquet"]]),
            ("one of the tables to merge", ["--merge", one, two, "--out", two]), ("no table of a sweep", ["--merge", one, two, "--out", folder["text.parquet"]]),
        ])
        {
            string refused = WorkbenchProcess.Refused(["sweep", .. arguments]);
            Assert.Contains(says, refused, StringComparison.Ordinal);
            Assert.Contains("choose another --out", refused, StringComparison.Ordinal);
        }
        Assert.Equal(before.Keys.Order(), Directory.GetFiles(folder.Root).Order());
        Assert.All(before, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
    }

    /// <summary>The property that long sweeps live by, with real kills at whatever moments they come.</summary>
    [Fact]
    public void A_sweep_that_is_killed_again_and_again_gives_the_same_table()
    {
        string sweep = Sweep("""
            {
              "traces": [{ "workload": "nic1024", "events": 600000 }, { "workload": "seq2m", "events": 900000 }, { "workload": "uni1g", "events": 300000 }],
              "vary": { "iommu": ["vtd", "riscv"], "iotlb": ["assumed-64", "assumed-4096"] }
            }
            """);
        Assert.Equal(0, WorkbenchProcess.Run("sweep", sweep, "--out", folder["whole.parquet"]).Exit);
        string[] arguments = ["sweep", sweep, "--out", folder["a.parquet"]];
        for (int kills = 0, rows = 1; kills < 3; kills++, rows += 3)
        {
            using Process process = WorkbenchProcess.Start(arguments);
            // The process has the journal to itself; a row takes more than a KiB.
            while (!process.HasExited && LengthOf(folder["a.parquet.journal"]) < rows << 10) process.WaitForExit(5);
            process.Kill();
            process.WaitForExit();
        }
        // A line without an end was being written: its row is replayed again.
        int kept = File.Exists(folder["a.parquet.journal"]) ? File.ReadAllText(folder["a.parquet.journal"]).Count(c => c == '\n') - 1 : 0;
        (int exit, _, string error) = WorkbenchProcess.Run(arguments);
        Assert.True(exit == 0, error);
        // With all twelve the last kill may have come between the table and the end of its journal.
        if (kept is > 0 and < 12) Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"; {kept} of them needed no replay"), error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(folder["whole.parquet"]), File.ReadAllBytes(folder["a.parquet"]));
        Assert.False(File.Exists(folder["a.parquet.journal"]));
    }

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    [Fact]
    public void The_line_of_progress_says_cells_events_rate_and_time_left()
    {
        Assert.Equal("cell 3 of 8, 250 of 1,000 M events (25 %), 12.5 M/s, 0:01:00 left", SweepProgressLine.Line(new(3, 8, 250_000_000, 1_000_000_000), 12.5e6));
        Assert.Equal("cell 0 of 8, 0 of 1,000 M events (0 %), 0.0 M/s", SweepProgressLine.Line(new(0, 8, 0, 1_000_000_000), 0));
        Assert.EndsWith(", 12 days left", SweepProgressLine.Line(new(0, 8, 0, 1_000_000_000_000), 1e6), StringComparison.Ordinal);
    }
}
