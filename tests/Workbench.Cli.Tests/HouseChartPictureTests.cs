using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Plotly.NET;
using Workbench.Analysis;
using Workbench.Notebooks.Export;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Pictures;
using Workbench.Replay;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests;

/// <summary>Every house chart as a picture: drawn here, and by a browser where there is one.</summary>
public sealed class HouseChartPictureTests
{
    private static readonly Lazy<Dictionary<string, GenericChart>> Charts = new(Make);

    public static TheoryData<string> Names => ["CumulativeUnique", "DirtyRate", "Downtime", "FlushCost", "Footprint", "Frontier", "HeatMap", "IotlbMissCurve", "LostPages", "OverReport", "Vendors"];

    [Fact]
    public void No_house_chart_is_left_out()
    {
        IEnumerable<string> methods = typeof(Analysis.Charts).GetMethods().Where(m => m.ReturnType == typeof(GenericChart)).Select(m => m.Name).Distinct();
        Assert.Equal(methods.Order(StringComparer.Ordinal), Names.Select(n => n.Data).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_chart_is_drawn_without_a_browser_and_says_what_it_shows(string name)
    {
        GenericChart chart = Charts.Value[name];
        StillPicture picture = StillPicture.Of(ChartFormatter.Figure(chart));
        Assert.True(picture.MarkCount > 0, picture.Refusal ?? "nothing is drawn");
        Assert.Contains("<desc", picture.Svg, StringComparison.Ordinal);
        Assert.True(Analysis.Charts.Summary(chart).Length > 20);
    }

    [Fact]
    public async Task Every_chart_drawn_by_a_browser_shows_its_data()
    {
        Chromium? browser = Chromium.Find();
        if (browser is null && Environment.GetEnvironmentVariable("CI") != "true") Assert.Skip(Chromium.NotFound);
        Assert.NotNull(browser);
        using TemporaryFolder folder = new();
        NamedFigure[] figures = [.. Names.SelectMany(n => (NamedFigure[])[new(n.Data, ChartFormatter.Figure(Charts.Value[n.Data])), new(n.Data + "-bare", WithoutData(Charts.Value[n.Data]))])];
        IReadOnlyList<string> files = await FigureExport.WriteAsync(browser, figures, folder.Root, new() { Svg = false, Png = true, Scale = 1 }, TestContext.Current.CancellationToken);
        Assert.Equal(figures.Length, files.Count);
        // Axes, title and legend are drawn without data too: what counts is what the data adds to them.
        Assert.All(Names, n =>
        {
            byte[] drawn = RowsOf(Path.Combine(folder.Root, n.Data + ".png")), bare = RowsOf(Path.Combine(folder.Root, n.Data + "-bare.png"));
            Assert.Equal(bare.Length, drawn.Length);
            double share = (double)drawn.Zip(bare).Count(p => p.First != p.Second) / drawn.Length;
            Assert.True(share > 0.0005, $"{n.Data}: its data changes {share:p3} of the picture");
        });
    }

    private static JsonObject WithoutData(GenericChart chart)
    {
        JsonObject figure = ChartFormatter.Figure(chart);
        // Hidden, not gone, so that axes and legend stay as they are.
        foreach (JsonNode? trace in figure["data"]!.AsArray()) trace!["opacity"] = 0;
        return figure;
    }

    private static Dictionary<string, GenericChart> Make()
    {
        Recording recording = Recording.Open(Repository.PathOf("data", "traces", "intel-nic-pair.dmat"));
        Experiment usual = new() { View = View.Gpa, PageSize = "2M", HarvestEvery = "500ms" };
        ReplayRun run = recording.Replay(usual);
        return new()
        {
            ["CumulativeUnique"] = recording.CumulativeUnique(), ["DirtyRate"] = run.DirtyRate(), ["Downtime"] = recording.MeasureFootprint().Downtime(), ["FlushCost"] = run.FlushCost(), ["Footprint"] = recording.Footprint(),
            ["Frontier"] = recording.Policies(["vtd"], ["2M"], flushes: [FlushStrategy.After], experiment: usual).Frontier(), ["HeatMap"] = recording.HeatMap(),
            ["IotlbMissCurve"] = recording.IotlbMissCurve(entries: [4, 64], experiment: usual), ["LostPages"] = recording.Replay(usual with { Flush = FlushStrategy.None }).LostPages(),
            ["OverReport"] = run.OverReport(), ["Vendors"] = recording.Compare(["vtd", "amd"], usual).Vendors(),
        };
    }

    /// <summary>A PNG's rows of pixels, as they are filtered.</summary>
    private static byte[] RowsOf(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        using MemoryStream packed = new();
        for (int at = 8; at + 12 <= file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            if (file.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8)) packed.Write(file, at + 8, length);
            at += length + 12;
        }
        packed.Position = 0;
        using ZLibStream unpacked = new(packed, CompressionMode.Decompress);
        using MemoryStream rows = new();
        unpacked.CopyTo(rows);
        return rows.ToArray();
    }
}
