using Workbench.Analysis;
using Workbench.Notebooks.Display;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class KernelProgressTests
{
    private const long Second = 1_000_000_000;

    private readonly Clock clock = new();
    private readonly Heard heard = new();
    private int ids;

    private sealed class Clock : TimeProvider
    {
        public long Ns { get; set; } = 5 * Second;

        public override long TimestampFrequency => Second;

        public override long GetTimestamp() => Ns;
    }

    private sealed class Heard : ICellOutput
    {
        public List<(string Kind, string? Id, string? Text, string? Html)> All { get; } = [];

        public void Write(StreamName stream, string text) => All.Add(("write", null, text, null));

        public void Display(MimeBundle bundle, string? displayId) => All.Add(("display", displayId, bundle.TextOf(MimeBundle.PlainText), bundle.TextOf(MimeBundle.Html)));

        public void Update(MimeBundle bundle, string displayId) => All.Add(("update", displayId, bundle.TextOf(MimeBundle.PlainText), bundle.TextOf(MimeBundle.Html)));

        public void Clear(bool wait) => All.Add(("clear", null, null, null));

        public string ReadLine(string prompt, bool isPassword, CancellationToken cancellation) => throw new InputNotAvailableException("");
    }

    private KernelProgress Begin() => BeginUntil(TestContext.Current.CancellationToken);

    private KernelProgress BeginUntil(CancellationToken stop) => new(new CellScope(heard, () => $"id-{++ids}", stop), clock);

    [Fact]
    public void A_replay_of_a_second_shows_one_line_that_is_emptied_at_the_cells_end()
    {
        using (KernelProgress progress = Begin())
        {
            progress.Report(new("vtd 2M", 0, 30_000_000));
            clock.Ns += Second - 1;
            progress.Report(new("vtd 2M", 6_000_000, 30_000_000));
            Assert.Empty(heard.All);
            clock.Ns++;
            progress.Report(new("vtd 2M", 12_345_678, 30_000_000));
        }
        Assert.Equal(
        [
            ("display", "id-1", "vtd 2M: 12,345,678 of 30,000,000 events (41 %)", "<div><progress value=\"12345678\" max=\"30000000\"></progress> vtd 2M: 12,345,678 of 30,000,000 events (41 %)</div>"),
            ("update", "id-1", "", ""),
        ], heard.All);
    }

    [Fact]
    public void The_line_changes_four_times_a_second_at_most()
    {
        using KernelProgress progress = Begin();
        for (int ms = 0; ms <= 3000; ms += 10, clock.Ns += Second / 100) progress.Report(new("vtd", ms, 3000));
        Assert.Equal(["vtd: 1,000 of 3,000 events (33 %)", "vtd: 1,250 of 3,000 events (41 %)"], heard.All.Take(2).Select(h => h.Text));
        Assert.Equal(9, heard.All.Count);
        Assert.All(heard.All, h => Assert.Equal("id-1", h.Id));
    }

    [Fact]
    public void A_cell_of_short_replays_shows_nothing()
    {
        using (KernelProgress progress = Begin()) progress.Report(new("vtd", 100, 100));
        Assert.Empty(heard.All);
    }

    [Fact]
    public void What_reports_after_the_cells_end_is_not_shown()
    {
        KernelProgress progress = Begin();
        progress.Report(new("vtd", 1, 100));
        progress.Dispose();
        clock.Ns += 2 * Second;
        progress.Report(new("vtd", 2, 100));
        progress.Dispose();
        Assert.Empty(heard.All);
    }

    [Fact]
    public void Names_are_escaped_and_an_unknown_total_has_no_bar()
    {
        using KernelProgress progress = Begin();
        progress.Report(new("a<b", 1, -1));
        clock.Ns += Second;
        progress.Report(new("a<b", 1234, -1, "replays"));
        Assert.Equal([("display", "id-1", "a<b: 1,234 replays", "<div>a&lt;b: 1,234 replays</div>")], heard.All);
    }

    [Fact]
    public void The_cells_replays_report_to_it_and_stop_with_the_cell()
    {
        using CancellationTokenSource stop = new();
        RunScope? before = RunScope.Current;
        using (KernelProgress progress = BeginUntil(stop.Token))
        {
            Assert.Equal(stop.Token, RunScope.Current!.Cancellation);
            progress.Report(new("begins", 0, 1));
            clock.Ns += Second;
            Recording.Open(WorkbenchProcess.Trace("intel-vfio-nested")).Policies(["vtd"], ["4K"], ["never"], experiment: new() { HarvestEvery = "0" });
        }
        Assert.Equal(before, RunScope.Current);
        Assert.Matches("^policies: [0-9]+ of [0-9]+ replays", heard.All[0].Text);
    }
}
