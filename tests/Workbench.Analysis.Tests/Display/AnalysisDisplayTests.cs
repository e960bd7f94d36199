using System.Text.RegularExpressions;
using Workbench.Analysis.Display;
using Workbench.Replay;
using Workbench.Testing;
using Xunit;

namespace Workbench.Analysis.Tests.Display;

public sealed class AnalysisDisplayTests
{
    private static void IsApproved(object value, string name) => Shown.IsApproved(value, "Workbench.Analysis.Tests", name);

    private static Recording Nested() => Recording.Open(Repository.PathOf("data", "traces", "intel-vfio-nested.dmat"));

    private static Recording Small() => SmallRecordings.Begin().At(100_000).Write(0x1000, 64).At(9_000_000).Mark("<end>").Record();

    [Fact]
    public void A_recording_shows_its_events_devices_marks_and_where_it_comes_from() => IsApproved(Nested().Info, "recording");

    [Fact]
    public void A_recording_that_says_little_of_itself_is_shown_too()
    {
        string text = Shown.Text(Small().Info);
        Assert.Contains("\nlicence             not stated\n", text, StringComparison.Ordinal);
        Assert.Contains("\n1 mark\n", text, StringComparison.Ordinal);
        Assert.Contains("&lt;end&gt;", Shown.Html(Small().Info), StringComparison.Ordinal);
        string empty = Shown.Text(SmallRecordings.Record([]).Info with { Sha256 = "short" });
        Assert.DoesNotContain("mark", empty, StringComparison.Ordinal);
        Assert.DoesNotContain("Devices", empty, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_marks_the_first_twelve_are_shown()
    {
        var trace = SmallRecordings.Begin();
        for (int i = 0; i < 30; i++) trace.At(i).Mark($"mark {i}.");
        string text = Shown.Text(trace.Record().Info);
        Assert.Contains("30 marks, the first 12", text, StringComparison.Ordinal);
        Assert.Contains("mark 11.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("mark 12.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_shows_what_was_asked_then_the_result_then_what_ran() =>
        IsApproved(Nested().Replay(new() { Iommu = "amd", PageSize = "2M", HarvestEvery = "500ms", Costs = new() { InvalidateNs = 5000 } }), "run");

    [Fact]
    public void A_run_begins_with_its_label_and_has_the_verdict_before_the_counts()
    {
        ReplayRun run = Small().Replay() with { Label = "<mine>" };
        string html = Shown.Html(run), text = Shown.Text(run);
        Assert.StartsWith("Run: <mine> on small\nAll settings are the defaults.\n", text, StringComparison.Ordinal);
        Assert.Contains("&lt;mine&gt; on small", html, StringComparison.Ordinal);
        Assert.True(html.IndexOf(run.Result.Verdict, StringComparison.Ordinal) < html.IndexOf(">Payload<", StringComparison.Ordinal));
        Assert.Single(Regex.Matches(html, "<details[^>]*><summary[^>]*>What ran</summary>"));
        Assert.Contains(run.Manifest.TraceSha256, text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_asked_is_one_line_of_the_settings_that_are_not_the_defaults()
    {
        Assert.Equal("All settings are the defaults.", ReplayRunFormatter.Asked(new()));
        Assert.Equal("Other than by default: iommu amd, flush per-run, atomicHarvest true, costs.scanNs 7, fromMark begin.", ReplayRunFormatter.Asked(new() { Iommu = "amd", Flush = FlushStrategy.PerRun, AtomicHarvest = true, Costs = new() { ScanNs = 7 }, FromMark = "begin" }));
    }

    [Fact]
    public void A_comparison_is_a_table_and_names_what_was_left_out() => IsApproved(Nested().Compare(["vtd", "amd", "smmu:64K", "smmu:16K"], new() { PageSize = "2M", HarvestEvery = "500ms" }), "comparison");

    [Fact]
    public void A_policy_study_is_a_table_of_twenty_rows_at_most() =>
        IsApproved(Small().Policies(models: ["vtd", "amd", "riscv"], granules: ["2M", "1G"], policies: ["never", "eager"], flushes: [FlushStrategy.After, FlushStrategy.Domain]), "policies");

    [Fact]
    public void A_list_of_nothing_is_a_title_and_what_was_left_out()
    {
        ResultList<ReplayRun> none = new([], ["amd: lacks <this>."]);
        Assert.Equal("Results: 0 runs\n\nLeft out\n- amd: lacks <this>.", Shown.Text(none));
        Assert.Contains("lacks &lt;this&gt;", Shown.Html(none), StringComparison.Ordinal);
    }
}
