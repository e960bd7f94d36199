using System.Text;
using CsCheck;
using Workbench.Replay.Sweeps;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Sweeps;

public sealed class SweepRunnerTests : IDisposable
{
    private const long Plenty = 1 << 30;

    private readonly SweepFiles files = new();

    public void Dispose() => files.Dispose();

    private string Journal => files["out.parquet.journal"];

    /// <summary>The rows as text, and how many cells were replayed for them.</summary>
    private (string Rows, int Replayed) Run(SweepPlan plan, int threads = 2, long memoryBytes = Plenty, Action<SweepProgress>? progress = null, CancellationToken? cancellation = null)
    {
        using SweepJournal journal = SweepJournal.Open(Journal, plan, "1/1");
        SweepRunner runner = new(plan, plan.Cells, journal, threads, memoryBytes);
        IReadOnlyList<SweepRow> rows = runner.Run(progress, cancellation ?? TestContext.Current.CancellationToken);
        return (TextOf(rows), runner.Replayed);
    }

    private static string TextOf(IEnumerable<SweepRow> rows) => string.Join('\n', rows.Select(r => System.Text.Json.JsonSerializer.Serialize(r, ReplayJson.Default.SweepRow)));

    [Fact]
    public void Rows_are_those_of_single_replays_whatever_the_threads_and_groups()
    {
        SweepPlan plan = files.Eight();
        string alone = TextOf(plan.Cells.Select(c => new SweepRow
        {
            Cell = c.Number, Status = SweepStatus.Done, Summary = ReplaySummary.Of(Replayer.Run(c.Experiment, c.Trace.Open(), cancellation: TestContext.Current.CancellationToken), c.Experiment, c.Trace.Name),
        }));
        foreach ((int threads, long memory) in ((int, long)[])[(1, 1), (1, Plenty), (3, Plenty), (3, 60L << 20)])
        {
            Assert.Equal((alone, 8), Run(plan, threads, memory));
            // The journal knows them all: nothing is replayed again, and the rows come back as they were.
            Assert.Equal((alone, 0), Run(plan, threads, memory));
            File.Delete(Journal);
        }
    }

    /// <summary>A kill leaves the journal as it was at some byte: whatever that byte is, the rest is replayed and no finished row is.</summary>
    [Fact]
    public void A_sweep_that_was_killed_goes_on_from_its_last_whole_row()
    {
        SweepPlan plan = files.Eight();
        string expected = Run(plan).Rows;
        byte[] whole = File.ReadAllBytes(Journal);
        int header = Array.IndexOf(whole, (byte)'\n') + 1;
        Gen.Int[0, whole.Length].Sample(length =>
        {
            File.WriteAllBytes(Journal, whole[..length]);
            int kept = length < header ? 0 : whole.AsSpan(header, length - header).Count((byte)'\n');
            Assert.Equal((expected, 8 - kept), Run(plan));
            Assert.Equal((expected, 0), Run(plan));
        }, iter: 40, threads: 1);
    }

