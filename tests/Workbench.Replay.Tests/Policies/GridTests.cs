using Workbench.Iommu;
using Workbench.Replay.Tests.Recorded;
using Workbench.Testing;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Policies;

/// <summary>The grid of policies, on a recording and on synthetic traces.</summary>
public class GridTests
{
    private const string Nested = "intel-vfio-nested";

    /// <summary>What the cells of one trace have in common: tracking begins after a while, so that there is something to split.</summary>
    private static Experiment Common(string trace) => trace == Nested
        ? new() { View = View.Iova, WarmUp = "150s", CancelAfter = "100s", HarvestEvery = "5s" }
        : new() { View = View.Gpa, WarmUp = "3ms", CancelAfter = "8ms", HarvestEvery = "2ms" };

    private static ReplayResult Run(string trace, Experiment experiment)
    {
        Assert.Equal([], experiment.Validate());
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        if (trace != Nested) return Replayer.Run(experiment, new SyntheticTrace(trace, 15_000, 1000), cancellation: cancellation);
        using DmatReader reader = RecordedTraces.Open(trace);
        return Replayer.Run(experiment, new DmatSource(reader), cancellation: cancellation);
    }

    private static readonly string[][] Axes =
    [
        [Nested, "nic1024", "uni1g"],
        ["vtd", "vtd-fs", "amd", "amd-v2", "riscv", "riscv-g", "smmu/0", "smmu/1", "smmu/2", "smmu-s2/0", "smmu-s2/1", "smmu-s2/2"],
        ["4K", "2M", "1G"],
        ["never", "eager", "eager-chunked:64M", "on-dirty", "seen-dirty", "adaptive"],
        ["never", "at-stop", "when-cold:2", "on-cancel"],
        ["After", "PerRun", "PerChunk", "PerPage", "Domain"],
    ];

    private static Experiment Cell(string[] values)
    {
        string[] model = values[1].Split('/');
        PolicyGrid grid = new()
        {
            Common = Common(values[0]) with { Collapse = values[4], BlockChange = model.Length == 2 ? model[1][0] - '0' : 2 },
            Iommus = [model[0]], Granules = [values[2]], Policies = [values[3]], Flushes = [Enum.Parse<FlushStrategy>(values[5])],
        };
        return Assert.Single(grid.Cells());
    }

    /// <summary>
    /// Of the 12,960 cells as many as it takes for every two values of different axes to meet in one: again and again, of the next candidates in an order that a
    /// multiplier scatters, the one with the most pairs that have not met.
    /// </summary>
    private static List<string[]> Pairwise()
    {
        const int Candidates = 200, Scatter = 7919;
        int all = Axes.Aggregate(1, (product, axis) => product * axis.Length);
        HashSet<(int, int, string, string)> missing = [];
        for (int a = 0; a < Axes.Length; a++)
            for (int b = a + 1; b < Axes.Length; b++)
                foreach (string left in Axes[a])
                    foreach (string right in Axes[b]) missing.Add((a, b, left, right));
        List<string[]> cells = [];
        for (int next = 0; missing.Count > 0; next += Candidates)
        {
            string[] best = Enumerable.Range(next, Candidates).Select(i => At(unchecked((int)((long)i * Scatter % all)))).MaxBy(cell => Pairs(cell).Count(missing.Contains))!;
            if (!Pairs(best).Any(missing.Contains)) continue;
            cells.Add(best);
            missing.ExceptWith(Pairs(best));
        }
        return cells;

        static string[] At(int number)
        {
            string[] cell = new string[Axes.Length];
            for (int i = 0; i < cell.Length; i++) (number, cell[i]) = (number / Axes[i].Length, Axes[i][number % Axes[i].Length]);
            return cell;
        }

        static IEnumerable<(int, int, string, string)> Pairs(string[] cell)
        {
            for (int a = 0; a < cell.Length; a++)
                for (int b = a + 1; b < cell.Length; b++) yield return (a, b, cell[a], cell[b]);
        }
    }

