using CsCheck;
using Workbench.Replay.Checkpoints;
using Workbench.Replay.Tests.Policies;
using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Checkpoints;

/// <summary>Many experiments from one warm machine.</summary>
public class FanOutTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Experiment Warm => InIova with { WarmUp = "20us", Policy = "on-dirty" };

    private static ListTrace Long() => Trace().Map(Large, Large).At(1000).Write(0).Write(Large).At(5000).Read(0).At(30_000).Write(Large).At(90_000).Write(0).At(200_000).Write(Large + Page).Build();

    private static Checkpoint At(Experiment experiment, ListTrace trace, int events)
    {
        using Replayer replayer = Replayer.Begin(experiment, trace, cancellation: Stop);
        replayer.Play(untilEvent: events);
        return Checkpoint.Of(replayer);
    }

    [Fact]
    public void A_changed_experiment_has_the_result_of_its_own_replay_from_the_beginning() =>
        Gen.Select(PolicyCases.Sound, PolicyCases.Sound, Gen.Int[0, 45], Gen.OneOf("iommufd", "iommufd", "type1", "mark-all", "footprint", "device-log"), Gen.OneOf("12us", "20us", "20us"), Gen.OneOf(View.Iova, View.Gpa)).Sample((c, d, stop, tracker, warmUp, view) =>
        {
            Experiment first = c.Experiment with { WarmUp = "20us", View = view }, other = d.Experiment;
            Experiment changed = first with
            {
                HarvestEvery = other.HarvestEvery, AtomicHarvest = other.AtomicHarvest, Flush = other.Flush, FlushChunk = other.FlushChunk, HarvestThreads = other.HarvestThreads, Costs = other.Costs,
                Policy = other.Policy, SplitDirty = other.SplitDirty, Collapse = other.Collapse, CancelAfter = other.CancelAfter, CostLevel = first.Loop == "open" ? other.CostLevel : first.CostLevel, Tracker = tracker, WarmUp = warmUp,
            };
            if ((changed.Policy == "seen-dirty") != (first.Policy == "seen-dirty")) changed = changed with { Policy = first.Policy };
            ListTrace trace = PolicyCases.Trace(c.Steps);
            Checkpoint checkpoint = At(first, trace.Again(), stop);
            if (checkpoint.Info.Tracks || (warmUp == "12us" && checkpoint.Info.TimeNs >= trace.Events[0].TimeNs + 12_000)) return;
            using Replayer resumed = checkpoint.Resume(trace.Again(), changed, Stop);
            resumed.Play();
            DeterminismTests.AssertSame(Replayer.Run(changed, trace.Again(), cancellation: Stop), resumed.Finish());
        }, iter: 400, print: c => PolicyCases.Print(c.Item1) + c);

    [Fact]
    public void A_changed_experiment_can_be_saved_again()
    {
        Experiment changed = Warm with { HarvestEvery = "9us", Policy = "eager" };
        using Replayer resumed = At(Warm, Long(), 5).Resume(Long(), changed, Stop);
        resumed.Play(untilEvent: 8);
        using Replayer again = Checkpoint.Of(resumed).Resume(Long(), cancellation: Stop);
        Assert.Equal(changed, again.Experiment);
        again.Play();
        DeterminismTests.AssertSame(Replayer.Run(changed, Long(), cancellation: Stop), again.Finish());
    }

    [Fact]
    public void Once_tracking_has_begun_nothing_can_be_changed()
    {
        Checkpoint checkpoint = At(Warm, Long(), 7);
        Assert.True(checkpoint.Info.Tracks);
        Assert.Contains("Tracking has begun", Assert.Throws<ArgumentException>(() => checkpoint.Resume(Long(), Warm with { HarvestEvery = "9us" }, Stop)).Message, StringComparison.Ordinal);
        checkpoint.Resume(Long(), Warm with { }, Stop).Dispose();
    }

    public static TheoryData<Experiment, string> Others => new()
    {
        { Warm with { Iommu = "amd", AddressBits = 48 }, "addressBits 39, not 48" },
        { Warm with { Iotlb = "1x1" }, "iotlb 1x64, not 1x1" },
        { Warm with { PageSize = "4K" }, "pageSize as-mapped, not 4K" },
        { Warm with { View = View.Gpa }, "view Iova, not Gpa" },
        { Warm with { DeviceTlb = 4 }, "deviceTlb 0, not 4" },
        { Warm with { Loop = "closed" }, "loop open, not closed" },
        { Warm with { WarmUp = "0", FromMark = "begin" }, "fromMark (none), not begin" },
        { Warm with { WarmUp = "3us" }, "tracking begins before the checkpoint" },
        { Warm with { Policy = "seen-dirty" }, "keeps dirty bits before tracking begins" },
        { Warm with { Tracker = "write-protect", Policy = "never", Iommu = "vtd", DeviceTlb = 0 }, "with write-protect the machine answers faults" },
        { Warm with { HarvestEvery = "soon" }, "Harvest interval 'soon'" },
    };

    [Theory]
    [MemberData(nameof(Others), DisableDiscoveryEnumeration = true)]
    public void Another_machine_is_refused_with_what_differs(Experiment other, string reason)
    {
        Checkpoint checkpoint = At(Warm, Long(), 6);
        Assert.False(checkpoint.Info.Tracks);
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => checkpoint.Resume(Long(), other, Stop)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pins_that_nobody_counted_are_not_made_up() =>
        Assert.Contains("type1-pinned", Assert.Throws<ArgumentException>(() => At(Warm with { View = View.Gpa }, Long(), 3).Resume(Long(), Warm with { View = View.Gpa, Tracker = "type1-pinned" }, Stop)).Message, StringComparison.Ordinal);
}
