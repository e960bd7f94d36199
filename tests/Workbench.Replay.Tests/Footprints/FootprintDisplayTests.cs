using Workbench.Replay.Footprints;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Synthetic;
using Xunit;

namespace Workbench.Replay.Tests.Footprints;

public sealed class FootprintDisplayTests
{
    private static readonly Footprint Ring = Count();

    [Fact]
    public void A_footprint_shows_windows_by_page_size() => Shown.IsApproved(Ring, "Workbench.Replay.Tests", "footprint");

    [Fact]
    public void Migrations_show_what_converges() => Shown.IsApproved(Ring.PreCopy(), "Workbench.Replay.Tests", "pre-copy");

    [Fact]
    public void A_footprint_of_nothing_says_so()
    {
        Footprint nothing = Footprint.Of(new TraceBuilder().Mark("alone").Build(), cancellation: TestContext.Current.CancellationToken);
        Assert.Contains("Nothing was written.", Shown.Text(nothing), StringComparison.Ordinal);
        Assert.NotEmpty(Shown.Html(nothing.PreCopy()));
    }

    private static Footprint Count()
    {
        SyntheticStream stream = SyntheticWorkload.Find("nic1024").Begin(1, 1000);
        TraceEvent[] events = new TraceEvent[stream.SetupEvents + 50_000];
        stream.Fill(events.AsSpan(0, stream.SetupEvents));
        stream.Fill(events.AsSpan(stream.SetupEvents));
        FootprintPass pass = new(View.Iova);
        pass.Feed(events);
        return pass.Finish();
    }
}
