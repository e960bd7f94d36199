using CsCheck;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Workbench.Iommu;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Trackers;

/// <summary>Write protection and faults, by stalls and by page requests.</summary>
public class WriteProtectTrackerTests
{
    private static readonly (string Model, int DeviceTlb)[] Machines = [("smmu", 0), ("smmu-s2", 0), ("vtd", 4), ("vtd-fs", 4), ("amd-v2", 1), ("smmu", 2), ("smmu-s2", 4)];

    private static Experiment On(string model, int deviceTlb, Experiment? from = null) => (from ?? InIova) with { Tracker = "write-protect", Iommu = model, DeviceTlb = deviceTlb, AddressBits = 48 };

    private static Experiment Stalling => On("smmu", 0);

    [Fact]
    public void No_orderly_trace_loses_a_page_and_every_write_gets_through() =>
        Gen.Select(SmallTraces.Steps, SmallTraces.Experiments(SmallTraces.AnyIotlb), Gen.OneOf(Machines), Gen.OneOf(FlushStrategy.After, FlushStrategy.Domain)).Sample((steps, experiment, machine, flush) =>
        {
            Experiment own = experiment with { FromMark = null, Flush = FlushStrategy.After };
            string pageSize = machine.Model.StartsWith("smmu", StringComparison.Ordinal) && own.PageSize == "1G" ? "2M" : own.PageSize;
            ReplayResult result = On(machine.Model, machine.DeviceTlb, own with { Flush = flush, PageSize = pageSize }).Run(OrderlyTraces.Make(steps));
            ReplayResult truth = (own with { Tracker = "footprint", AddressBits = 48 }).Run(OrderlyTraces.Make(steps));
            Assert.Equal(truth.TruthDigest, result.TruthDigest);
            Assert.Equal(0, result.Missed4K);
            Assert.All(result.Harvests, h => Assert.Equal(0, h.Missed4K));
        }, iter: 400, print: c => $"{c.Item2} {c.Item3} {c.Item4} {TrackerRuns.Print(c.Item1)}");

    [Fact]
    public void It_reports_the_leaves_that_were_written_and_no_other() => Gen.Select(SmallTraces.Steps, Gen.OneOf(Machines), Gen.OneOf("0", "3us", "9us")).Sample((steps, machine, every) =>
    {
        Experiment experiment = new() { View = View.Iova, PageSize = "4K", HarvestEvery = every, AtomicHarvest = true };
        ReplayResult result = On(machine.Model, machine.DeviceTlb, experiment).Run(OrderlyTraces.Make(steps));
        ReplayResult truth = (experiment with { Tracker = "footprint" }).Run(OrderlyTraces.Make(steps));
        // A translation granted for writing counts as written, but a device asks for one only to write.
        Assert.Equal(truth.Harvests.Select(h => (h.True4K, h.Reported4K)), result.Harvests.Select(h => (h.True4K, h.Reported4K)));
        Assert.Equal(result.Harvests.Sum(h => h.ReportedLeaves), result.FaultsHandled);
    }, iter: 200, print: c => $"{c.Item2} {c.Item3} {TrackerRuns.Print(c.Item1)}");

    [Fact]
    public void The_first_write_faults_and_the_next_does_not()
    {
        ReplayResult result = Trace().At(1000).Write(0).Write(8).Read(0).At(Begin + 100_000).Write(0).Run(Stalling);
        Assert.Equal([(1, 1, 1L), (1, 1, 1L)], result.Harvests.Select(h => ((int)h.Reported4K, (int)h.EntriesCleared, h.FaultsHandled)));
        Assert.Equal((2, 2), (result.FaultsHandled, result.Counters.Faults));
    }

    [Theory]
    [InlineData("smmu", 0)]
    [InlineData("smmu-s2", 0)]
    [InlineData("smmu", 4)]
    [InlineData("smmu-s2", 4)]
    [InlineData("vtd", 4)]
    [InlineData("vtd-fs", 4)]
    [InlineData("amd-v2", 4)]
    public void Without_the_invalidation_after_protecting_pages_are_lost(string model, int deviceTlb)
    {
        TraceBuilder trace = Trace().At(1000).Write(0).At(Begin + 100_000).Write(0);
        MissedPage missed = Assert.Single(trace.Run(On(model, deviceTlb) with { Flush = FlushStrategy.None }).MissedPages);
        Assert.Equal((0UL, Begin + 100_000, First), (missed.Page, missed.TimeNs, missed.Device));
        Assert.Contains("still allowed it", missed.Cause, StringComparison.Ordinal);
        Assert.Equal(0, trace.Run(On(model, deviceTlb)).Missed4K);
    }

