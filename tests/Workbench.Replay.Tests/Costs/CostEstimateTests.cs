using CsCheck;
using Workbench.Replay.Costs;
using Xunit;

namespace Workbench.Replay.Tests.Costs;

public sealed class CostEstimateTests
{
    private static readonly CostProfile Haswell = CostProfiles.Find("haswell-e5-2620v3");

    [Fact]
    public void A_row_is_count_times_range_with_the_source_beside_it()
    {
        CostEstimate estimate = CostEstimate.Of(new() { EntriesScanned = 1000 }, CostProfiles.Assumed);
        CostRow row = Assert.Single(estimate.Rows, r => r.Name == "entries scanned");
        Assert.Equal((1000, new CostRange(1, 5, 25), new CostRange(1000, 5000, 25000)), (row.Count, row.UnitNs, row.TotalNs));
        Assert.Equal(CostProfiles.Assumed.ParameterOf(Cost.ScanEntryNs).Source, row.Source);
        Assert.Equal(row.TotalNs, estimate.SoftwareNs);
    }

    [Fact]
    public void Walks_are_latency_in_full_and_throughput_divided_by_the_walks_in_flight()
    {
        CostEstimate estimate = CostEstimate.Of(new() { Walks = 1000, Refills = 10 }, Haswell);
        Assert.Equal(new CostRange(225_000, 228_000, 231_000), estimate.Total(CostGroup.DeviceLatency));
        Assert.Equal(new CostRange(2250, 2280, 2310), estimate.Total(CostGroup.Refill));
        CostRange busy = estimate.Total(CostGroup.DeviceThroughput);
        Assert.Equal((225_000 / 5.5, 228_000 / 4.75, 231_000 / 4.0), (busy.Low, busy.Default, busy.High), (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) + Math.Abs(a.Item3 - b.Item3) < 1e-6);
        Assert.Equal(default, estimate.SoftwareNs);
    }

    [Theory]
    [InlineData(1, 250, 1000, 8800)]
    [InlineData(3, 250, 1500, 26400)]
    public void Invalidations_cost_more_beside_others(int concurrent, double low, double middle, double high)
    {
        CostEstimate estimate = CostEstimate.Of(new() { RangeInvalidations = 2, DomainInvalidations = 1, FurtherCommands = 0 }, CostProfiles.Assumed, concurrent);
        Assert.Equal(new CostRange(3 * low, 3 * middle, 3 * high), estimate.SoftwareNs);
    }

    [Fact]
    public void Every_count_has_a_row_and_no_row_is_counted_twice()
    {
        CostCounts counts = new()
        {
            EntriesScanned = 1, EntriesCleared = 2, BitmapBytes = 4, EntriesWritten = 8, EntriesRead = 16, TablesAllocated = 32, TablesFreed = 64, RangeInvalidations = 128,
            DomainInvalidations = 256, FurtherCommands = 512, LoneWaits = 1024, DeviceTlbInvalidations = 2048, FaultsHandled = 4096, IotlbHits = 8192, Walks = 16384, TableReads = 32768, Refills = 65536,
            ChangeInvalidations = 131072,
        };
        CostEstimate estimate = CostEstimate.Of(counts, CostProfiles.Assumed);
        // Walks stand in two views; every other count in one row.
        Assert.Equal(Enumerable.Range(0, 18).Select(i => 1L << i).Append(16384).Order(), estimate.Rows.Select(r => r.Count).Order());
        Assert.Equal(
            [(CostGroup.Harvest, 8), (CostGroup.Split, 3), (CostGroup.Collapse, 2), (CostGroup.DeviceLatency, 3), (CostGroup.DeviceThroughput, 1), (CostGroup.DeviceReads, 1), (CostGroup.Refill, 1)],
            estimate.Rows.GroupBy(r => r.Group).Select(g => (g.Key, g.Count())));
        Assert.All(estimate.Rows, r => Assert.Equal(r.UnitNs * r.Count, r.TotalNs));
    }

    [Fact]
    public void Any_costs_inside_the_profiles_ranges_give_a_time_inside_the_estimate() =>
        Gen.Select(Gen.Long[0, 1_000_000], Gen.Long[0, 1_000_000], Gen.Long[0, 1000], Gen.Int[1, 8], Gen.Double.Unit.Array[4]).Sample((scanned, cleared, flushes, concurrent, at) =>
        {
            double Inside(Cost cost, double place) => Haswell[cost].Low + ((Haswell[cost].High - Haswell[cost].Low) * place);
            double ns = (scanned * Inside(Cost.ScanEntryNs, at[0])) + (cleared * Inside(Cost.ClearEntryNs, at[1]))
                + (flushes * Inside(Cost.InvalidateRangeNs, at[2]) * (1 + ((concurrent - 1) * Inside(Cost.ContentionPerHarvester, at[3]))));
            CostRange estimate = CostEstimate.Of(new() { EntriesScanned = scanned, EntriesCleared = cleared, RangeInvalidations = flushes }, Haswell, concurrent).SoftwareNs;
            Assert.InRange(ns, estimate.Low * (1 - 1e-12), estimate.High * (1 + 1e-12));
        });

    [Fact]
    public void A_negative_count_is_refused_by_name() =>
        Assert.Contains("walks: -1", Assert.Throws<ArgumentException>(() => CostEstimate.Of(new() { Walks = -1 }, Haswell)).Message, StringComparison.Ordinal);

    [Fact]
    public void No_invalidator_at_all_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => CostEstimate.Of(default, Haswell, 0));
}
