using Workbench.Iommu;
using Workbench.Replay.Curves;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Synthetic;
using Xunit;

namespace Workbench.Replay.Tests.Curves;

/// <summary>What a curve says of itself, and what it refuses.</summary>
public class MissCurvesTests
{
    private static readonly Experiment InIova = new() { View = View.Iova, HarvestEvery = "0" };

    private static MissCurve Run(ITraceSource trace, Experiment? experiment = null, CurveOptions? options = null) => MissCurves.Run(experiment ?? InIova, trace, options, cancellation: TestContext.Current.CancellationToken);

    [Fact]
    public void A_touch_of_what_is_unmapped_and_not_invalidated_makes_a_curve_inexact()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).InvalidateAll().Map(0, Small.Page).Write(0).Unmap(0, Small.Page).Write(0);
        MissCurve curve = Run(trace.Build());
        Assert.False(curve.IsExact);
        Assert.Equal(1, curve.StaleTouches);
    }

    [Fact]
    public void What_is_invalidated_before_it_is_touched_keeps_a_curve_exact()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).InvalidateAll().Map(0, Small.Page).Write(0).Unmap(0, Small.Page).Invalidate(1, 0, Small.Page).Write(0);
        MissCurve curve = Run(trace.Build());
        Assert.True(curve.IsExact);
        Assert.Equal((2, 1, 1, 1), (curve.Translations, curve.Faults, curve.Invalidated, curve.ColdMisses));
        Assert.All(curve.Points, p => Assert.Equal(2, p.Misses));
    }

    [Fact]
    public void Every_shape_of_up_to_16_ways_and_16_to_4096_entries_is_there_once()
    {
        MissCurve curve = Run(new TraceBuilder().Attach(1).Map(0, Small.Page).Write(0).Build());
        (int, int)[] expected = [.. Enumerable.Range(0, 13).SelectMany(log2 => Enumerable.Range(1, 16).Select(ways => (Sets: 1 << log2, Ways: ways))).Where(s => s.Sets > 1 && s.Sets * s.Ways is >= 16 and <= 4096),
            .. Enumerable.Range(4, 9).Select(log2 => (1, 1 << log2))];
        Assert.Equal(expected.Order(), curve.Points.Select(p => (p.Sets, p.Ways)).Order());
        Assert.Equal((1L, 0L), (curve.Find(1, 16)!.Misses, curve.Find(1, 16)!.Hits));
    }

    [Fact]
    public void One_thread_and_all_threads_give_the_same_curve()
    {
        SyntheticStream stream = SyntheticWorkload.Find("scatter").Begin();
        TraceEvent[] events = new TraceEvent[stream.SetupEvents + 100_000];
        stream.Fill(events);
        ListTrace trace = new(events, [], new() { MigrationView = "iova" });
        Assert.Equal(Run(trace.Again(), options: new() { Threads = 1 }).Points, Run(trace.Again(), options: new() { Threads = 4 }).Points);
    }

    public static TheoryData<string> Models => [.. IommuCatalogue.Models.Select(m => m.Name)];

    private sealed class MeteredSource(SyntheticStream stream, int warmUp, int measured) : ITraceSource
    {
        private readonly TraceEvent[] buffer = new TraceEvent[4096];
        private int done;
        private AllocationMeter meter;

        public TraceProvenance Provenance { get; } = new() { MigrationView = "iova" };
        public long EventCount => -1;
        public long AllocatedBytes { get; private set; } = -1;

        public ReadOnlySpan<TraceEvent> Next()
        {
            if (done == warmUp) meter = AllocationMeter.Start();
            if (done >= warmUp + measured)
            {
                AllocatedBytes = meter.Bytes;
                return [];
            }
            stream.Fill(buffer);
            done += buffer.Length;
            return buffer;
        }

        public string TextOf(in TraceEvent mark) => "";
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_warm_pass_allocates_nothing(string model)
    {
        MeteredSource source = new(SyntheticWorkload.Find("nic4096").Begin(), 50 * 4096, 50 * 4096);
        MissCurve curve = Run(source, InIova with { Iommu = model }, new() { Threads = 1 });
        Assert.True(curve.Translations > 50 * 4096);
        Assert.Equal(0, source.AllocatedBytes);
    }

    public static TheoryData<string, Experiment, CurveOptions> Wrong => new()
    {
        { "loop open", InIova with { Loop = "closed" }, new() },
        { "deviceTlb 0", InIova with { DeviceTlb = 4 }, new() },
        { "policy never", InIova with { Policy = "eager" }, new() },
        { "write-protect", InIova with { Tracker = "write-protect", Flush = FlushStrategy.After }, new() },
        { "There is no IOMMU model", InIova with { Iommu = "vtx" }, new() },
        { "a power of two from 16 to 16777216", InIova, new() { UpTo = 1000 } },
        { "a power of two from 16 to 16777216", InIova, new() { UpTo = 1 << 25 } },
        { "ascending", InIova, new() { Sizes = [4, 2] } },
        { "1 to 65536 entries", InIova, new() { Sizes = [0, 2] } },
        { "threads", InIova, new() { Threads = -1 } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_a_curve_cannot_be_made_for_is_refused_with_what_it_takes(string says, Experiment experiment, CurveOptions options) =>
        Assert.Contains(says, Assert.Throws<ArgumentException>(() => Run(new TraceBuilder().Attach(1).Build(), experiment, options)).Message, StringComparison.Ordinal);

    [Fact]
    public void Counting_begins_at_a_mark_with_caches_as_they_are_and_ends_at_one()
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, 4 * Small.Page).Read(0).Mark("begin").Read(0).Read(Small.Page).Mark("end").Read(2 * Small.Page);
        MissCurve curve = Run(trace.Build(), InIova with { FromMark = "begin", ToMark = "end", Iommu = "vtd-fs" });
        Assert.Equal((2, 1, 1), (curve.Translations, curve.Find(1, 16)!.Misses, curve.ColdMisses));
        Assert.Contains("no mark 'never'", Assert.Throws<TraceFormatException>(() => Run(trace.Build(), InIova with { FromMark = "never" })).Message, StringComparison.Ordinal);
    }
}
