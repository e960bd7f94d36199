using CsCheck;
using Workbench.Replay.Footprints;
using Workbench.Replay.Tests.Recorded;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Footprints;

public sealed class FootprintTests
{
    private const ulong Page = 4096;

    public static TheoryData<string, View> Recorded
    {
        get
        {
            TheoryData<string, View> data = [];
            foreach (string name in RecordedTraces.Names)
                foreach (View view in (View[])[View.Gpa, View.Iova]) data.Add(name, view);
            return data;
        }
    }

    /// <summary>Steps of time (often none), pages (often the same few) and how many.</summary>
    private static readonly Gen<(long Step, int Page, int Pages)[]> Steps =
        Gen.Select(Gen.OneOf(Gen.Const(0L), Gen.Long[0, 3], Gen.Long[0, 40]), Gen.OneOf(Gen.Int[0, 3], Gen.Int[0, 40]), Gen.Int[1, 3]).Array[0, 50];

    [Fact]
    public void Mean_and_maximum_are_those_of_every_place_of_every_window()
    {
        Gen.Select(Steps, Gen.Long[0, 30], Gen.Long[0, 20], Gen.Int[1, 7]).Sample((steps, before, after, atOnce) =>
        {
            (TraceBuilder trace, (long TimeNs, int Page)[] writes) = Make(steps, before, after);
            long length = trace.TimeNs - 1000 + 1;
            Footprint footprint = Count(trace, View.Iova, ["8K", "4K"], Enumerable.Range(1, (int)length).Select(w => (long)w), atOnce);
            Assert.Equal(length, footprint.LengthNs);
            for (int shift = 0; shift < 2; shift++)
            {
                FootprintCurve curve = footprint.Curves[shift];
                Assert.Equal(length, curve.Points.Count);
                foreach (FootprintPoint point in curve.Points)
                {
                    long sum = 0, most = 0, places = length - point.WindowNs + 1;
                    for (long from = 1000; from < 1000 + places; from++)
                    {
                        int pages = writes.Where(w => w.TimeNs >= from && w.TimeNs < from + point.WindowNs).Select(w => w.Page >> shift).Distinct().Count();
                        (sum, most) = (sum + pages, Math.Max(most, pages));
                    }
                    Assert.Equal((double)sum / places, point.MeanPages, 9);
                    Assert.Equal(most, point.MaxPages);
                }
            }
        }, iter: 150, threads: 1);
    }