    [Fact]
    public void Every_sound_cell_loses_nothing_and_all_see_the_same_writes()
    {
        List<string[]> cells = Pairwise();
        Assert.InRange(cells.Count, 72, 200);
        HashSet<string> didSplit = [], didCollapse = [];
        foreach (IGrouping<string, string[]> ofTrace in cells.GroupBy(c => c[0]))
        {
            ulong truth = Run(ofTrace.Key, Common(ofTrace.Key) with { PageSize = "4K" }).TruthDigest;
            foreach (string[] cell in ofTrace)
            {
                Experiment experiment = Cell(cell);
                ReplayResult result = Run(ofTrace.Key, experiment);
                string name = string.Join(' ', cell);
                Assert.True(experiment.IsSound && result.Missed4K == 0, $"{name}: {result.Missed4K} missed");
                Assert.True(result.TruthDigest == truth || result.Counters.Faults > 0, $"{name}: other writes than without splitting");
                Assert.True(result.Counters.Faults == 0 || experiment.BlockChange == 0, $"{name}: {result.Counters.Faults} faults");
                if (result.LeafChanges.LeavesSplit > 0) didSplit.Add(experiment.Policy);
                if (result.LeafChanges.LeavesCollapsed > 0) didCollapse.Add(experiment.Collapse);
            }
        }
        Assert.Equal(Axes[3].Length - 1, didSplit.Count);
        Assert.Superset((HashSet<string>)["at-stop", "when-cold:2", "on-cancel"], didCollapse);
    }

    [Fact]
    public void Break_before_make_faults_and_loses_nothing()
    {
        // Slow invalidations and hardly a cached translation: a block is out for 8.8 µs, and what comes meanwhile has to walk.
        Experiment cell = Cell(["uni1g", "smmu/0", "2M", "eager", "on-cancel", "After"]) with { CostLevel = "high", Iotlb = "1x1" };
        ReplayResult result = Run("uni1g", cell), atOnce = Run("uni1g", cell with { BlockChange = 2 });
        Assert.True(result.Counters.Faults > 0 && result.DistinctTrue4K <= atOnce.DistinctTrue4K, $"{result.Counters.Faults} faults");
        Assert.Equal((0, 0, 0), (result.Missed4K, atOnce.Missed4K, atOnce.Counters.Faults));
    }

    [Theory]
    [InlineData("plain-store", "split: plain store")]
    [InlineData("ignore-late", "late D ignored")]
    [InlineData("drop-dirty", "D not carried")]
    [InlineData("free-early", "tables freed before the flush")]
    [InlineData("no-flush", "split or collapsed and not invalidated")]
    [InlineData("flush-before", "invalidated before it was split")]
    public void Each_unsound_step_loses_pages_in_some_cell_that_loses_none_when_it_is_done_rightly(string step, string cause)
    {
        foreach (string model in (string[])["vtd", "amd", "smmu/2", "riscv"])
        {
            Experiment cell = Cell(["uni1g", model, "2M", "eager-chunked:64M", "on-cancel", "After"]);
            ReplayResult result = Run("uni1g", cell with { Unsound = step });
            Assert.False((cell with { Unsound = step }).IsSound);
            Assert.True(result.Missed4K > 0 && result.MissedPages.Any(m => m.Cause.Contains(cause, StringComparison.Ordinal)), $"{model}: {result.Missed4K} missed, {string.Join("; ", result.MissedPages.Select(m => m.Cause).Distinct())}");
            Assert.DoesNotContain(result.MissedPages, m => m.Cause.Contains("unexplained", StringComparison.Ordinal));
            Assert.Equal(0, Run("uni1g", cell).Missed4K);
        }
    }

