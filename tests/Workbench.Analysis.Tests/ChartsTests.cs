using System.Text.Json.Nodes;
using CsCheck;
using Plotly.NET;
using Workbench.Replay;
using Workbench.Replay.Costs;
using Workbench.Testing;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class ChartsTests
{
    private static readonly Recording Nested = Recording.Open(Repository.PathOf("data", "traces", "intel-vfio-nested.dmat"));
    private static readonly ReplayRun Vtd = Nested.Replay(new() { HarvestEvery = "20s" }), Amd = Nested.Replay(new() { Iommu = "amd", HarvestEvery = "20s" });
    private static readonly ReplayRun Lossy = Nested.Replay(new() { HarvestEvery = "20s", PageSize = "2M", Flush = FlushStrategy.None });
    private static readonly ReplayRun Idle = SmallRecordings.Begin().At(1000).Read(0).Record("idle").Replay();

    [Fact]
    public void A_dirty_rate_is_what_each_harvest_reported_over_its_interval()
    {
        FigureJson figure = new(new[] { Vtd, Amd }.DirtyRate());
        Assert.Equal(["vtd", "amd"], figure.Names);
        Assert.Contains("(pages/s)", figure.YTitle, StringComparison.Ordinal);
        Assert.Contains("(s)", figure.XTitle, StringComparison.Ordinal);
        foreach (ReplayRun run in (ReplayRun[])[Vtd, Amd])
        {
            List<(double End, double Rate)> expected = [];
            double begin = 0, reported = 0, before = 0;
            HarvestRow[] rows = [.. run.Result.Harvests];
            for (int i = 0; i < rows.Length; i++)
            {
                double end = (rows[i].EndNs - run.BeginNs) / 1e9;
                // The last harvest comes when the device stops, by chance soon after the one before: then the two are one.
                bool joins = i == rows.Length - 1 && i > 0 && end - begin < (begin - before) / 2;
                if (joins) (begin, reported) = (before, reported + rows[i].Reported4K);
                else (before, reported) = (begin, rows[i].Reported4K);
                if (joins) expected.RemoveAt(expected.Count - 1);
                expected.Add((end, reported / (end - begin)));
                before = begin;
                begin = end;
            }
            JsonNode trace = figure.Trace(run.Label);
            Assert.Equal([0.0, .. expected.Select(e => e.End)], FigureJson.Numbers(trace, "x").Select(v => v!.Value));
            double?[] rates = FigureJson.Numbers(trace, "y");
            Assert.Equal(rates[1], rates[0]);
            for (int i = 0; i < expected.Count; i++) Assert.Equal(expected[i].Rate, rates[i + 1]!.Value, 6);
        }
        Assert.Equal(["vtd", "truly written"], new FigureJson(Vtd.DirtyRate(bytes: true)).Names);
        Assert.Contains("(MiB/s)", new FigureJson(Vtd.DirtyRate(bytes: true)).YTitle, StringComparison.Ordinal);
    }

    [Fact]
    public void The_area_under_a_dirty_rate_is_what_was_reported_however_many_harvests_are_joined()
    {
        Recording trace = Recording.Generate("nic1024", 30_000, nsPerEvent: 1000);
        foreach (string every in (string[])["10us", "7ms", "29ms", "0"])
        {
            ReplayRun run = trace.Replay(new() { HarvestEvery = every, AtomicHarvest = true });
            JsonNode line = new FigureJson(run.DirtyRate()).Trace("vtd");
            double?[] x = FigureJson.Numbers(line, "x"), y = FigureJson.Numbers(line, "y");
            Assert.InRange(x.Length, 2, 1001);
            double area = 0;
            for (int i = 1; i < x.Length; i++) area += (x[i]!.Value - x[i - 1]!.Value) * y[i]!.Value;
            Assert.Equal(run.Result.ReportedDirty4K, area, 3);
        }
    }

    [Fact]
    public void Over_report_is_the_bytes_to_send_in_each_unit()
    {
        FigureJson figure = new(new[] { Vtd, Lossy }.OverReport());
        Assert.Equal("log", figure.YType);
        foreach (ReplayRun run in (ReplayRun[])[Vtd, Lossy])
        {
            ReplaySummary s = run.Summary;
            Assert.Equal(["4 KiB", "2 MiB", "1 GiB", "as reported"], FigureJson.Texts(figure.Trace(run.Label), "x"));
            Assert.Equal([s.BytesToSendAt4K, s.BytesToSendAt2M, s.BytesToSendAt1G, s.BytesReported], FigureJson.Numbers(figure.Trace(run.Label), "y").Select(v => (ulong)v!.Value));
        }
        Assert.Contains(Words.Number((double)Vtd.Summary.BytesToSendAt2M / Vtd.Summary.BytesToSendAt4K) + " times", figure.Summary, StringComparison.Ordinal);
        Assert.Contains("bytes", figure.YTitle, StringComparison.Ordinal);
    }

    [Fact]
    public void Flush_cost_stacks_the_parts_and_spans_the_range()
    {
        ReplayRun[] runs = [Vtd, Nested.Replay(new() { HarvestEvery = "20s", View = View.Gpa, PageSize = "2M", Policy = "on-dirty" })];
        FigureJson figure = new(runs.FlushCost());
        double size = figure.YTitle.EndsWith("(ms)", StringComparison.Ordinal) ? 1e6 : figure.YTitle.EndsWith("(µs)", StringComparison.Ordinal) ? 1e3 : 1e9;
        JsonNode range = figure.Trace("low to high");
        for (int i = 0; i < runs.Length; i++)
        {
            CostRange total = runs[i].Result.Costs.SoftwareNs;
            Assert.Equal(total.Default / size, figure.Data.Where(t => (string)t!["type"]! == "bar").Sum(t => FigureJson.Numbers(t!, "y")[i]!.Value), 9);
            Assert.Equal(total.Default / size, FigureJson.Numbers(range, "y")[i]!.Value, 9);
            Assert.Equal((total.High - total.Default) / size, FigureJson.Numbers(range["error_y"]!, "array")[i]!.Value, 9);
            Assert.Equal((total.Default - total.Low) / size, FigureJson.Numbers(range["error_y"]!, "arrayminus")[i]!.Value, 9);
        }
        Assert.Equal("stack", (string)figure.Layout["barmode"]!);
        Assert.Contains(Words.ShowTime(runs.Max(r => r.Result.Costs.SoftwareNs.High)), figure.Summary, StringComparison.Ordinal);
        Assert.Contains("leaf entries written", figure.Names);
    }

    [Fact]
    public void Vendors_are_multiples_of_the_first_or_one_metric_in_its_unit()
    {
        FigureJson figure = new(new[] { Vtd, Amd, Lossy }.Vendors(["walks", "commands", "missed4K"]));
        Assert.Equal(["walks", "commands"], FigureJson.Texts(figure.Trace("amd"), "x"));
        Assert.Equal([(double)Amd.Summary.Walks / Vtd.Summary.Walks, (double)Amd.Summary.Commands / Vtd.Summary.Commands], FigureJson.Numbers(figure.Trace("amd"), "y").Select(v => v!.Value));
        Assert.All(FigureJson.Numbers(figure.Trace("vtd"), "y"), v => Assert.Equal(1, v));
        Assert.Contains("missed pages", figure.Summary, StringComparison.Ordinal);
        FigureJson one = new(new[] { Vtd, Amd }.Vendors(["peakTableBytes"]));
        double size = one.YTitle.EndsWith("(KiB)", StringComparison.Ordinal) ? 1 << 10 : 1 << 20;
        Assert.Equal([Vtd.Summary.PeakTableBytes, Amd.Summary.PeakTableBytes], FigureJson.Numbers(one.Data[0]!, "y").Select(v => (long)(v!.Value * size)));
        Assert.Contains("walks", Assert.Throws<ArgumentException>(() => new[] { Vtd }.Vendors(["walk"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lost_pages_step_up_once_for_each_page_at_its_time()
    {
        Assert.NotEmpty(Lossy.Result.MissedPages);
        FigureJson figure = new(Lossy.LostPages());
        foreach (IGrouping<string, MissedPage> cause in Lossy.Result.MissedPages.GroupBy(m => m.Cause))
        {
            JsonNode line = figure.Trace(cause.Key);
            double?[] x = FigureJson.Numbers(line, "x"), y = FigureJson.Numbers(line, "y");
            for (int i = 1; i < x.Length - 1; i++) Assert.Equal(cause.Count(m => (m.TimeNs - Lossy.BeginNs) / 1e9 <= x[i]), y[i]);
            Assert.Equal(cause.Count(), y[^1]);
            Assert.Equal(0, y[0]);
        }
        Assert.StartsWith(Words.Count(Lossy.Result.Missed4K, "page") + " lost", figure.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Lost_pages_that_are_not_all_listed_are_counted_at_harvests_and_the_chart_says_so()
    {
        long missed = Lossy.Result.Missed4K;
        Assert.True(missed > 3);
        ReplayRun partly = Lossy with { Result = Lossy.Result with { MissedPages = [.. Lossy.Result.MissedPages.Take(3)] } };
        FigureJson figure = new(partly.LostPages());
        JsonNode line = figure.Trace("missing after each harvest");
        Assert.Equal([0, .. partly.Result.Harvests.Select(h => (h.EndNs - partly.BeginNs) / 1e9)], FigureJson.Numbers(line, "x")[..^1].Select(v => v!.Value));
        Assert.Equal([0, .. partly.Result.Harvests.Select(h => (double)h.Missed4K), missed], FigureJson.Numbers(line, "y").Select(v => v!.Value));
        string note = Assert.Single(figure.Sentences);
        Assert.StartsWith($"Only 3 of {Words.Count(missed, "lost page")} are listed: ", note, StringComparison.Ordinal);
        Assert.EndsWith(note, figure.Summary, StringComparison.Ordinal);
        // Beside a run whose list is whole, that one keeps its causes.
        FigureJson both = new(new[] { partly, Lossy with { Label = "whole" } }.LostPages());
        Assert.Equal(1 + Lossy.Result.MissedPages.Select(m => m.Cause).Distinct().Count(), both.Names.Length);
        Assert.Equal(missed, FigureJson.Numbers(both.Data[0]!, "y")[^1]);
        Assert.All(both.Names.Skip(1), name => Assert.StartsWith("whole: ", name, StringComparison.Ordinal));
        Assert.Empty(new FigureJson(Lossy.LostPages()).Sentences);
    }

    [Fact]
    public void A_line_of_lost_pages_over_many_harvests_keeps_the_last_and_has_few_points()
    {
        HarvestRow row = Lossy.Result.Harvests[^1];
        ReplayRun many = Lossy with { Result = Lossy.Result with { MissedPages = [], Missed4K = 2500, Harvests = [.. Enumerable.Range(1, 2500).Select(i => row with { Harvest = i, EndNs = row.EndNs + i, Missed4K = i })] } };
        JsonNode line = new FigureJson(many.LostPages()).Trace("missing after each harvest");
        double?[] y = FigureJson.Numbers(line, "y");
        Assert.InRange(y.Length, 500, 1002);
        Assert.Equal([2500, 2500], y[^2..].Select(v => v!.Value));
        Assert.Equal(3, y[1]);
    }

    [Fact]
    public void The_frontier_joins_the_sound_cells_that_none_beats()
    {
        ResultList<PolicyRow> rows = Nested.Policies(["vtd", "amd"], ["4K", "2M"], ["never", "on-dirty"], [FlushStrategy.After, FlushStrategy.PerPage, FlushStrategy.None], new() { View = View.Gpa, HarvestEvery = "20s" });
        PolicyRow[] front = [.. rows.Where(r => r.Missed4K == 0 && r.Sound && !rows.Any(o => o.Missed4K == 0 && o.Sound && Cost(o) <= Cost(r) && o.BytesToSend <= r.BytesToSend && (Cost(o) < Cost(r) || o.BytesToSend < r.BytesToSend))).OrderBy(Cost).DistinctBy(r => (Cost(r), r.BytesToSend))];
        FigureJson figure = new(rows.Frontier());
        JsonNode guide = figure.Trace("best of the sound ones");
        double scale = figure.YType == "log" ? 1 : 1 << 20;
        Assert.Equal(front.Select(r => r.BytesToSend / scale), FigureJson.Numbers(guide, "y").Select(v => v!.Value));
        Assert.Equal(rows.Count, figure.Data.Where(t => (string)t!["mode"]! == "markers").Sum(t => t!["x"]!.AsArray().Count));
        JsonNode lost = figure.Trace("vtd, loses pages");
        Assert.Equal(rows.Count(r => r.Iommu == "vtd" && r.Missed4K > 0), lost["x"]!.AsArray().Count);
        Assert.EndsWith("-open", (string)lost["marker"]!["symbol"]!, StringComparison.Ordinal);
        Assert.Contains("flush after", FigureJson.Texts(figure.Trace("vtd"), "text")[0], StringComparison.Ordinal);
        Assert.Contains($"{rows.Count(r => r.Missed4K > 0)} of which lost pages", figure.Summary, StringComparison.Ordinal);

        static double Cost(PolicyRow r) => r.HarvestNs.Default + r.LeafChangeNs.Default;
    }

    [Fact]
    public void The_same_input_gives_the_same_figure()
    {
        Assert.Equal(new[] { Vtd, Amd }.DirtyRate().ToFigureJson(), new[] { Vtd, Amd }.DirtyRate().ToFigureJson());
        Assert.Equal(Nested.HeatMap().ToFigureJson(), Nested.HeatMap().ToFigureJson());
        Assert.Equal(Nested.Footprint().ToFigureJson(), Recording.Open(Repository.PathOf("data", "traces", "intel-vfio-nested.dmat")).Footprint().ToFigureJson());
    }

    [Fact]
    public void Series_take_colours_dashes_and_markers_in_the_order_of_the_theme()
    {
        ReplayRun[] runs = [.. Enumerable.Range(0, 10).Select(i => Vtd with { Label = i < 2 ? "same" : $"run {i}" })];
        FigureJson figure = new(runs.DirtyRate());
        Assert.Equal(["same", "same (2)", "run 2"], figure.Names.Take(3));
        for (int i = 0; i < runs.Length; i++)
        {
            Assert.Equal(Theme.Palette[i % 8], (string)figure.Data[i]!["line"]!["color"]!);
            Assert.Equal(Theme.Dashes[i % 6], (string)figure.Data[i]!["line"]!["dash"]!);
        }
        Assert.Equal(Theme.Palette, figure.Layout["template"]!["layout"]!["colorway"]!.AsArray().Select(n => (string)n!));
        Assert.Equal((800, 450), ((int)figure.Layout["width"]!, (int)figure.Layout["height"]!));
        Assert.Equal("#FFFFFF", (string)figure.Layout["template"]!["layout"]!["paper_bgcolor"]!);
    }

    [Fact]
    public void Runs_of_one_label_are_told_apart_by_what_differs()
    {
        ReplayRun fast = Nested.Replay(new() { HarvestEvery = "10s", Iotlb = "1x64:lru" });
        Assert.Equal(["vtd, iotlb assumed-64, harvestEvery 20s", "vtd, iotlb 1x64:lru, harvestEvery 10s", "amd"], new FigureJson(new[] { Vtd, fast, Amd }.DirtyRate()).Names);
        Assert.Equal(["vtd, intel-vfio-nested", "vtd, idle"], new FigureJson(new[] { Vtd, Idle }.DirtyRate()).Names);
        Assert.Equal("smmu 2M on-dirty flush per-run linux-6.12", ReplayRun.LabelOf(new() { Iommu = "smmu", PageSize = "2M", Policy = "on-dirty", Flush = FlushStrategy.PerRun, Quirks = "linux-6.12" }));
        Assert.Equal("smmu:64K device-log", ReplayRun.LabelOf(new() { Iommu = "smmu", Granule = "64K", Tracker = "device-log" }));
    }

    public static TheoryData<string> Degenerate => ["no runs", "no harvests", "nothing written", "nothing lost", "no rows", "no recordings", "no time", "one harvest", "one cell"];

    [Theory]
    [MemberData(nameof(Degenerate))]
    public void A_chart_of_nothing_says_so(string input)
    {
        ReplayRun[] none = [];
        ReplayRun empty = new TraceBuilder().At(5).Mark("alone").Record("empty").Replay();
        GenericChart[] charts = input switch
        {
            "no runs" => [none.DirtyRate(), none.LostPages(), none.OverReport(), none.FlushCost(), none.Vendors(), none.IotlbMissCurve()],
            "no harvests" => [empty.DirtyRate(), empty.OverReport(), empty.FlushCost(), empty.LostPages(), new[] { empty }.Vendors(), new[] { empty }.IotlbMissCurve()],
            "nothing written" => [Idle.DirtyRate(), Idle.OverReport(), SmallRecordings.Begin().Record().CumulativeUnique(), SmallRecordings.Begin().Record().Footprint(), SmallRecordings.Begin().Record().MeasureFootprint().Downtime(), SmallRecordings.Begin().Record().HeatMap()],
            "nothing lost" => [Vtd.LostPages()],
            "no rows" => [Array.Empty<PolicyRow>().Frontier()],
            "no time" => [SmallRecordings.Begin().Write(0).Record().Replay(new() { HarvestEvery = "0", AtomicHarvest = true }).DirtyRate()],
            "no recordings" => [Array.Empty<Recording>().CumulativeUnique()],
            _ => [],
        };
        foreach (GenericChart chart in charts)
        {
            FigureJson figure = new(chart);
            Assert.NotEmpty(figure.Sentences);
            if (input == "no time") Assert.Contains("lasts no time", figure.Summary, StringComparison.Ordinal);
            Assert.True(figure.Summary.Length > 10, figure.Summary);
            Assert.NotEmpty(figure.Data);
            Assert.Contains('(', figure.YTitle + figure.XTitle);
        }
        if (charts.Length > 0) return;
        ReplayRun single = Nested.Replay(new() { HarvestEvery = "0" });
        FigureJson drawn = new(input == "one harvest" ? single.DirtyRate() : Nested.Policies(["vtd"], ["4K"], ["never"], [FlushStrategy.After], new() { HarvestEvery = "0" }).Frontier());
        Assert.Empty(drawn.Sentences);
        Assert.All(drawn.Data, t => Assert.NotEmpty(t!["y"]!.AsArray()));
    }

    [Fact]
    public void Every_chart_says_what_it_shows_and_draws_only_scatter_bars_and_heatmaps()
    {
        GenericChart[] charts =
        [
            Vtd.DirtyRate(), Nested.CumulativeUnique(), Vtd.OverReport(), Vtd.FlushCost(), Nested.IotlbMissCurve(entries: [4, 64], experiment: new() { HarvestEvery = "0" }), Nested.Footprint(), Nested.MeasureFootprint().Downtime(), new[] { Vtd, Amd }.Vendors(), Lossy.LostPages(), Nested.HeatMap(),
            Nested.Policies(["vtd"], ["2M"], experiment: new() { View = View.Gpa, HarvestEvery = "20s" }).Frontier(),
        ];
        foreach (GenericChart chart in charts)
        {
            FigureJson figure = new(chart);
            Assert.InRange(figure.Summary.Count(c => c == '.' ), 1, 40);
            Assert.EndsWith(".", figure.Summary, StringComparison.Ordinal);
            Assert.Contains(figure.Summary, char.IsAsciiDigit);
            Assert.All(figure.Data, t => Assert.Contains((string)t!["type"]!, (string[])["scatter", "bar", "heatmap"]));
            Assert.DoesNotContain("NaN", chart.ToFigureJson(), StringComparison.Ordinal);
            Assert.NotEmpty(figure.XTitle);
            Assert.NotEmpty(figure.YTitle);
            Assert.Equal("mine", new FigureJson(Vtd.DirtyRate(title: "mine")).Title);
        }
        Assert.Equal("three", GenericChart.fromFigure(Plotly.NET.GenericChart.toFigure(Vtd.DirtyRate())).WithTheme("three").Summary());
    }
}