    [Fact]
    public void Long_traces_with_many_pages_are_counted_as_a_window_that_slides_counts_them()
    {
        // More writes than the log has places at first, so that it is cleared of gaps while windows look into it.
        Gen.Select(Gen.Int[1, 6000], Gen.Int[1, 30], Gen.Int[0, 12]).Sample((pages, step, seed) =>
        {
            Random random = new(seed);
            TraceBuilder trace = new TraceBuilder().At(5).Attach(1).Map(0, 6000 * Page);
            List<(long TimeNs, int Page)> writes = [];
            for (int i = 0; i < 30_000; i++)
            {
                // Now and then a rest, and a few pages that are written all the time.
                trace.After(random.Next(500) == 0 ? 5000 : random.Next(step));
                int page = random.Next(3) == 0 ? random.Next(Math.Min(4, pages)) : random.Next(pages);
                trace.Write((ulong)page * Page);
                writes.Add((trace.TimeNs - 5, page));
            }
            long[] asked = [1, 7, 50, 999, 1000, 1001, 3000];
            FootprintCurve curve = Count(trace, View.Iova, ["4K"], asked).Curves[0];
            long length = trace.TimeNs - 5 + 1;
            foreach (FootprintPoint point in curve.Points.Where(p => p.WindowNs is <= 3150 or (> 90_000 and < 110_000) || p.WindowNs == length))
            {
                (double mean, long most) = Slide(writes, point.WindowNs, length);
                Assert.Equal(most, point.MaxPages);
                Assert.Equal(mean, point.MeanPages, 6);
            }
        }, iter: 6, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void A_pass_sees_the_pages_that_a_replay_calls_written(string name, View view)
    {
        using DmatReader one = RecordedTraces.Open(name), other = RecordedTraces.Open(name);
        Footprint footprint = Footprint.Of(new DmatSource(one), view, ["4K", "2M", "1G"], cancellation: TestContext.Current.CancellationToken);
        ReplayResult result = Replayer.Run(new() { View = view, Tracker = "footprint", HarvestEvery = "0" }, new DmatSource(other), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([result.DistinctTrue4K, result.DistinctTrue2M, result.DistinctTrue1G], footprint.Curves.Select(c => c.DistinctPages));
        Assert.Equal(view, footprint.View);
    }

    [Fact]
    public void Harvests_that_take_no_time_count_aligned_windows()
    {
        Gen.Select(Steps, Gen.Long[1, 60]).Sample((steps, window) =>
        {
            (TraceBuilder trace, _) = Make(steps, 0, 2 * window);
            ReplayResult result = Replayer.Run(new() { View = View.Iova, HarvestEvery = $"{window}ns", AtomicHarvest = true, Tracker = "footprint" }, trace.Build(), cancellation: TestContext.Current.CancellationToken);
            Dictionary<long, HashSet<ulong>> aligned = [];
            WritePass.Run(trace.Build(), View.Iova, writes =>
            {
                foreach (PageWrite write in writes)
                {
                    // Harvests are at multiples of the window since time 0.
                    long number = (write.TimeNs / window) - (1000 / window);
                    if (!aligned.TryGetValue(number, out HashSet<ulong>? pages)) aligned[number] = pages = [];
                    for (ulong page = write.FirstPage; page <= write.LastPage; page++) pages.Add(page);
                }
            }, cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(Enumerable.Range(0, result.Harvests.Count).Select(i => (long)(aligned.GetValueOrDefault(i)?.Count ?? 0)), result.Harvests.Select(h => h.True4K));
            FootprintPoint point = Count(trace, View.Iova, ["4K"], [window]).Curves[0].Points.First(p => p.WindowNs == window);
            Assert.All(result.Harvests, h => Assert.True(h.True4K <= point.MaxPages));
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void Between_points_the_mean_is_a_line_and_the_maximum_a_step()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 64 * Page).Write(0).After(4000).Write(Page).After(5999).Mark("end");
        FootprintCurve curve = Count(trace, View.Iova, ["4K"], [4001, 4002]).Curves[0];
        FootprintPoint[] two = [.. curve.Points.Where(p => p.WindowNs is 4001 or 4002)];
        Assert.Equal([2L, 2L], two.Select(p => p.MaxPages));
        Assert.Equal((two[0].MeanPages + two[1].MeanPages) / 2 * 4096, curve.MeanBytes(4001.5), 6);
        Assert.Equal(1 * 4096, curve.MaxBytes(4000));
        Assert.Equal(2 * 4096, curve.MaxBytes(4000.5));
        Assert.Equal(curve.Points[0].MeanPages * 2048, curve.MeanBytes(curve.Points[0].WindowNs / 2.0), 6);
        Assert.Equal((2.0 * 4096, 2.0 * 4096), (curve.MeanBytes(1e12), curve.MaxBytes(1e12)));
        Assert.Equal((0, 0, 0), (curve.MeanBytes(0), curve.MaxBytes(0), curve.DirtyRate(0)));
        Assert.Equal(2 * 4096 / 1e-5, curve.DirtyRate(10_000), 3);
    }

    [Fact]
    public void A_trace_of_nothing_has_a_curve_of_nothing()
    {
        Assert.Empty(Count(new TraceBuilder()).Curves[0].Points);
        Footprint reads = Count(new TraceBuilder().Map(0, Page).Read(0).After(5000).Read(0));
        Assert.All(reads.Curves, c => Assert.All(c.Points, p => Assert.Equal((0.0, 0L), (p.MeanPages, p.MaxPages))));
        Assert.Equal(5001, reads.Curves[0].Points[^1].WindowNs);
        Assert.Equal(0, reads.Amplification(reads["2M"], 1000));
        FootprintPoint only = Assert.Single(Count(new TraceBuilder().Map(0, Page).Write(0), View.Iova).Curves[0].Points);
        Assert.Equal(new(1, 1, 1), only);
    }

    [Fact]
    public void What_cannot_be_counted_is_refused_with_what_is_possible()
    {
        TraceBuilder trace = new TraceBuilder().Map(0, Page).Write(0).After(5000).Write(0);
        Assert.Contains("power of two", Assert.Throws<ArgumentException>(() => Count(trace, granules: ["5K"])).Message, StringComparison.Ordinal);
        Assert.Contains("one at least", Assert.Throws<ArgumentException>(() => Count(trace, granules: [])).Message, StringComparison.Ordinal);
        Assert.Contains("1 ns", Assert.Throws<ArgumentException>(() => Count(trace, windowsNs: [0])).Message, StringComparison.Ordinal);
        Assert.Contains("0.000005001 s long", Assert.Throws<ArgumentException>(() => Count(trace, windowsNs: [6000])).Message, StringComparison.Ordinal);
        Assert.Contains("4K, 2M", Assert.Throws<ArgumentException>(() => Count(trace, granules: ["2M", "4K"])["1G"]).Message, StringComparison.Ordinal);
        Assert.Contains("146 years", Assert.Throws<TraceFormatException>(() => Count(new TraceBuilder().At(-5).Write(0).At(long.MaxValue - 9).Write(0))).Message, StringComparison.Ordinal);
        Assert.Contains("4 GiB", Assert.Throws<TraceFormatException>(() => Count(new TraceBuilder().Map(0, Page).Write(0, 1UL << 33))).Message, StringComparison.Ordinal);
    }

    private static Footprint Count(TraceBuilder trace, View view = View.Migration, string[]? granules = null, IEnumerable<long>? windowsNs = null, int atOnce = int.MaxValue) =>
        Footprint.Of(trace.Build(atOnce), view, granules, windowsNs, cancellation: TestContext.Current.CancellationToken);

    /// <summary>A trace from 1000 ns on, and its writes page by page.</summary>
    private static (TraceBuilder Trace, (long TimeNs, int Page)[] Writes) Make((long Step, int Page, int Pages)[] steps, long before, long after)
    {
        TraceBuilder trace = new TraceBuilder().At(1000).Attach(1).Map(0, 64 * Page).After(before);
        List<(long, int)> writes = [];
        foreach ((long step, int page, int pages) in steps)
        {
            trace.After(step).Write((ulong)page * Page, (ulong)pages * Page);
            for (int i = 0; i < pages; i++) writes.Add((trace.TimeNs, page + i));
        }
        trace.After(after).Mark("end");
        return (trace, [.. writes]);
    }

    /// <summary>Moves a window by one nanosecond at a time.</summary>
    private static (double Mean, long Most) Slide(List<(long TimeNs, int Page)> writes, long windowNs, long lengthNs)
    {
        int[] inside = new int[6000];
        int distinct = 0, entering = 0, leaving = 0;
        long sum = 0, most = 0;
        for (long end = 0; end < lengthNs; end++)
        {
            for (; entering < writes.Count && writes[entering].TimeNs <= end; entering++) if (inside[writes[entering].Page]++ == 0) distinct++;
            for (; leaving < writes.Count && writes[leaving].TimeNs <= end - windowNs; leaving++) if (--inside[writes[leaving].Page] == 0) distinct--;
            if (end < windowNs - 1) continue;
            (sum, most) = (sum + distinct, Math.Max(most, distinct));
        }
        return ((double)sum / (lengthNs - windowNs + 1), most);
    }
}
