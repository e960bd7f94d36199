using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Analysis;
using Workbench.Iommu;
using Workbench.Iommu.Faults;
using Workbench.Replay;
using Workbench.Replay.Costs;
using Workbench.Testing;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class FramesTests
{
    private static readonly Recording Trace = Recording.Open(Repository.PathOf("data", "traces", "intel-vfio-nested.dmat"));
    private static readonly ReplayRun Lossy = Trace.Replay(new() { HarvestEvery = "10s", Flush = FlushStrategy.None });

    private sealed record Sample(bool Flag, byte? Small, ulong Large, double Real, string? Text, View View, Iova Address, CostRange Cost, IReadOnlyList<string> Notes);

    private static string[] Names(DataFrame frame) => [.. frame.Columns.Select(c => c.Name)];

    [Fact]
    public void Harvests_are_the_rows_and_columns_of_the_result_file()
    {
        DataFrame frame = Lossy.ToFrame();
        using TemporaryFolder folder = new();
        ResultWriter.Write(folder.Root, Lossy.Result, Lossy.Experiment, null, "t", "", "");
        string[] lines = File.ReadAllLines(folder["harvests.csv"]);
        Assert.Equal(lines[0].Split(','), Names(frame));
        Assert.Equal(lines.Length - 1, frame.Rows.Count);
        for (int i = 1; i < lines.Length; i++) Assert.Equal(lines[i], string.Join(',', frame.Columns.Select(c => c[i - 1])));
        DataFrame file = Tables.ReadParquet(folder["harvests.parquet"]);
        Assert.Equal(Names(frame), Names(file));
        for (int c = 0; c < frame.Columns.Count; c++) Assert.Equal(frame.Columns[c].Cast<object>(), file.Columns[c].Cast<object>());
    }

    [Fact]
    public void Runs_are_rows_of_the_json_contract()
    {
        ReplayRun[] runs = [Lossy with { Label = "lossy" }, Trace.Replay(new() { Iommu = "amd", HarvestEvery = "10s" })];
        DataFrame frame = runs.ToFrame();
        Assert.Equal(["lossy", "amd"], frame["label"].Cast<string>());
        for (int i = 0; i < runs.Length; i++)
        {
            JsonObject json = JsonSerializer.SerializeToNode(runs[i].Summary, ReplayJson.Default.ReplaySummary)!.AsObject();
            HashSet<string> expected = ["label"];
            foreach ((string key, JsonNode? value) in json)
            {
                if (value is JsonObject range)
                {
                    foreach ((string end, JsonNode? number) in range)
                    {
                        string column = key + char.ToUpperInvariant(end[0]) + end[1..];
                        expected.Add(column);
                        Assert.Equal(number!.GetValue<double>(), frame[column][i]);
                    }
                    continue;
                }
                expected.Add(key);
                string shown = value is JsonArray list ? string.Join("; ", list.Select(n => n!.GetValue<string>())) : value!.ToString();
                Assert.Equal(shown, frame[key][i] switch { bool flag => flag ? "true" : "false", double real => JsonSerializer.Serialize(real), object other => other.ToString() });
            }
            Assert.Equal(expected.Order(StringComparer.Ordinal), Names(frame).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Rows_of_a_study_carry_the_keys_of_the_json_contract()
    {
        ResultList<PolicyRow> rows = Trace.Policies(["vtd"], ["4K"], ["never"], [FlushStrategy.PerRun, FlushStrategy.None], new() { HarvestEvery = "10s" });
        DataFrame frame = rows.ToFrame();
        Assert.Equal(["per-run", "none"], frame["flush"].Cast<string>());
        Assert.Equal(rows.Select(r => (object)r.BytesToSend), frame["bytesToSend"].Cast<object>());
        Assert.Equal(rows.Select(r => (object)r.HarvestNs.High), frame["harvestNsHigh"].Cast<object>());
        Assert.Equal(rows.Select(r => r.LostBy), frame["lostBy"].Cast<string?>());
    }

    [Fact]
    public void An_estimate_is_a_row_for_each_part()
    {
        CostEstimate estimate = Lossy.Result.Costs;
        DataFrame frame = estimate.ToFrame();
        Assert.Equal(estimate.Rows.Count, frame.Rows.Count);
        for (int i = 0; i < estimate.Rows.Count; i++)
        {
            CostRow row = estimate.Rows[i];
            Assert.Equal([Words.Of(row.Group), row.Name, row.Count, row.TotalNs.Low, row.TotalNs.Default, row.TotalNs.High, row.IsAssumed, row.Source], frame.Columns.Select(c => c[i]));
        }
        Assert.Equal("device-latency", frame["group"][estimate.Rows.ToList().FindIndex(r => r.Group == CostGroup.DeviceLatency)]);
    }

    [Fact]
    public void Missed_pages_and_faults_say_null_where_nothing_is_known()
    {
        MissedPage[] missed = [new(new(3), 5, 7, RequesterId.Of(0, 1, 0), "a"), new(new(3), 6, 0, default, "b") { WriteIsKnown = false }, new(new(4), 7, 9, default, "c") { WriteIsKnown = false }];
        DataFrame frame = missed.ToFrame();
        Assert.Equal(["domain", "iova", "last_write_ns", "device", "cause"], Names(frame));
        Assert.Equal([7L, null, 9L], frame["last_write_ns"].Cast<object?>());
        Assert.Equal(["00:01.0", null, null], frame["device"].Cast<string?>());
        Assert.Equal([0x5000UL, 0x6000UL, 0x7000UL], frame["iova"].Cast<object>().Cast<ulong>());
        DataFrame faults = new[] { new Fault(default, RequesterId.Of(1, 2, 3), new Pasid(9), new(0x1000), true), new Fault(default, default, null, new(2), false) }.ToFrame();
        Assert.Equal([9u, null], faults["pasid"].Cast<object?>());
        Assert.Equal(["write", "read"], faults["direction"].Cast<string>());
    }

    [Fact]
    public void Any_records_make_a_column_of_each_property()
    {
        Sample[] samples = [new(true, 1, ulong.MaxValue, 0.5, "x", View.Gpa, new(0x1000), new(1, 2, 3), ["a", "b"]), new(false, null, 0, double.NaN, null, View.Iova, default, default, [])];
        DataFrame frame = samples.ToFrame();
        Assert.Equal(["flag", "small", "large", "real", "text", "view", "address", "costLow", "costDefault", "costHigh", "notes"], Names(frame));
        Assert.Equal([true, (byte)1, ulong.MaxValue, 0.5, "x", "gpa", new Iova(0x1000).ToString(), 1.0, 2.0, 3.0, "a; b"], frame.Columns.Select(c => c[0]));
        Assert.Equal([false, null, 0UL, double.NaN, null, "iova", default(Iova).ToString(), 0.0, 0.0, 0.0, ""], frame.Columns.Select(c => c[1]));
        Assert.Equal(0, Array.Empty<Sample>().ToFrame().Rows.Count);
        Assert.Equal([3, 4], new[] { 3, 4 }.ToFrame()["value"].Cast<object>().Cast<int>());
    }
}
