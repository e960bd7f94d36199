using Workbench.Replay.Sweeps;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Sweeps;

public sealed class SweepPlanTests : IDisposable
{
    private const string Nic = """{ "workload": "nic1024", "events": 1000 }""";

    private readonly SweepFiles files = new();

    public void Dispose() => files.Dispose();

    private string Refusal(string json) => Assert.Throws<TraceFormatException>(() => files.Plan(json)).Message;

    [Fact]
    public void Cells_are_crossed_in_the_order_of_the_file_and_the_last_property_changes_fastest()
    {
        SweepPlan plan = files.Eight();
        Assert.Equal(["iommu", "iotlb"], plan.Varied);
        Assert.Equal([("nic1024", "vtd", "1x16"), ("nic1024", "vtd", "assumed-64"), ("nic1024", "riscv", "1x16"), ("nic1024", "riscv", "assumed-64"), ("uni1g", "vtd", "1x16"), ("uni1g", "vtd", "assumed-64"), ("uni1g", "riscv", "1x16"), ("uni1g", "riscv", "assumed-64")],
            plan.Cells.Select(c => (c.Trace.Name.Split(' ')[0], c.Experiment.Iommu, c.Experiment.Iotlb)));
        Assert.Equal(Enumerable.Range(1, 8), plan.Cells.Select(c => c.Number));
        Assert.All(plan.Cells, c => Assert.Equal("100us", c.Experiment.HarvestEvery));
        Assert.Equal("uni1g events=2000 seed=7 nsPerEvent=100", plan.Traces[1].Name);
        Assert.Equal(2002, plan.Traces[1].Events);
    }

    [Fact]
    public void The_hash_tells_sweeps_apart_and_not_how_they_are_written()
    {
        string hash(string json) => files.Plan(json).Sha256;
        string one = hash($$"""{ "traces": [{{Nic}}], "vary": { "flush": ["after", "none"] } }""");
        Assert.Equal(one, hash($$"""{ "vary": { "flush": ["after", /* unsound */ "none"], }, "common": { "iommu": "vtd" }, "traces": [{ "events": 1000, "seed": 1, "workload": "nic1024" }] }"""));
        Assert.NotEqual(one, hash($$"""{ "traces": [{{Nic}}], "vary": { "flush": ["none", "after"] } }"""));
        Assert.NotEqual(one, hash($$"""{ "traces": [{{Nic}}], "common": { "harvestEvery": "1ms" }, "vary": { "flush": ["after", "none"] } }"""));
        Assert.NotEqual(one, hash("""{ "traces": [{ "workload": "nic1024", "events": 1001 }], "vary": { "flush": ["after", "none"] } }"""));
    }

    [Fact]
    public void A_manifest_gives_what_is_common_too()
    {
        SweepPlan plan = files.Plan($$"""{ "traces": [{{Nic}}], "common": { "format": 1, "tool": "workbench", "experiment": { "iommu": "amd" } }, "vary": { "deviceTlb": [0, 16] } }""");
        Assert.Equal([("amd", 0), ("amd", 16)], plan.Cells.Select(c => (c.Experiment.Iommu, c.Experiment.DeviceTlb)));
    }

    [Fact]
    public void Paths_are_seen_from_the_sweep_file_and_globs_are_sorted()
    {
        Directory.CreateDirectory(files["deep/er"]);
        foreach (string name in (string[])["b", "a", "c"]) File.Copy(SweepFiles.Recorded("intel-perf"), files[$"deep/er/{name}{(name == "c" ? ".bin" : ".dmat")}"]);
        Assert.Equal(["a.dmat", "b.dmat"], files.Plan("""{ "traces": ["d*/er/?.dmat"] }""").Traces.Select(t => t.Name));
        Assert.Equal(["b.dmat"], files.Plan("""{ "traces": ["deep/../deep/er/b.dmat"] }""").Traces.Select(t => t.Name));
    }

    [Fact]
    public void Skip_leaves_out_cells_that_have_all_of_its_values()
    {
        SweepPlan plan = files.Plan($$"""{ "traces": [{{Nic}}], "vary": { "iommu": ["vtd", "amd"], "flush": ["after", "per-run", "none"] }, "skip": [{ "iommu": "amd", "flush": ["per-run", "none"] }, { "flush": "none", "iommu": "vtd" }] }""");
        Assert.Equal([("vtd", FlushStrategy.After), ("vtd", FlushStrategy.PerRun), ("amd", FlushStrategy.After)], plan.Cells.Select(c => (c.Experiment.Iommu, c.Experiment.Flush)));
    }

