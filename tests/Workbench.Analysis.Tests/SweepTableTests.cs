using Microsoft.Data.Analysis;
using Workbench.Replay;
using Workbench.Replay.Sweeps;
using Workbench.Traces;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class SweepTableTests : IDisposable
{
    private const string Sweep = """
        {
          "traces": [{ "workload": "nic1024", "events": 3000 }, { "workload": "uni1g", "events": 2000 }],
          "vary": { "iommu": ["vtd", "riscv"], "pageSize": ["4K", "64K"], "flush": ["after", "per-run"], "deviceTlb": [0, 16] }
        }
        """;

    private readonly TemporaryFolder folder = new();
    private readonly SweepPlan plan;

    public SweepTableTests()
    {
        File.WriteAllText(folder["sweep.json"], Sweep);
        plan = SweepPlan.Read(folder["sweep.json"]);
    }

    public void Dispose() => folder.Dispose();

    private string Write(string name, int number = 1, int count = 1)
    {
        IReadOnlyList<SweepCell> cells = plan.ShardOf(number, count);
        using SweepJournal journal = SweepJournal.Open(folder[name + ".journal"], plan, $"{number}/{count}");
        IReadOnlyList<SweepRow> rows = new SweepRunner(plan, cells, journal, 2, 1 << 30).Run(cancellation: TestContext.Current.CancellationToken);
        SweepTable.Write(folder[name], SweepTable.ToFrame(plan, rows), plan.ManifestOf("workbench test", count == 1 ? null : $"{number}/{count}"));
        return folder[name];
    }

    [Fact]
    public void A_table_has_a_row_for_each_cell_and_null_where_there_are_no_figures()
    {
        DataFrame table = Tables.Read(Write("a.parquet"));
        Assert.Equal(["cell", "trace", "traceSha256", "iommu", "pageSize", "flush", "deviceTlb", "experimentSha256", "status", "error", "iotlb"], table.Columns.Take(11).Select(c => c.Name));
        Assert.Equal(table.Columns.Count, table.Columns.Select(c => c.Name).Distinct().Count());
        Assert.Equal(32, table.Rows.Count);
        for (int i = 0; i < 32; i++)
        {
            SweepCell cell = plan.Cells[i];
            object at(string column) => table.Columns[column][i];
            Assert.Equal((i + 1, cell.Trace.Name, cell.Experiment.Iommu, cell.Experiment.PageSize, cell.Experiment.Flush == FlushStrategy.After ? "after" : "per-run", cell.Experiment.DeviceTlb),
                ((int)at("cell"), (string)at("trace"), (string)at("iommu"), (string)at("pageSize"), (string)at("flush"), (int)at("deviceTlb")));
            bool cannot = cell.Experiment is { Iommu: "vtd", PageSize: "64K" };
            Assert.Equal(cannot ? "cannot" : "done", at("status"));
            Assert.Equal(cannot, at("error") is string);
            Assert.Equal(cannot ? null : cell.Trace.Events, (long?)at("events"));
            Assert.Equal(cannot, at("harvestCostNsHigh") is null);
        }
    }

    [Fact]
    public void The_manifest_is_in_the_file()
    {
        SweepManifest manifest = SweepTable.ReadManifest(Write("a.parquet"));
        Assert.Equal(plan.ManifestOf("workbench test", null).ToJson(), manifest.ToJson());
        Assert.Equal((32, plan.Sha256), (manifest.Cells, manifest.SweepSha256));
        Assert.Equal("assumed", Assert.Single(manifest.CostProfiles).Name);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Shards_put_together_are_the_table_of_one_run_byte_for_byte(int count)
    {
        string whole = Write("whole.parquet");
        string[] shards = [.. Enumerable.Range(1, count).Select(i => Write($"s{i}.parquet", i, count)).Reverse()];
        SweepTable.Merge(shards, folder["merged.parquet"]);
        Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(folder["merged.parquet"]));
        Assert.Contains("in none of the tables", Assert.Throws<TraceFormatException>(() => SweepTable.Merge(shards[1..], folder["m.parquet"])).Message, StringComparison.Ordinal);
        Assert.Contains("in none of the tables", Assert.Throws<TraceFormatException>(() => SweepTable.Merge(shards[..^1], folder["m.parquet"])).Message, StringComparison.Ordinal);
        Assert.Contains("is in two of the tables", Assert.Throws<TraceFormatException>(() => SweepTable.Merge([.. shards, shards[0]], folder["m.parquet"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_of_other_sweeps_and_other_tables_are_refused()
    {
        string one = Write("a.parquet", 1, 2), other = folder["b.parquet"];
        SweepTable.Write(other, Tables.Read(one), plan.ManifestOf("workbench of old", "2/2"));
        Assert.Contains("another sweep", Assert.Throws<TraceFormatException>(() => SweepTable.Merge([one, other], folder["m.parquet"])).Message, StringComparison.Ordinal);
        Tables.Read(one).Write(other);
        Assert.Contains("b.parquet: no table of a sweep", Assert.Throws<TraceFormatException>(() => SweepTable.Merge([one, other], folder["m.parquet"])).Message, StringComparison.Ordinal);
    }
}