    [Theory]
    [InlineData("smmu", 0)]
    [InlineData("smmu-s2", 0)]
    [InlineData("vtd", 4)]
    [InlineData("amd-v2", 4)]
    public void What_was_never_writable_stays_so(string model, int deviceTlb)
    {
        ReplayResult result = new TraceBuilder().Attach(1).Map(0, Page, permission: Permission.Read).At(1000).Write(0).Read(0).Run(On(model, deviceTlb));
        Assert.Equal((0, 0, 0), (result.TrueDirty4K, result.ReportedDirty4K, result.FaultsHandled));
    }

    [Fact]
    public void Accesses_to_what_is_not_mapped_are_aborted_and_the_device_goes_on()
    {
        ReplayResult result = Trace().At(1000).Write(Huge).Read(Huge).Write(0).Run(Stalling);
        Assert.Equal((1, 1, 3), (result.TrueDirty4K, result.FaultsHandled, result.Counters.Faults));
    }

    [Fact]
    public void A_leaf_that_may_only_be_written_is_so_again_after_the_fault()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, Page, permission: Permission.Write).At(1000).Write(0).Read(0);
        ReplayResult result = trace.Run(On("smmu-s2", 0));
        Assert.Equal((1, 1, 2), (result.TrueDirty4K, result.FaultsHandled, result.Counters.Faults));
    }

    [Fact]
    public void What_is_mapped_while_tracking_is_protected_and_what_is_unmapped_dirty_is_reported()
    {
        ReplayResult result = Trace().At(1000).Map(Huge, Page).Write(Huge).At(2000).Unmap(Huge, Page).Map(Huge, Page).At(3000).Write(Huge).Run(Stalling);
        Assert.Equal((2, 1, 2), (result.FaultsHandled, result.ReportedDirty4K, result.ReportedDirtyLeaves));
    }

    [Fact]
    public void Its_granule_is_the_leaf()
    {
        ReplayResult result = new TraceBuilder().Attach(1).Map(Large, Large).At(1000).Write(Large + Page).Write(Large + (7 * Page)).Run(Stalling with { PageSize = "2M" });
        Assert.Equal((512, 1, 1), (result.ReportedDirty4K, result.ReportedDirtyLeaves, result.FaultsHandled));
    }

    [Fact]
    public void More_stalls_than_an_event_queue_holds_are_answered_one_after_the_other()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 1000 * Page);
        for (ulong page = 0; page < 1000; page++) trace.At(1000).Write(page * Page);
        Assert.Equal(1000, trace.Run(Stalling with { PageSize = "4K" }).FaultsHandled);
    }

    [Fact]
    public void A_handled_fault_is_in_the_estimate_and_holds_its_device_up_in_a_closed_loop()
    {
        TraceBuilder trace = Trace().At(1000).Write(0).At(1010).Write(0);
        ReplayResult open = trace.RunAsItIs(Stalling);
        Assert.Equal((1010, 1), (open.DurationNs, Assert.Single(open.Costs.Rows, r => r.Name == "faults handled").Count));
        long fault = Workbench.Replay.Costs.CostProfiles.Assumed.StepsAt(Workbench.Replay.Costs.CostLevel.Default).Fault;
        Assert.InRange(trace.RunAsItIs(Stalling with { Loop = "closed" }).DurationNs - trace.RunAsItIs(Stalling with { Loop = "closed", Tracker = "footprint" }).DurationNs, fault, 2 * fault);
    }

    [Theory]
    [InlineData("vtd", 0, "target abort")]
    [InlineData("amd", 64, "EFR.PPRSup = 0")]
    [InlineData("amd-v2", 0, "target abort")]
    [InlineData("riscv", 0, "V = 0")]
    [InlineData("riscv-g", 64, "holds no transactions")]
    public void Where_faults_cannot_be_answered_it_is_refused_with_the_reason(string model, int deviceTlb, string reason) =>
        Assert.Contains(reason, Assert.Throws<ModelLimitException>(() => Trace().Run(On(model, deviceTlb))).Message, StringComparison.Ordinal);

    [Fact]
    public void Flush_strategies_it_does_not_have_are_refused() =>
        Assert.Contains("flush after, domain or none", Assert.Single((Stalling with { Flush = FlushStrategy.PerRun }).Validate()), StringComparison.Ordinal);

    [Fact]
    public void Splitting_beside_it_is_refused() =>
        Assert.Contains("go with tracker iommufd", Assert.Single((Stalling with { Policy = "eager" }).Validate()), StringComparison.Ordinal);
}