    // Large IOTLBs keep old leaves for long, and harvests without a pause meet every change.
    [Theory]
    [InlineData("vtd", 1000)]
    [InlineData("amd", 1000)]
    [InlineData("smmu/0", 1000)]
    [InlineData("smmu/1", 1000)]
    [InlineData("smmu/2", 1000)]
    [InlineData("smmu-s2/2", 1000)]
    [InlineData("riscv", 1000)]
    [InlineData("vtd", 100)]
    [InlineData("smmu/2", 100)]
    public void Splits_between_harvests_without_a_pause_lose_nothing_that_a_large_IOTLB_holds(string model, int nsPerEvent)
    {
        foreach (string policy in (string[])["eager", "on-dirty"])
            foreach (string flush in (string[])["PerChunk", "PerRun", "PerPage"])
            {
                Experiment cell = Cell(["uni1g", model, "2M", policy, "on-cancel", flush]) with
                {
                    Iotlb = "assumed-4096", SplitDirty = "harvest-first", HarvestEvery = "asap", HarvestThreads = 2, WarmUp = $"{3000 * nsPerEvent}ns", CancelAfter = $"{8000 * nsPerEvent}ns",
                };
                Assert.Equal([], cell.Validate());
                ReplayResult result = Replayer.Run(cell, new SyntheticTrace("uni1g", 15_000, nsPerEvent), cancellation: TestContext.Current.CancellationToken);
                Assert.True(result.Missed4K == 0 && result.LeafChanges.LeavesSplit > 0, $"{policy} {flush}: {result.Missed4K} missed, {result.LeafChanges.LeavesSplit} split");
            }
    }

    public static TheoryData<string> Models => [.. IommuCatalogue.Models.Select(m => m.Name)];

    /// <summary>64 pages written in turn, one each 50 ns, from shortly before the first harvest begins until somewhere in it.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Each_unsound_way_of_harvesting_loses_pages_of_a_trace_that_ends_at_some_time(string model)
    {
        Experiment experiment = Small.InIova with { Iommu = model, AddressBits = 48, PageSize = "4K" };
        foreach ((FlushStrategy flush, string cause) in new[] { (FlushStrategy.None, "did not invalidate"), (FlushStrategy.Before, "before its clear"), (FlushStrategy.AfterCopy, "copied before") })
        {
            List<MissedPage> missed = [];
            for (long end = Small.Begin + 2000; end < Small.Begin + 36_000; end += 700)
            {
                TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 64 * Small.Page);
                for (long at = Small.Begin - 5000; at < end; at += 50) trace.At(at).Write((ulong)(at / 50 % 64) * Small.Page);
                missed.AddRange(trace.Run(experiment with { Flush = flush }).MissedPages);
                Assert.Equal(0, trace.Run(experiment).Missed4K);
            }
            Assert.True(missed.Count > 0, $"{flush} loses nothing");
            Assert.All(missed, m => Assert.Contains(cause, m.Cause, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_quirk_of_Linux_6_12_loses_pages_on_SMMUv3_with_a_large_IOTLB_and_fewer_with_a_tiny_one()
    {
        Experiment cell = Common("nic1024") with { Iommu = "smmu", PageSize = "4K", Quirks = "linux-6.12", Iotlb = "1x16384" };
        ReplayResult large = Run("nic1024", cell), tiny = Run("nic1024", cell with { Iotlb = "1x4" });
        Assert.True(large.Missed4K > tiny.Missed4K * 10, $"{large.Missed4K} and {tiny.Missed4K} missed");
        Assert.All(large.MissedPages, m => Assert.Contains("Linux 6.12 issues no TLBI", m.Cause, StringComparison.Ordinal));
    }

    [Fact]
    public void The_grid_leaves_out_policies_that_would_find_nothing_to_split()
    {
        PolicyGrid grid = new() { Common = new() { SplitTo = "2M", Collapse = "at-stop" }, Iommus = ["amd", "smmu:64K"], Granules = ["2M", "1G"], Policies = ["never", "eager"], Flushes = [FlushStrategy.After] };
        Assert.Equal(
            [("amd", "4K", "2M", "never", "never"), ("amd", "4K", "1G", "never", "never"), ("amd", "4K", "1G", "eager", "at-stop"), ("smmu", "64K", "2M", "never", "never"), ("smmu", "64K", "1G", "never", "never"), ("smmu", "64K", "1G", "eager", "at-stop")],
            grid.Cells().Select(c => (c.Iommu, c.Granule, c.PageSize, c.Policy, c.Collapse)));
    }
}
