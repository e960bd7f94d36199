using System.Text.Json;
using CsCheck;
using Workbench.Replay.Costs;
using Workbench.Replay.Costs.Calibration;
using Xunit;

namespace Workbench.Replay.Tests.Costs;

public sealed class CalibrationTests
{
    private static readonly CalibrationData Data = CalibrationData.Measured;

    private static double NoEngine(int pages, int entries) => 0;

    private static MeasuredLatency Host(string platform) => Data.Latency.Single(l => l.Platform == platform);

    [Fact]
    public void The_published_rows_are_there_and_belong_to_profiles()
    {
        Assert.Equal(["haswell-e5-2620v3", "ivybridge-e5-2620v2"], Data.Latency.Select(l => l.Platform));
        Assert.All(Data.Latency, l => Assert.Equal([64, 128, 256, 384, 512, 768, 1024, 2048, 16384], l.Rows.Select(r => r.Pages)));
        Assert.Equal([4, 64, 256, 1024, 2048, 4096], Data.Unmap.Rows.Select(r => r.KiB));
        Assert.Empty(Data.Latency.Select(l => l.Platform).Append(Data.Unmap.Platform).Except(CostProfiles.Names));
    }

    [Theory]
    [InlineData("haswell-e5-2620v3", 119, 228, 1.4)]
    [InlineData("ivybridge-e5-2620v2", 126, 301, 1.7)]
    public void A_curve_through_two_windows_predicts_the_others(string platform, double entries, double missNs, double worstNs)
    {
        LatencyCheck check = LatencyCheck.Of(Host(platform), LatencyCurve.Of(Host(platform)), NoEngine);
        Assert.Equal((entries, missNs), (Math.Round(check.Entries), Math.Round(check.MissNs)));
        Assert.Equal([256, 512], check.Points.Where(p => p.IsCalibrated).Select(p => p.Pages));
        Assert.All(check.Points.Where(p => p.IsCalibrated), p => Assert.Equal(0, p.ResidualNs, 1e-9));
        Assert.Equal([384, 768, 1024, 2048, 16384], check.Points.Where(p => p.IsGated).Select(p => p.Pages));
        Assert.InRange(check.WorstNs, 0, worstNs);
        Assert.True(check.Holds);
        // The profile of the host carries the same cost.
        Assert.True(CostProfiles.Find(platform)[Cost.WalkNs].Contains(check.MissNs));
    }

    [Theory]
    [InlineData(0.85, 1)]
    [InlineData(1.15, 1)]
    [InlineData(1, 0.98)]
    [InlineData(1, 1.02)]
    public void Wrong_entries_or_a_wrong_miss_cost_fail(double entriesBy, double missBy)
    {
        foreach (MeasuredLatency host in Data.Latency)
        {
            LatencyCurve right = LatencyCurve.Of(host);
            LatencyCheck check = LatencyCheck.Of(host, new(right.Entries * entriesBy, right.MissNs * missBy), NoEngine);
            Assert.False(check.Holds, $"{host.Platform}: {check.WorstNs} ns");
        }
    }

    [Fact]
    public void The_engine_misses_as_the_formula_says()
    {
        foreach (MeasuredLatency host in Data.Latency)
        {
            LatencyCheck check = LatencyCheck.Of(host, LatencyCurve.Of(host), EngineMissRatio.Of);
            // Three standard deviations of 200,000 reads, and what rounding C to whole entries makes.
            Assert.All(check.Points, p => Assert.InRange(p.EngineNs - p.ModelNs, -1.3, 1.3));
        }
        Assert.Equal(0, EngineMissRatio.Of(100, 128));
        Assert.Equal(EngineMissRatio.Of(300, 128), EngineMissRatio.Of(300, 128));
        Assert.InRange(EngineMissRatio.Of(256, 64), 0.745, 0.755);
    }

