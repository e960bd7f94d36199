using Workbench.Replay.Costs;
using Xunit;

namespace Workbench.Replay.Tests.Costs;

public sealed class StepCostsTests
{
    private static readonly CostProfile Assumed = CostProfiles.Assumed;

    [Theory]
    [InlineData(CostLevel.Low, 1, 5, 8, 1, 0, 0, 20, 240, 500, 20_000)]
    [InlineData(CostLevel.Default, 5, 15, 16, 8, 150, 50, 75, 500, 1500, 50_000)]
    [InlineData(CostLevel.High, 25, 60, 61, 61, 1000, 500, 450, 900, 20_000, 1_000_000)]
    public void Each_step_costs_what_the_profile_says_at_that_level(CostLevel level, long scan, long clear, long write, long read, long allocate, long free, long command, long wait, long deviceTlb, long fault)
    {
        StepCosts steps = Assumed.StepsAt(level);
        Assert.Equal([scan, clear, write, read, allocate, free, command, wait, deviceTlb, fault],
            [steps.ScanEntry, steps.ClearEntry, steps.WriteEntry, steps.ReadEntry, steps.TableAllocate, steps.TableFree, steps.Command, steps.Wait, steps.DeviceTlb, steps.Fault]);
    }

    [Theory]
    [InlineData(CostLevel.Low, 4, 250)]
    [InlineData(CostLevel.Default, 1, 1000)]
    [InlineData(CostLevel.Default, 2, 1250)]
    [InlineData(CostLevel.High, 3, 26_400)]
    public void An_invalidation_costs_more_for_each_other_under_way(CostLevel level, int concurrent, long ns)
    {
        StepCosts steps = Assumed.StepsAt(level);
        Assert.Equal((ns, ns), (steps.InvalidateRange(concurrent), steps.InvalidateDomain(concurrent)));
    }

    [Theory]
    [InlineData(CostLevel.Low, 40_909)] // 225 ns by 5.5 walks
    [InlineData(CostLevel.Default, 48_000)] // 228 ns by 4.75 walks
    [InlineData(CostLevel.High, 57_750)] // 231 ns by 4 walks
    public void A_walk_holds_a_device_up_by_its_time_divided_by_the_walks_in_flight(CostLevel level, long ps) => Assert.Equal(ps, CostProfiles.Find("haswell-e5-2620v3").StepsAt(level).WalkPs);

    [Fact]
    public void An_access_holds_its_device_up_by_all_it_needed() => Assert.Equal((2 * 1000) + (3 * 48_000) + 50_000_000, CostProfiles.Find("haswell-e5-2620v3").StepsAt(CostLevel.Default).DevicePs(2, 3, 1));

    [Fact]
    public void A_bitmap_byte_may_cost_less_than_a_nanosecond() => Assert.Equal((0, 1, 16_384), (Assumed.StepsAt(CostLevel.Low).Bitmap(9), Assumed.StepsAt(CostLevel.Low).Bitmap(10), Assumed.StepsAt(CostLevel.Default).Bitmap(32_768)));

    [Fact]
    public void What_an_experiment_sets_itself_wins_over_the_profile()
    {
        StepCosts high = Assumed.StepsAt(CostLevel.High);
        Assert.Equal(high, high.With(new()));
        Assert.Equal((0, 60, 8800), (high.With(new() { ScanNs = 0 }).ScanEntry, high.With(new() { ScanNs = 0 }).ClearEntry, high.With(new() { ScanNs = 0 }).InvalidateRange()));
        StepCosts own = high.With(new() { ClearNs = 7, InvalidateNs = 100 });
        Assert.Equal((25, 7, 100, 200), (own.ScanEntry, own.ClearEntry, own.InvalidateDomain(), own.InvalidateRange(2)));
    }

    [Fact]
    public void Less_than_one_invalidation_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Assumed.StepsAt(CostLevel.Low).InvalidateRange(0));
}
