using Microsoft.Data.Analysis;
using Workbench.Replay.Footprints;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class FootprintChartsTests
{
    private static readonly Recording Ring = Recording.Generate("nic1024", 20_000, nsPerEvent: 1000);

    [Fact]
    public void A_footprint_chart_draws_mean_and_maximum_in_bytes_by_window()
    {
        FigureJson figure = new(Ring.Footprint(granules: ["4K", "2M"]));
        Assert.Equal(["pages of 4 KiB", "pages of 4 KiB, at most", "pages of 2 MiB", "pages of 2 MiB, at most"], figure.Names);
        Footprint footprint = Ring.MeasureFootprint(granules: ["2M", "4K"]);
        for (int i = 0; i < 4; i++)
        {
            FootprintCurve curve = footprint.Curves[i / 2];
            Assert.Equal(curve.Points.Select(p => (double?)p.WindowNs), FigureJson.Numbers(figure.Data[i]!, "x"));
            Assert.Equal(curve.Points.Select(p => (double?)(i % 2 == 0 ? curve.MeanBytes(p.WindowNs) : curve.MaxBytes(p.WindowNs))), FigureJson.Numbers(figure.Data[i]!, "y"));
            Assert.Equal(Theme.ColourOf(i / 2), (string)figure.Data[i]!["line"]!["color"]!);
        }
        ReplayRun run = Ring.Replay(new() { HarvestEvery = "0" });
        Assert.Equal(run.Result.DistinctTrue4K * 4096, FigureJson.Numbers(figure.Data[0]!, "y")[^1]);
        Assert.Equal(run.Result.DistinctTrue2M << 21, FigureJson.Numbers(figure.Data[3]!, "y")[^1]);
        Assert.Contains(Words.ShowBytes(run.Result.DistinctTrue4K * 4096), figure.Summary, StringComparison.Ordinal);
        Assert.Contains("most in any window", Assert.Single(figure.Sentences), StringComparison.Ordinal);
        Assert.Equal(("log", "log"), (figure.XType, figure.YType));
    }

    [Fact]
    public void A_downtime_chart_draws_where_migrations_come_to_rest()
    {
        Footprint footprint = Ring.MeasureFootprint(granules: ["4K", "2M"]);
        FigureJson figure = new(footprint.Downtime(memoryBytes: 1UL << 30));
        Assert.Equal(["pages of 4 KiB", "pages of 4 KiB, at most", "pages of 2 MiB", "pages of 2 MiB, at most"], figure.Names);
        double[] x = [.. FigureJson.Numbers(figure.Data[0]!, "x").Select(v => v!.Value)];
        Assert.Equal((1e8, 1e10), (x[0], x[20]));
        PreCopyMap map = footprint.PreCopy(new() { Bandwidths = x, DowntimesNs = [1], MemoryBytes = 1UL << 30 });
        for (int i = 0; i < 4; i++)
            Assert.Equal(map.Where(c => c.Granule == (i < 2 ? "4K" : "2M") && c.Writes == (i % 2 == 0 ? "mean" : "max")).Select(c => c.LeastDowntimeNs > 0 ? (double?)c.LeastDowntimeNs : null), FigureJson.Numbers(figure.Data[i]!, "y"));
        Assert.Contains("10 Gbit/s", figure.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Footprints_and_migrations_are_frames_with_the_names_of_the_json()
    {
        Footprint footprint = Ring.MeasureFootprint(granules: ["4K", "2M"], windows: ["7us"]);
        DataFrame points = footprint.ToFrame();
        Assert.Equal(["granule", "windowNs", "meanPages", "maxPages", "meanBytes", "maxBytes", "dirtyBytesPerSecond", "amplification"], points.Columns.Select(c => c.Name));
        Assert.Equal(footprint.Curves.Sum(c => c.Points.Count), points.Rows.Count);
        Assert.Contains(7000L, points["windowNs"].Cast<long>());
        PreCopyMap map = footprint.PreCopy();
        Assert.Equal((map.Count, "bitsPerSecond"), ((int)map.ToFrame().Rows.Count, map.ToFrame().Columns[1].Name));
        Assert.Equal(2 * 4 * 2 * 2, map.Count);
    }

    [Fact]
    public void Wrong_windows_and_sizes_are_refused_with_what_is_possible()
    {
        Assert.Contains("10ms", Assert.Throws<ArgumentException>(() => Ring.MeasureFootprint(windows: ["soon"])).Message, StringComparison.Ordinal);
        Assert.Contains("power of two", Assert.Throws<ArgumentException>(() => Ring.Footprint(granules: ["5K"])).Message, StringComparison.Ordinal);
        Assert.Contains("No page sizes", new FigureJson(Ring.Footprint(granules: [])).Summary, StringComparison.Ordinal);
    }
}