    [Fact]
    public void A_curve_through_two_points_of_a_curve_is_that_curve() =>
        Gen.Select(Gen.Double[1, 1000], Gen.Double[1, 1000], Gen.Int[2, 100], Gen.Int[1, 100]).Sample((entries, missNs, first, more) =>
        {
            LatencyCurve curve = new(entries, missNs);
            int pages1 = (int)entries * first, pages2 = pages1 + more;
            LatencyCurve through = LatencyCurve.Through(pages1, curve.AddedNs(pages1), pages2, curve.AddedNs(pages2));
            Assert.Equal((1, 1), (through.Entries / entries, through.MissNs / missNs), (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-6);
        });

    [Fact]
    public void A_window_that_the_iotlb_holds_adds_nothing() => Assert.Equal((0, 0, 50), (new LatencyCurve(128, 100).AddedNs(1), new LatencyCurve(128, 100).AddedNs(128), new LatencyCurve(128, 100).AddedNs(256)));

    [Theory]
    [InlineData(512, 10, 256, 20)]
    [InlineData(256, 20, 512, 10)]
    [InlineData(256, 0, 512, 10)]
    public void Windows_that_make_no_curve_are_refused(int pages1, double ns1, int pages2, double ns2) => Assert.Throws<ArgumentException>(() => LatencyCurve.Through(pages1, ns1, pages2, ns2));

    [Fact]
    public void A_measurement_without_the_windows_to_calibrate_on_is_refused() =>
        Assert.Contains("no row of 256 pages", Assert.Throws<ArgumentException>(() => LatencyCurve.Of(Host("haswell-e5-2620v3") with { Rows = [] })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(4, 1, 1)]
    [InlineData(64, 16, 16)]
    [InlineData(256, 64, 64)]
    [InlineData(1024, 256, 256)]
    [InlineData(2048, 1, 1)]
    [InlineData(4096, 2, 1)]
    public void The_modelled_smmu_driver_issues_a_command_a_page_until_a_block_takes_their_place(int kiB, int leaves, int commands) => Assert.Equal(new(leaves, commands), UnmapCommands.Count((ulong)kiB << 10));

    [Fact]
    public void Unmaps_have_the_measured_shape_with_its_step_down()
    {
        UnmapCheck check = UnmapCheck.Of(Data.Unmap);
        Assert.Equal([4, 1024], check.Points.Where(p => p.IsCalibrated).Select(p => p.KiB));
        Assert.Equal((800, 72.5), (Math.Round(check.FixedNs), Math.Round(check.PerCommandNs, 1)));
        Assert.True(check.OrderHolds);
        Assert.InRange(check.ModelStep, 24, 24.2);
        Assert.InRange(check.WorstPart, 0.19, 0.21);
        Assert.True(check.Holds);
        CostProfile kunpeng = CostProfiles.Find(check.Platform);
        Assert.True(kunpeng[Cost.PerCommandNs].Contains(check.PerCommandNs));
    }

    [Fact]
    public void Without_the_step_or_with_another_order_unmaps_fail()
    {
        UnmapCommands[] counts = [.. Data.Unmap.Rows.Select(r => UnmapCommands.Count((ulong)r.KiB << 10))];
        UnmapCurve curve = UnmapCurve.Through(1, 800, 256, 19_300);
        Assert.True(UnmapCheck.Of(Data.Unmap, counts, curve).Holds);
        // A block invalidated page by page; a step half as high; sizes that take equal time but one.
        Assert.False(UnmapCheck.Of(Data.Unmap, [.. counts[..4], new(1, 512), new(2, 1024)], curve).Holds);
        Assert.False(UnmapCheck.Of(Data.Unmap, counts, curve with { PerCommandNs = 30 }).Holds);
        Assert.False(UnmapCheck.Of(Data.Unmap, [.. counts[..2], new(64, 8), .. counts[3..]], curve).Holds);
    }

    [Theory]
    [InlineData(2, 10, 2, 20)]
    [InlineData(1, 20, 2, 10)]
    [InlineData(0, 10, 2, 20)]
    public void Unmaps_that_make_no_curve_are_refused(int commands1, double ns1, int commands2, double ns2) => Assert.Throws<ArgumentException>(() => UnmapCurve.Through(commands1, ns1, commands2, ns2));

    [Fact]
    public void The_whole_validation_holds_and_is_written_as_json()
    {
        CostValidation validation = CostValidation.Run(Data);
        Assert.True(validation.Holds);
        JsonElement json = JsonDocument.Parse(validation.ToJson()).RootElement;
        Assert.True(json.GetProperty("holds").GetBoolean());
        Assert.Equal(157.33, json.GetProperty("latency")[0].GetProperty("points")[3].GetProperty("modelNs").GetDouble(), 0.01);
        Assert.False((validation with { Unmap = UnmapCheck.Of(Data.Unmap, [.. Data.Unmap.Rows.Select(r => new UnmapCommands(1, 1))], new(800, 72)) }).Holds);
    }
}
