using CsCheck;
using Workbench.Replay.Trackers;
using Xunit;

namespace Workbench.Replay.Tests.Trackers;

/// <summary>Which ranges a device is told to log.</summary>
public class DeviceLogRangesTests
{
    private const ulong LastPage = (1UL << 36) - 1;

    private static readonly Gen<(ulong, ulong)[]> Memory = Gen.Select(Gen.ULong[0, 2000], Gen.ULong[0, 200]).Select((first, more) => (first, first + more)).Array[1, 12];

    [Fact]
    public void Of_three_pieces_the_two_with_the_smaller_gap_are_merged() =>
        Assert.Equal([(0UL, 0x6FUL), (0x1000UL, 0x100FUL)], DeviceLogRanges.Over([(0, 0xF), (0x60, 0x6F), (0x1000, 0x100F)], 2, 12, LastPage).All);

    [Fact]
    public void The_last_range_is_lengthened_to_a_sum_that_is_a_power_of_two() =>
        Assert.Equal([(0UL, 1UL), (0x100UL, 0x105UL)], DeviceLogRanges.Over([(0, 1), (0x100, 0x102)], 3, 12, LastPage).All);

    [Fact]
    public void Where_nothing_is_mapped_yet_everything_is_logged() => Assert.Equal([(0UL, LastPage)], DeviceLogRanges.Over([], 3, 12, LastPage).All);

    [Fact]
    public void Room_ends_where_the_address_space_does() => Assert.Equal([(LastPage - 2, LastPage)], DeviceLogRanges.Over([(LastPage - 2, LastPage)], 3, 12, LastPage).All);

    [Fact]
    public void Ranges_are_few_whole_pages_in_order_and_hold_all_memory() => Gen.Select(Memory, Gen.Int[1, 5], Gen.Int[12, 16]).Sample((memory, most, pageLog2) =>
    {
        DeviceLogRanges ranges = DeviceLogRanges.Over(memory, most, pageLog2, LastPage);
        ulong unit = (1UL << (pageLog2 - 12)) - 1;
        Assert.InRange(ranges.All.Count, 1, most);
        Assert.All(ranges.All, r => Assert.Equal((0UL, unit), (r.FirstPage & unit, r.LastPage & unit)));
        for (int i = 1; i < ranges.All.Count; i++) Assert.True(ranges.All[i].FirstPage > ranges.All[i - 1].LastPage + 1);
        foreach ((ulong first, ulong last) in memory) Assert.True(ranges.Cover(first, last));
        ulong sum = ranges.All.Aggregate(0UL, (s, r) => s + (r.LastPage - r.FirstPage + 1));
        Assert.True(ulong.IsPow2(sum), $"{sum} pages");
        Assert.False(ranges.Cover(ranges.All[^1].LastPage, ranges.All[^1].LastPage + 1));
    });

    [Fact]
    public void With_ranges_enough_the_gaps_stay_out() => Memory.Sample(memory =>
    {
        DeviceLogRanges ranges = DeviceLogRanges.Over(memory, 12, 12, LastPage);
        foreach (ulong page in Enumerable.Range(0, 2300).Select(p => (ulong)p).Where(p => p <= memory.Max(m => m.Item2)))
            Assert.Equal(memory.Any(m => page >= m.Item1 && page <= m.Item2), ranges.Cover(page, page));
    });
}
