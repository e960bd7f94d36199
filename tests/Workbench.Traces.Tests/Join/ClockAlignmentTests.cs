using Workbench.Traces.Importers;
using Workbench.Traces.Join;
using Xunit;

namespace Workbench.Traces.Tests.Join;

/// <summary>Is a known offset found again?</summary>
public class ClockAlignmentTests
{
    private const long Ms = 1_000_000, Us = 1000, Offset = 1_000_000_000L * 37;

    private static readonly ClockAlignment Seed = new("marks", [(0, Offset + (9 * Ms))], 2);

    // Each address is mapped and unmapped over and over, and invalidated after both, as in caching mode.
    private static (List<GuestStep> Steps, List<InvalidationSeen> Invalidations) Strict(int unmaps, Func<int, long> offset, Func<int, long> jitter, int addresses = 97)
    {
        List<GuestStep> steps = [];
        List<InvalidationSeen> invalidations = [];
        long now = 0;
        for (int i = 0; i < unmaps; i++)
        {
            ulong iova = 0xf000_0000UL + ((ulong)(i % addresses) << 12);
            now += 300 * Us + (i * 7919L % 211 * Us);
            steps.Add(new() { GuestNs = now, Iova = iova, Length = 4096, IsMap = true, Physical = (ulong)i << 12 });
            invalidations.Add(new(now + offset(i) + (60 * Us), iova, 4096, invalidations.Count + 1));
            now += 900 * Us + (i * 104729L % 389 * Us);
            steps.Add(new() { GuestNs = now, Iova = iova, Length = 4096 });
            invalidations.Add(new(now + offset(i) + jitter(i), iova, 4096, invalidations.Count + 1));
        }
        return (steps, invalidations);
    }

    [Fact]
    public void An_offset_is_found_within_the_jitter()
    {
        (List<GuestStep> steps, List<InvalidationSeen> seen) = Strict(2000, _ => Offset, i => 5 * Us + (i * 31 % 20 * Us));
        ClockAlignment clock = Assert.IsType<ClockAlignment>(ClockAlignment.FromInvalidations(steps, seen, Seed, 40 * Ms));
        Assert.InRange(clock.OffsetNs, Offset, Offset + (25 * Us));
        Assert.InRange(clock.DriftNs, 0, 10 * Us);
        Assert.InRange(clock.Paired, 2000, 4000);
        Assert.Equal(5 * Ms + clock.OffsetNs, clock.ToQemu(5 * Ms));
    }

    // 30 us of drift over the run, and every tenth unmap's invalidation far away or missing.
    [Fact]
    public void Drift_is_followed_and_outliers_are_left_out()
    {
        (List<GuestStep> steps, List<InvalidationSeen> seen) = Strict(4000, i => Offset + (i * 30L * Us / 4000), i => i % 10 == 0 ? 3 * Ms : 4 * Us);
        ClockAlignment clock = Assert.IsType<ClockAlignment>(ClockAlignment.FromInvalidations(steps, seen, Seed, 40 * Ms));
        Assert.InRange(clock.DriftNs, 20 * Us, 40 * Us);
        foreach (GuestStep step in steps.Where((_, i) => i % 500 == 3))
            Assert.InRange(clock.ToQemu(step.GuestNs) - step.GuestNs, Offset - (5 * Us), Offset + (40 * Us));
    }

