using Workbench.Iommu.Faults;
using Workbench.Replay.Policies;
using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Policies;

/// <summary>What the steps of a split take in trace time, and what devices meet meanwhile. Times and costs as in <see cref="UnsoundTests"/>.</summary>
public class SplitTimingTests
{
    private const long Tracking = 1000;
    private const long Breaks = UnsoundTests.SplitInstalls;
    /// <summary>When the leaf that was broken is invalidated and made anew.</summary>
    private const long Makes = Breaks + 16 + 1000;

    private static Experiment Eager(string model, int blockChange) => InIova with { FromMark = "begin", Policy = "eager", Iommu = model, AddressBits = 39, BlockChange = blockChange };

    private static TraceBuilder Trace() => new TraceBuilder().Attach(1).Map(0, Large).At(Tracking).Mark("begin");

    [Theory]
    [InlineData(Breaks - 1, 0)]
    [InlineData(Breaks, 1)]
    [InlineData(Makes - 1, 1)]
    [InlineData(Makes, 0)]
    public void Between_break_and_make_writes_fault_and_are_not_lost(long timeNs, long faults)
    {
        TraceBuilder trace = Trace().At(timeNs).Write(5 * Page);
        ReplayResult result = trace.Run(Eager("smmu", 0));
        Assert.Equal((faults, 1 - faults, 0), (result.Counters.Faults, result.DistinctTrue4K, result.Missed4K));
        Assert.Equal(0, trace.Run(Eager("smmu", 1)).Counters.Faults);
        Assert.Equal(0, trace.Run(Eager("smmu", 2)).Counters.Faults);
    }

    [Fact]
    public void What_is_cached_works_on_until_the_broken_leaf_is_invalidated()
    {
        // The break finds A and D set late, and marks the 512 entries that were built without them, once for each.
        const long Late = 2 * 512 * 16;
        ReplayResult result = Trace().At(Breaks - 1).Write(5 * Page).At(Makes + Late - 1).Write(6 * Page).At(Makes + Late).Write(7 * Page).Run(Eager("smmu", 0));
        Assert.Equal((0, 3, 0), (result.Counters.Faults, result.DistinctTrue4K, result.Missed4K));
        Assert.Equal((1, 2), (result.Counters.IotlbHits, result.Counters.IotlbMisses));
    }

    /// <summary>The TLB then holds the leaf and a part of it: IHI 0070 §3.21.1 lets the part abort the access with F_TLB_CONFLICT, and the model does.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Without_the_break_that_the_part_asks_for_old_and_new_entries_conflict_until_the_invalidation(int blockChange)
    {
        Experiment skips = Eager("smmu", blockChange) with { Unsound = "skip-break" };
        Assert.False(skips.IsSound);
        foreach ((long at, bool conflicts) in new[] { (Breaks - 1, false), (Breaks, true), (Makes - 1, true), (Makes, false) })
        {
            // The read lets the IOTLB hold the leaf, clean; the write has to walk for D.
            TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, Large).At(Tracking - 10).Read(5 * Page).At(Tracking).Mark("begin").At(at).Write(5 * Page);
            ReplayResult result = trace.Run(skips);
            Assert.All(result.FirstFaults, f => Assert.Equal(FaultKind.TlbConflict, f.Kind));
            Assert.Equal((at, conflicts ? 1 : 0, conflicts ? 0 : 1, 0), (at, result.Counters.Faults, result.DistinctTrue4K, result.Missed4K));
            Assert.Equal(0, trace.Run(skips with { BlockChange = 2 }).Counters.Faults);
        }
    }

    [Theory]
    [InlineData("vtd", 2, 8 + 8192 + 150 + 16 + 1000)]
    [InlineData("smmu", 2, 8 + 8192 + 150 + 16 + 1000)]
    [InlineData("smmu", 1, 8 + 8192 + 150 + 16 + 1000 + 16 + 1000)]
    [InlineData("smmu", 0, 8 + 8192 + 150 + 16 + 1000 + 16)]
    public void A_split_takes_what_its_entries_tables_and_invalidations_cost(string model, int blockChange, long takes) => Assert.Equal(takes, Trace().Run(Eager(model, blockChange)).LeafChangeNs);

    // The first domain's harvest takes 7680 ns; the split of the second's leaf invalidates 8366 ns after it has begun.
    [Theory]
    [InlineData("685ns", 0)]
    [InlineData("687ns", 250)]
    [InlineData("8365ns", 250)]
    [InlineData("8367ns", 0)]
    public void An_invalidation_of_a_split_is_dearer_while_another_domain_is_harvested(string firstHarvest, long dearer)
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, Page).By(Second).Attach(2).Map(0, Large).At(Tracking).Mark("begin");
        Assert.Equal(9366 + dearer, trace.Run(Eager("vtd", 2) with { HarvestEvery = $"adaptive:{firstHarvest}-1s" }).LeafChangeNs);
    }

    // The split holds the domain for 9366 ns and so long no harvest of it begins, whose row tells the time it waited too.
    [Fact]
    public void A_domain_is_not_harvested_while_its_leaves_are_split()
    {
        ReplayResult result = Trace().Run(Eager("vtd", 2) with { HarvestEvery = "adaptive:100ns-1s" });
        Assert.Equal((Tracking + 100, Tracking + 9366 + (3 * 512 * 5)), (result.Harvests[0].BeginNs, result.Harvests[0].EndNs));
    }

    [Fact]
    public void An_atomic_replay_splits_in_no_time()
    {
        ReplayResult result = Trace().At(Tracking).Write(5 * Page).Run(Eager("vtd", 2) with { AtomicHarvest = true });
        Assert.Equal((0, 1, 1), (result.LeafChangeNs, result.ReportedDirty4K, result.LeafChanges.LeavesSplit));
    }

    [Fact]
    public void A_policy_written_by_a_user_is_asked_for_each_domain_and_carried_out()
    {
        List<SplitEverythingDirtyTwice> made = [];
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 2 * Large).By(Second).Attach(2).Map(0, Large).By(First);
        for (int i = 0; i < 3; i++) trace.At((i * Begin) + 300_000).Write(Large);
        ReplayResult result = Replayer.Run(InIova, trace.At(4 * Begin).Mark("end").Build(), newPolicies: () =>
        {
            made.Add(new());
            return [made[^1]];
        }, cancellation: TestContext.Current.CancellationToken);
        // Two examples tell the replay what the policy wants; then one for each domain.
        Assert.Equal([0, 0, 3, 3], made.Select(p => p.Harvests).Order());
        Assert.Equal((1, 1), (result.LeafChanges.LeavesSplit, made.Count(p => p.IsStopped && p.Sees.Contains(new(Large, 12)))));
        Assert.Equal((0, 512 + 512 + 1), (result.Missed4K, result.ReportedDirty4K));
    }

    private sealed class SplitEverythingDirtyTwice : ILeafPolicy
    {
        private readonly HashSet<ulong> once = [];

        public int Harvests { get; private set; }
        public bool IsStopped { get; private set; }
        public List<Leaf> Sees { get; } = [];

        public void HarvestDone(LeafPlan plan)
        {
            Harvests++;
            foreach (Leaf leaf in plan.Dirty)
                if (!once.Add(leaf.Address)) plan.Split(leaf.Address);
        }

        public void DeviceStopped(LeafPlan plan)
        {
            IsStopped = true;
            Sees.AddRange(plan.Leaves());
        }
    }
}