    [Fact]
    public void What_one_model_lacks_is_said_of_its_cells_and_leaves_the_others()
    {
        SweepPlan plan = files.Plan($$"""{ "traces": [{{Nic}}], "vary": { "iommu": ["vtd", "smmu"], "granule": ["4K", "16K"] } }""");
        Assert.Equal([true, false, true, true], plan.Cells.Select(c => c.Lack is null));
        Assert.Contains("Granule '16K': vtd has 4K", plan.Cells[1].Lack, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "traces": [NIC], "vary": { "iomu": ["vtd"] } }""", "no property 'iomu'")]
    [InlineData("""{ "traces": [NIC], "vary": { "isSound": [true] } }""", "no property 'isSound'. It has iommu, iotlb, ")]
    [InlineData("""{ "traces": [NIC], "vary": { "iommu": [] } }""", "'iommu' needs an array with at least one value")]
    [InlineData("""{ "traces": [NIC], "vary": { "iommu": "vtd" } }""", "'iommu' needs an array with at least one value")]
    [InlineData("""{ "traces": [NIC], "vary": { "iommu": ["vtd", "vtd"] } }""", "'iommu' has \"vtd\" twice")]
    [InlineData("""{ "traces": [NIC], "vary": { "deviceTlb": ["many"] } }""", "deviceTlb \"many\"")]
    [InlineData("""{ "traces": [NIC], "vary": { "policy": ["never", "sometimes"] } }""", "no cell with policy \"sometimes\" can be replayed: There is no policy 'sometimes'")]
    [InlineData("""{ "traces": [NIC], "common": { "iotlb": "huge" } }""", "no cell can be replayed: ")]
    [InlineData("""{ "traces": [NIC], "common": { "iotbl": "1x1" } }""", "unknown member at $.iotbl")]
    [InlineData("""{ "traces": [NIC], "comon": {} }""", "unknown member 'comon'")]
    [InlineData("""{ "traces": [NIC, NIC] }""", "is named twice")]
    [InlineData("""{ "traces": ["nowhere/*.dmat"] }""", "there is no file nowhere/*.dmat")]
    [InlineData("""{ "traces": [] }""", "with at least one")]
    [InlineData("""{ "traces": [7] }""", "7 is neither a path nor a workload")]
    [InlineData("""{ "traces": [{ "workload": "nic1", "events": 5 }] }""", "names no workload")]
    [InlineData("""{ "traces": [{ "workload": "nic1024" }] }""", "needs events")]
    [InlineData("""{ "traces": [{ "workload": "nic1024", "events": 5, "sed": 1 }] }""", "no member 'sed'")]
    [InlineData("""{ "vary": {} }""", "traces are missing")]
    [InlineData("""[]""", "a sweep is an object")]
    [InlineData("""{ "traces": """, "no JSON")]
    [InlineData("""{ "traces": [NIC], "common": { "costProfile": "mine.json" } }""", "costProfile 'mine.json'")]
    [InlineData("""{ "traces": [NIC], "skip": [{ "iommu": "amd" }] }""", "matches no cell")]
    [InlineData("""{ "traces": [NIC], "skip": [{ "iomu": "amd" }] }""", "no property 'iomu'")]
    [InlineData("""{ "traces": [NIC], "skip": [{ "iommu": "vtd" }] }""", "skip leaves no cell")]
    public void Mistakes_are_refused(string json, string expected) => Assert.Contains(expected, Refusal(json.Replace("NIC", Nic, StringComparison.Ordinal)), StringComparison.Ordinal);

    [Fact]
    public void All_problems_are_said_at_once()
    {
        string message = Refusal("""{ "traces": ["nowhere.dmat", { "workload": "nic1" }], "vary": { "iomu": ["vtd"], "flush": [] }, "more": 1 }""");
        foreach (string expected in (string[])["sweep.json has 5 problems:", "nowhere.dmat", "nic1", "iomu", "flush", "more"]) Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("there is no such file", Assert.Throws<TraceFormatException>(() => SweepPlan.Read(files["other.json"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Shards_have_every_cell_once_and_whole_traces_where_there_are_enough(int count)
    {
        SweepPlan plan = files.Eight();
        IReadOnlyList<SweepCell>[] shards = [.. Enumerable.Range(1, count).Select(i => plan.ShardOf(i, count))];
        Assert.Equal(plan.Cells, shards.SelectMany(s => s).OrderBy(c => c.Number));
        Assert.True(shards.Max(s => s.Count) - shards.Min(s => s.Count) <= 1);
        if (count == 2) Assert.All(shards, s => Assert.Single(s.Select(c => c.Trace).Distinct()));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.ShardOf(count + 1, count));
    }

    [Fact]
    public void The_shipped_sweep_can_be_read()
    {
        SweepPlan plan = SweepPlan.Read(Repository.PathOf("data", "sweeps", "vendors-and-leaves.json"));
        Assert.Equal(22, plan.Cells.Count);
        Assert.NotNull(plan.Traces[0].Sha256);
    }
}