    // 400 unmaps make a knot; what is left may be a single one, whose address was invalidated many times within reach.
    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(1214)]
    public void A_short_rest_does_not_bend_the_clock(int unmaps)
    {
        (List<GuestStep> steps, List<InvalidationSeen> seen) = Strict(unmaps, _ => Offset, _ => 4 * Us, addresses: 3);
        // The invalidation of the very last unmaps is missing: the log was stopped first.
        seen.RemoveRange(seen.Count - 4, 4);
        ClockAlignment clock = Assert.IsType<ClockAlignment>(ClockAlignment.FromInvalidations(steps, seen, Seed, 40 * Ms));
        Assert.InRange(clock.ToQemu(steps[^1].GuestNs) - steps[^1].GuestNs, Offset - (50 * Us), Offset + (70 * Us));
        Assert.InRange(clock.DriftNs, 0, 70 * Us);
    }

    [Fact]
    public void Addresses_that_never_match_give_nothing()
    {
        (List<GuestStep> steps, List<InvalidationSeen> seen) = Strict(500, _ => Offset, _ => 4 * Us);
        List<InvalidationSeen> other = [.. seen.Select(s => s with { Iova = s.Iova ^ 0x8000_0000 })];
        Assert.Null(ClockAlignment.FromInvalidations(steps, other, Seed, 40 * Ms));
        Assert.Null(ClockAlignment.FromInvalidations([], seen, Seed, 40 * Ms));
        Assert.Null(ClockAlignment.FromInvalidations(steps, [], Seed, 40 * Ms));
    }

    [Fact]
    public void Marks_give_the_middle_of_their_brackets()
    {
        SortedDictionary<int, (long, long)> guest = new() { [2] = (10 * Ms, 30 * Ms), [9] = (500 * Ms, 502 * Ms), [4] = (7, 9) };
        ClockAlignment clock = Assert.IsType<ClockAlignment>(ClockAlignment.FromMarks(guest, new() { [2] = Offset + (21 * Ms), [9] = Offset + (501 * Ms), [3] = 5 }));
        Assert.Equal(("marks", Offset + Ms, Ms, 2), (clock.Method, clock.OffsetNs, clock.DriftNs, clock.Paired));
        Assert.Equal(Offset + (600 * Ms), clock.ToQemu(600 * Ms));
        Assert.Equal(Offset + (20 * Ms), clock.ToQemu(19 * Ms));
        Assert.Null(ClockAlignment.FromMarks(guest, []));
        Assert.Null(ClockAlignment.FromMarks([], new() { [2] = 5 }));
    }

    // The bracket's ends may be anywhere a time stamp can be.
    [Fact]
    public void Marks_at_the_end_of_time_do_not_overflow() =>
        Assert.NotNull(ClockAlignment.FromMarks(new() { [2] = (long.MaxValue - 9, long.MaxValue - 1) }, new() { [2] = 0 }));

    // Mappings live 200 us of every 1000; each translation lies in the middle of its mapping's life. 1 % belong to no mapping.
    [Fact]
    public void Translations_inside_mappings_find_the_offset()
    {
        List<GuestStep> steps = [];
        List<(long, ulong, ulong)> seen = [];
        for (int i = 0; i < 1000; i++)
        {
            long from = i * 1000L * Us;
            ulong iova = 0xfff0_0000UL + ((ulong)(i % 5) << 12), frame = 0x1000UL * (ulong)(i % 7);
            steps.Add(new() { GuestNs = from, Iova = iova, Length = 4096, Physical = frame, IsMap = true });
            steps.Add(new() { GuestNs = from + (200 * Us), Iova = iova, Length = 4096 });
            seen.Add((from + Offset + ((i % 3) * 80 * Us) + (20 * Us), iova + 64, (i % 100 == 99 ? 0xdead000 : frame) + 64));
        }
        ClockAlignment clock = Assert.IsType<ClockAlignment>(ClockAlignment.FromTranslations(steps, seen, Seed, 40 * Ms));
        // Lives of 200 us, accesses at 20 to 180 us: the offset is bounded to -20 .. +20 us.
        Assert.InRange(clock.OffsetNs, Offset - (20 * Us), Offset + (20 * Us));
        Assert.Equal(990, clock.Paired);
    }

    [Fact]
    public void Mappings_that_never_end_leave_the_offset_where_the_marks_put_it()
    {
        List<GuestStep> steps = [new() { GuestNs = 0, Iova = 0, Length = 1UL << 20, Physical = 0x10_0000, IsMap = true }];
        ClockAlignment clock = Assert.IsType<ClockAlignment>(ClockAlignment.FromTranslations(steps, [(Offset + (100 * Ms), 0x5000, 0x105000)], Seed, 40 * Ms));
        Assert.Equal(Offset + (9 * Ms), clock.OffsetNs);
    }

    [Fact]
    public void Translations_of_other_frames_give_nothing()
    {
        List<GuestStep> steps = [new() { GuestNs = 0, Iova = 0x1000, Length = 4096, Physical = 0x5000, IsMap = true }];
        Assert.Null(ClockAlignment.FromTranslations(steps, [(Offset, 0x1000, 0x6000)], Seed, 40 * Ms));
        Assert.Null(ClockAlignment.FromTranslations([], [(Offset, 0x1000, 0x5000)], Seed, 40 * Ms));
        // The right frame, but further away than the reach.
        Assert.Null(ClockAlignment.FromTranslations([.. steps, new() { GuestNs = 10, Iova = 0x1000, Length = 4096 }], [(Offset + (90 * Ms), 0x1000, 0x5000)], Seed, 40 * Ms));
    }

    // A guest of a tebibyte, as VFIO maps it: once, in one piece.
    [Fact]
    public void A_mapping_of_a_tebibyte_costs_no_more_than_a_page()
    {
        List<GuestStep> steps = [new() { GuestNs = 0, Iova = 0, Length = 1UL << 40, Physical = 1UL << 41, IsMap = true }, new() { GuestNs = 50 * Ms, Iova = 0, Length = 1UL << 40 }];
        ClockAlignment clock = Assert.IsType<ClockAlignment>(ClockAlignment.FromTranslations(steps, [(Offset + (20 * Ms), 0x77_7777_7000, 0x277_7777_7000)], Seed, 40 * Ms));
        Assert.Equal(1, clock.Paired);
    }
}
