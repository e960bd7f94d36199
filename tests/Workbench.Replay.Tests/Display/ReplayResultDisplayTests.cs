using Workbench.Iommu;
using Workbench.Iommu.Faults;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests.Display;

public sealed class ReplayResultDisplayTests
{
    private static ReplayResult Several(Experiment experiment)
    {
        var trace = Small.Trace().Map(0x10_0000, 64 * Small.Page);
        for (int i = 0; i < 40; i++) trace.At(100_000 + (i * 200_000)).Write((ulong)(0x10_0000 + (i * 4096 % 0x20_000)), 64);
        return trace.At(9_000_000).Mark("end").RunAsItIs(experiment);
    }

    [Fact]
    public void A_sound_replay_shows_that_nothing_was_missed() => Shown.IsApproved(Several(Small.InIova), "Workbench.Replay.Tests", "replay-sound");

    [Fact]
    public void An_unsound_replay_shows_what_it_lost_and_why() => Shown.IsApproved(Several(Small.InIova with { Flush = FlushStrategy.None, Iotlb = "1x64" }), "Workbench.Replay.Tests", "replay-missed");

    [Fact]
    public void Faults_stand_in_the_result_and_limit_the_verdict()
    {
        ReplayResult result = Small.Trace().At(10_000).Write(0x55_5000, 8).Run(Small.InIova);
        Shown.IsApproved(result, "Workbench.Replay.Tests", "replay-fault");
        Assert.Equal(1, result.Counters.Faults);
    }

    [Fact]
    public void A_result_without_harvests_is_shown_too()
    {
        ReplayResult result = Several(Small.InIova) with { Harvests = [], Counters = default, Notes = [], FirstFaults = new List<Fault> { default }, MissedPages = [] };
        Assert.Contains("nothing to track", Shown.Html(result), StringComparison.Ordinal);
        Assert.Contains("nothing to track", Shown.Text(result), StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_from_outside_are_escaped()
    {
        const string Evil = "<script>alert('1')</script> & \"quotes\" \u0001 \ud800";
        ReplayResult result = Several(Small.InIova) with { Notes = [Evil], MissedPages = [new(new(1), 5, 7, RequesterId.Of(0, 1, 0), Evil)] };
        string html = Shown.Html(result);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;quotes&quot; \uFFFD \uFFFD", html, StringComparison.Ordinal);
    }
}