    [Fact]
    public void Cancelling_keeps_what_is_done()
    {
        SweepPlan plan = files.Eight();
        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(plan, 1, 1, p =>
        {
            if (p.Cells == 3) stop.Cancel();
        }, stop.Token));
        Assert.Equal(5, Run(plan).Replayed);
    }

    /// <summary>A kill loses all cells of a group that had not finished.</summary>
    [Theory]
    [InlineData(9_000_000, 1, 20)]
    [InlineData(10_000_000, 1, 2)]
    [InlineData(10_000_000, 3, 5)]
    [InlineData(10_000_000, 64, 20)]
    public void Long_cells_are_grouped_by_two_for_each_thread_at_most(long events, int threads, int largest)
    {
        SweepPlan plan = files.Plan($$"""{ "traces": [{ "workload": "nic1024", "events": {{events}} }], "vary": { "harvestEvery": [{{string.Join(", ", Enumerable.Range(1, 20).Select(i => $"\"{i}s\""))}}] } }""");
        using SweepJournal journal = SweepJournal.Open(Journal, plan, "1/1");
        SweepCell[][] groups = [.. new SweepRunner(plan, plan.Cells, journal, threads, 64L << 30).GroupsOf(plan.Cells)];
        Assert.Equal(largest, groups.Max(g => g.Length));
        Assert.Equal(plan.Cells, groups.SelectMany(g => g));
    }

    [Fact]
    public void A_model_that_cannot_and_a_trace_that_is_damaged_are_rows()
    {
        byte[] bytes = File.ReadAllBytes(SweepFiles.Recorded("intel-perf"));
        File.WriteAllBytes(files["cut.dmat"], bytes[..^5]);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(files["damaged.dmat"], bytes);
        SweepPlan plan = files.Plan($$"""
            {
              "traces": ["cut.dmat", "damaged.dmat", { "workload": "nic1024", "events": 1000 }],
              "vary": { "iommu": ["vtd", "smmu"], "pageSize": ["as-mapped", "64K"], "granule": ["4K", "64K"], "loop": ["open", "closed"] },
              "skip": [{ "iommu": "vtd", "granule": "64K" }, { "granule": "4K", "pageSize": "64K" }]
            }
            """);
        Run(plan);
        using SweepJournal journal = SweepJournal.Open(Journal, plan, "1/1");
        foreach (SweepCell cell in plan.Cells)
        {
            SweepRow row = journal.Rows[cell.Number];
            if (cell.Trace.Name == "cut.dmat") Assert.Contains("Trace 'cut.dmat' ends at byte", row.Error, StringComparison.Ordinal);
            else if (cell.Trace.Name == "damaged.dmat" && row.Status == SweepStatus.Error) Assert.Contains("Trace 'damaged.dmat' block", row.Error, StringComparison.Ordinal);
            // The workload maps 4 KiB pages that begin at odd places: nothing for tables of 64 KiB.
            else if (cell.Experiment.Granule == "64K") Assert.Equal(SweepStatus.Cannot, row.Status);
            else Assert.Equal((SweepStatus.Done, 1002L), (row.Status, row.Summary?.Events));
            Assert.Equal(row.Summary is null, row.Error is not null);
            Assert.DoesNotContain(files.Root, row.Error ?? "", StringComparison.Ordinal);
        }
        Assert.Equal(3, journal.Rows.Values.Select(r => r.Status).Distinct().Count());
    }

    [Fact]
    public void Progress_comes_to_all_cells_and_events()
    {
        List<SweepProgress> told = [];
        SweepPlan plan = files.Eight();
        Run(plan, progress: told.Add);
        Assert.Equal(new(8, 8, (4 * 3002) + (4 * 2002), (4 * 3002) + (4 * 2002)), told[^1]);
        Assert.Equal(told.Select(p => p.Events).Order(), told.Select(p => p.Events));
    }

    [Fact]
    public void A_journal_that_is_open_is_refused()
    {
        SweepPlan plan = files.Eight();
        using SweepJournal open = SweepJournal.Open(Journal, plan, "1/1");
        Assert.Contains("another process works on this output", Assert.Throws<IOException>(() => SweepJournal.Open(Journal, plan, "1/1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_of_something_else_is_refused_with_what_to_do()
    {
        Run(files.Eight());
        string refusal(SweepPlan plan, string shard = "1/1") => Assert.Throws<TraceFormatException>(() => SweepJournal.Open(Journal, plan, shard)).Message;
        Assert.Equal("out.parquet.journal holds rows of shard 1/1, and this is 1/2. Delete it to begin anew, or choose another --out.", refusal(files.Eight(), "1/2"));
        Assert.Contains("another sweep", refusal(files.Plan("""{ "traces": [{ "workload": "nic1024", "events": 1000 }] }""")), StringComparison.Ordinal);
        string[] lines = File.ReadAllLines(Journal);
        File.WriteAllText(Journal, string.Join('\n', (string[])[lines[0], "damaged" + lines[1], .. lines[2..], ""]));
        Assert.Contains("line 2 is damaged", refusal(files.Eight()), StringComparison.Ordinal);
        string other = $"workbench-sweep-1 {files.Eight().Sha256} 1/1 otherbuild";
        File.WriteAllText(Journal, $"{System.IO.Hashing.XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(other)):x16} {other}\n");
        Assert.Contains("another build", refusal(files.Eight()), StringComparison.Ordinal);
    }
}
