using System.Text.Json.Nodes;
using CsCheck;
using Workbench.Testing;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class LocalityChartsTests
{
    [Fact]
    public void Distinct_pages_are_those_written_up_to_each_point()
    {
        SmallRecordings.Writes.Where(w => w.Length > 0 && w[^1].TimeNs > 0).Sample(writes =>
        {
            JsonNode line = new FigureJson(SmallRecordings.Record(writes).CumulativeUnique(bins: 7)).Data[0]!;
            double?[] x = FigureJson.Numbers(line, "x"), y = FigureJson.Numbers(line, "y");
            long end = writes[^1].TimeNs;
            for (int i = 0; i <= 7; i++)
            {
                Assert.Equal(end / 1e9 * i / 7, x[i]!.Value, 15);
                Assert.Equal(writes.Where(w => w.TimeNs * 7 <= end * i).SelectMany(w => Enumerable.Range(w.Page, w.Pages)).Distinct().Count(), y[i]);
            }
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void Iotlb_misses_are_those_of_a_list_kept_by_last_use()
    {
        Gen.Select(Gen.Int[0, 12], Gen.Bool).Array[1, 60].Sample(accesses =>
        {
            TraceBuilder trace = SmallRecordings.Begin();
            foreach ((int page, bool isWrite) in accesses)
            {
                if (isWrite) trace.After(10).Write((ulong)page * SmallRecordings.Page);
                else trace.After(10).Read((ulong)page * SmallRecordings.Page);
            }
            int[] entries = [1, 3, 8, 64];
            JsonNode line = new FigureJson(trace.Record().IotlbMissCurve(pageSizes: ["4K"], entries: entries, experiment: new() { HarvestEvery = "0" })).Data[0]!;
            Assert.Equal(entries.Select(n => (double)n), FigureJson.Numbers(line, "x").Select(v => v!.Value));
            Assert.Equal(entries.Select(n => 100.0 * Misses(n) / accesses.Length), FigureJson.Numbers(line, "y").Select(v => v!.Value));

            int Misses(int size)
            {
                List<int> cached = [];
                int misses = 0;
                foreach ((int page, _) in accesses)
                {
                    if (!cached.Remove(page)) misses++;
                    cached.Insert(0, page);
                    if (cached.Count > size) cached.RemoveAt(size);
                }
                return misses;
            }
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void A_heat_map_counts_the_writes_of_each_region_and_leaves_out_holes()
    {
        TraceBuilder trace = SmallRecordings.Begin().Map(1UL << 40, 1UL << 21, physical: 1UL << 30);
        for (int i = 0; i < 10; i++) trace.At(i * 100).Write(0).Write(5 * SmallRecordings.Page);
        trace.At(999).Write(1UL << 40);
        FigureJson figure = new(trace.Record().HeatMap(granule: "4K", columns: 10));
        JsonNode map = figure.Data[0]!;
        Assert.Equal(["0x0", "0x5000", "0x10000000000"], FigureJson.Texts(map, "y"));
        JsonArray z = map["z"]!.AsArray();
        Assert.Equal(Enumerable.Repeat((double?)0, 10), z[0]!.AsArray().Select(n => (double?)n));
        Assert.Equal([.. Enumerable.Repeat((double?)null, 9), 0], z[2]!.AsArray().Select(n => (double?)n));
        Assert.Contains("21 writes to 3 regions of 4 KiB", figure.Summary, StringComparison.Ordinal);
        Assert.Contains("4 KiB", figure.YTitle, StringComparison.Ordinal);
        FigureJson coarse = new(trace.Record().HeatMap(granule: "4K", columns: 1, rows: 2));
        Assert.Equal(["0x0", "0x10000000000"], FigureJson.Texts(coarse.Data[0]!, "y"));
        Assert.Equal(Math.Log10(20), (double)coarse.Data[0]!["z"]![0]![0]!);
        Assert.Contains("32 KiB", coarse.YTitle, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_choices_are_refused_with_what_is_possible()
    {
        Recording recording = SmallRecordings.Begin().Write(0).Record();
        Assert.Contains("power of two", Assert.Throws<ArgumentException>(() => recording.CumulativeUnique(granule: "5K")).Message, StringComparison.Ordinal);
        Assert.Contains("10,000", Assert.Throws<ArgumentOutOfRangeException>(() => recording.CumulativeUnique(bins: 0)).Message, StringComparison.Ordinal);
        Assert.Contains("2000", Assert.Throws<ArgumentOutOfRangeException>(() => recording.HeatMap(columns: 0)).Message, StringComparison.Ordinal);
        Assert.Contains("vtd", Assert.Throws<ArgumentException>(() => recording.IotlbMissCurve(models: ["vtx"])).Message, StringComparison.Ordinal);
    }
}
