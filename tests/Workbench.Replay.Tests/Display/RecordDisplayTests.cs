using Workbench.Replay.Costs;
using Workbench.Replay.Curves;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests.Display;

public sealed class RecordDisplayTests
{
    private static void IsApproved(object value, string name) => Shown.IsApproved(value, "Workbench.Replay.Tests", name);

    private static ReplayResult Result(Experiment experiment)
    {
        var trace = Small.Trace().Map(0x10_0000, 64 * Small.Page);
        for (int i = 0; i < 40; i++) trace.At(100_000 + (i * 200_000)).Write((ulong)(0x10_0000 + (i * 4096 % 0x20_000)), 64);
        return trace.At(9_000_000).Mark("end").RunAsItIs(experiment);
    }

    [Fact]
    public void A_summary_shows_the_verdict_the_machine_and_the_counts() => IsApproved(ReplaySummary.Of(Result(Small.InIova), Small.InIova, "small.dmat"), "summary");

    [Fact]
    public void A_manifest_shortens_hashes_where_they_can_be_pointed_at()
    {
        RunManifest manifest = FormattingLibraryTests.Manifest();
        IsApproved(manifest, "manifest");
        Assert.Contains($"title=\"{manifest.TraceSha256}\"", Shown.Html(manifest), StringComparison.Ordinal);
        Assert.Contains(manifest.TraceSha256, Shown.Text(manifest), StringComparison.Ordinal);
    }

    [Fact]
    public void A_miss_curve_says_whether_it_is_exact_and_shows_sizes_and_sets()
    {
        TraceBuilder trace = Small.Trace().Map(0x10_0000, 64 * Small.Page);
        for (int i = 0; i < 400; i++) trace.Write((ulong)(0x10_0000 + (i * 7 % 40 * 4096)), 64);
        IsApproved(MissCurves.Run(Small.InIova, trace.Build(), cancellation: TestContext.Current.CancellationToken), "miss-curve");
        Assert.Contains("Not exact: 1 touch", Shown.Text(MissCurves.Run(Small.InIova, new TraceBuilder().Attach(1).InvalidateAll().Map(0, Small.Page).Write(0).Unmap(0, Small.Page).Write(0).Build(), cancellation: TestContext.Current.CancellationToken)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_experiment_shows_what_is_not_the_default_first() =>
        IsApproved(new Experiment { Iommu = "amdv1", Flush = FlushStrategy.AfterCopy, FromMark = "begin", AtomicHarvest = true, Costs = new() { InvalidateNs = 5000 } }, "experiment");

    [Fact]
    public void An_experiment_of_defaults_says_so() => Assert.StartsWith("Experiment: vtd\nAll settings are the defaults.\n", Shown.Text(new Experiment()), StringComparison.Ordinal);

    [Fact]
    public void Every_setting_of_an_experiment_is_shown()
    {
        string text = Shown.Text(new Experiment());
        // The names of an experiment's file, from the message that lists them.
        string message = Assert.Throws<Workbench.Traces.TraceFormatException>(() => ReplayJson.ReadExperiment("{\"nothing\":1}"u8, "x")).Message;
        string names = message[(message.IndexOf("Members are ", StringComparison.Ordinal) + 12)..].TrimEnd('.').Replace("costs (scanNs, clearNs, invalidateNs)", "costs.scanNs, costs.clearNs, costs.invalidateNs", StringComparison.Ordinal);
        Assert.All(names.Split(", "), name => Assert.Matches($"(?m)^{name} ", text));
    }

    [Fact]
    public void A_missed_page_says_where_when_who_and_why()
    {
        IsApproved(new MissedPage(new(3), 0x55, 1_500_000, Small.First, "D was cleared by a harvest that did not invalidate"), "missed");
        Assert.StartsWith("Missed in domain 3: 0x55000, lost at 0.000009 s. Cause:", Shown.Text(new MissedPage(new(3), 0x55, 9_000, default, "c") { WriteIsKnown = false }), StringComparison.Ordinal);
        Assert.StartsWith("Missed in domain 3: 0x55000. Cause:", Shown.Text(new MissedPage(new(3), 0x55, 0, default, "c") { WriteIsKnown = false }), StringComparison.Ordinal);
    }

    [Fact]
    public void An_estimate_gives_each_part_its_range_and_source() => IsApproved(Result(Small.InIova).Costs, "costs");

    [Fact]
    public void An_estimate_of_nothing_is_shown_too() => Assert.Equal("Cost estimate: assumed\nNothing was counted that costs time.", Shown.Text(CostEstimate.Of(default, CostProfiles.Assumed)));

    [Fact]
    public void A_range_is_three_numbers_or_one()
    {
        Assert.Equal("1,000.5 - 2,000 - 30,000 (low - typical - high)", Shown.Text(new CostRange(1000.5, 2000, 30000)));
        Assert.Equal("0", Shown.Text(default(CostRange)));
        Shown.Html(default(CostRange));
    }
}
