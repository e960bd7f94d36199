using CsCheck;
using Workbench.Iommu;
using Workbench.Replay.Costs;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Costs;

public sealed class ClosedLoopTests
{
    private static readonly RequesterId A = RequesterId.Of(0, 1, 0), B = RequesterId.Of(0, 2, 0);

    /// <summary>A random trace of a few devices and the cost of each event, in picoseconds. Lengths number the events.</summary>
    private static readonly Gen<(TraceEvent[] Events, long[] CostsPs)> Traces = Gen.Select(Gen.Int[0, 300], Gen.Int[0, 3000], Gen.Int[0, 20], Gen.Int[1, 4])
        .SelectMany((count, mostCost, mostGap, devices) => Gen.Select(Gen.Int[0, mostGap].Array[count], Gen.Int[1, devices].Array[count], Gen.Int[0, 12].Array[count], Gen.Long[0, mostCost].Array[count]))
        .Select((gaps, devices, kinds, costs) =>
        {
            long now = -50;
            return (gaps.Select((gap, i) => Event(kinds[i], now += gap, RequesterId.Of(0, devices[i], 0), (ulong)i + 1)).ToArray(), costs);
        });

    private static TraceEvent Event(int kind, long ns, RequesterId device, ulong number) => kind switch
    {
        0 => TraceEvent.Mark(ns, 0) with { Length = number },
        1 => TraceEvent.InvalidateRange(ns, new(1), 0, number),
        2 => TraceEvent.InvalidateAll(ns) with { Length = number },
        3 => TraceEvent.Unmap(ns, device, 0, number),
        4 => TraceEvent.Map(ns, device, 0, number, 0, Permission.ReadWrite),
        _ => TraceEvent.Write(ns, device, 0, number),
    };

    private static List<TraceEvent> Run(TraceEvent[] events, LoopGaps gaps, Func<TraceEvent, long> costPs, int limit = ClosedLoop.UsualLimit, int mostAtOnce = int.MaxValue)
    {
        ClosedLoop loop = new(new ListTrace(events, [""], new(), mostAtOnce), gaps, limit);
        List<TraceEvent> all = [];
        while (loop.TryNext(out TraceEvent e))
        {
            all.Add(e);
            if (e.IsAccess) loop.Delay(e.Device, costPs(e));
        }
        Assert.False(loop.TryNext(out _));
        if (limit == ClosedLoop.UsualLimit) Assert.Equal(0, loop.HeldBack);
        return all;
    }

    private static bool HasDevice(TraceEvent e) => e.Kind is EventKind.Map or EventKind.Unmap or EventKind.Read or EventKind.Write;

    private static bool IsInvalidation(TraceEvent e) => e.Kind is EventKind.InvalidateRange or EventKind.InvalidateAll;

    /// <summary>The naive way: every device by itself in exact picoseconds, invalidations after the tables' changes, then a stable sort.</summary>
    private static (ulong Number, long Ns)[] Naive(TraceEvent[] events, long[] costsPs, LoopGaps gaps)
    {
        Dictionary<RequesterId, Int128> clocks = [];
        List<(ulong Number, long Ns)> due = [];
        long tables = long.MinValue;
        for (int i = 0; i < events.Length; i++)
        {
            TraceEvent e = events[i];
            long ns = e.TimeNs;
            if (HasDevice(e))
            {
                Int128 clock = clocks.GetValueOrDefault(e.Device, gaps == LoopGaps.Keep ? 0 : (Int128)long.MinValue * 1000);
                Int128 at = gaps == LoopGaps.Keep ? ((Int128)e.TimeNs * 1000) + clock : Int128.Max((Int128)e.TimeNs * 1000, clock);
                ns = (long)((at + ((Int128)1000 << 40)) / 1000 - (1L << 40));
                clocks[e.Device] = (gaps == LoopGaps.Keep ? clock : at) + (e.IsAccess ? costsPs[i] : 0);
                if (e.Kind is EventKind.Map or EventKind.Unmap) tables = Math.Max(tables, ns);
            }
            else if (IsInvalidation(e)) ns = Math.Max(ns, tables);
            due.Add((e.Length, ns));
        }
        return [.. due.OrderBy(d => d.Ns).ThenBy(d => d.Number)];
    }

    [Fact]
    public void Every_event_leaves_when_the_naive_model_says() =>
        Gen.Select(Traces, Gen.Enum<LoopGaps>(), Gen.Int[1, 7]).Sample((trace, gaps, mostAtOnce) =>
        {
            List<TraceEvent> all = Run(trace.Events, gaps, e => trace.CostsPs[e.Length - 1], mostAtOnce: mostAtOnce);
            (ulong, long)[] expected = Naive(trace.Events, trace.CostsPs, gaps);
            Assert.Equal(expected.OrderBy(e => e.Item1), all.Select(e => (e.Length, e.TimeNs)).OrderBy(e => e.Length));
            Assert.Equal(expected.Select(e => e.Item2), all.Select(e => e.TimeNs));
        }, iter: 2000);

    [Fact]
    public void Devices_keep_their_order_and_nothing_comes_before_its_recorded_time() =>
        Gen.Select(Traces, Gen.Enum<LoopGaps>(), Gen.Int[1, 40]).Sample((trace, gaps, limit) =>
        {
            List<TraceEvent> all = Run(trace.Events, gaps, e => trace.CostsPs[e.Length - 1], limit);
            Assert.Equal(trace.Events.Length, all.Count);
            Assert.All(all, e => Assert.True(e.TimeNs >= trace.Events[e.Length - 1].TimeNs));
            Assert.All(all.Zip(all.Skip(1)), pair => Assert.True(pair.First.TimeNs <= pair.Second.TimeNs));
            foreach (IGrouping<RequesterId, TraceEvent> device in all.Where(HasDevice).GroupBy(e => e.Device)) Assert.Equal(device.Select(e => e.Length).Order(), device.Select(e => e.Length));
            // No invalidation before the change that it is for.
            ulong[] order = [.. all.Where(e => IsInvalidation(e) || e.Kind is EventKind.Map or EventKind.Unmap).Select(e => e.Length)];
            for (int i = 0; i < order.Length; i++)
                if (IsInvalidation(trace.Events[order[i] - 1])) Assert.DoesNotContain(order.Skip(i + 1), later => later < order[i] && !IsInvalidation(trace.Events[later - 1]));
        }, iter: 1000);

    [Fact]
    public void Without_costs_the_trace_comes_out_as_it_was_recorded() =>
        Gen.Select(Traces, Gen.Enum<LoopGaps>(), Gen.Int[1, 40]).Sample((trace, gaps, limit) => Assert.Equal(trace.Events, Run(trace.Events, gaps, _ => 0, limit)));

    [Fact]
    public void Two_runs_are_equal_however_the_source_is_read() =>
        Traces.Sample(trace => Assert.Equal(Run(trace.Events, LoopGaps.Keep, e => trace.CostsPs[e.Length - 1]), Run(trace.Events, LoopGaps.Keep, e => trace.CostsPs[e.Length - 1], mostAtOnce: 3)));

    [Fact]
    public void A_delayed_device_is_overtaken_by_another()
    {
        TraceEvent[] events = [TraceEvent.Write(0, A, 0, 1), TraceEvent.Write(10, A, 0, 2), TraceEvent.Write(20, B, 0, 3), TraceEvent.Mark(25, 0) with { Length = 4 }];
        Assert.Equal([(1UL, 0L), (3, 20), (4, 25), (2, 110)], Run(events, LoopGaps.Keep, e => e.Device == A ? 100_000 : 0).Select(e => (e.Length, e.TimeNs)));
    }

    [Theory]
    [InlineData(LoopGaps.Keep, 0, 1030, 1080)]
    [InlineData(LoopGaps.Absorb, 0, 1000, 1040)]
    public void Idle_time_is_kept_or_absorbed(LoopGaps gaps, long first, long second, long third)
    {
        TraceEvent[] events = [TraceEvent.Write(0, A, 0, 1), TraceEvent.Write(1000, A, 0, 2), TraceEvent.Write(1010, A, 0, 3)];
        Assert.Equal([first, second, third], Run(events, gaps, e => e.Length == 1 ? 30_000 : 40_000).Select(e => e.TimeNs));
    }

    [Fact]
    public void An_invalidation_waits_for_the_unmap_before_it_and_a_mark_does_not()
    {
        TraceEvent[] events = [TraceEvent.Write(0, A, 0, 1), TraceEvent.Unmap(5, A, 0, 2), TraceEvent.InvalidateDomain(6, new(1)) with { Length = 3 }, TraceEvent.Mark(7, 0) with { Length = 4 }, TraceEvent.Write(8, B, 0, 5)];
        Assert.Equal([(1UL, 0L), (4, 7), (5, 8), (2, 105), (3, 105)], Run(events, LoopGaps.Keep, _ => 100_000).Select(e => (e.Length, e.TimeNs)));
    }

    [Theory]
    [InlineData(LoopGaps.Keep)]
    [InlineData(LoopGaps.Absorb)]
    public void A_saturating_device_reaches_walks_in_flight_by_walk_time(LoopGaps gaps)
    {
        CostProfile haswell = CostProfiles.Find("haswell-e5-2620v3");
        StepCosts steps = haswell.StepsAt(CostLevel.Low);
        const int Count = 100_000;
        List<TraceEvent> all = Run([.. Enumerable.Range(0, Count).Select(i => TraceEvent.Read(0, A, 0, (ulong)i + 1))], gaps, _ => steps.DevicePs(0, 1));
        double perNs = (Count - 1) / (double)all[^1].TimeNs;
        double limit = haswell[Cost.WalksInFlight].High / haswell[Cost.WalkNs].Low;
        Assert.InRange(perNs / limit, 0.9999, 1.0001);
        // Little's law: rate times walk time is what is in flight.
        Assert.InRange(perNs * haswell[Cost.WalkNs].Low, 5.499, 5.501);
    }

    [Fact]
    public void A_full_buffer_lets_the_earliest_leave_and_counts_what_it_held_back()
    {
        TraceEvent[] events = [TraceEvent.Write(0, A, 0, 1), TraceEvent.Write(1, A, 0, 2), TraceEvent.Write(2, A, 0, 3), TraceEvent.Write(3, B, 0, 4)];
        ClosedLoop loop = new(new ListTrace(events, [], new()), mostBuffered: 2);
        List<(ulong, long)> all = [];
        while (loop.TryNext(out TraceEvent e))
        {
            all.Add((e.Length, e.TimeNs));
            loop.Delay(e.Device, 100_000);
        }
        Assert.Equal([(1, 0), (2, 101), (4, 101), (3, 202)], all);
        Assert.Equal(1, loop.HeldBack);
    }

    [Fact]
    public void A_device_can_be_held_up_before_its_first_event()
    {
        ClosedLoop loop = new(new ListTrace([TraceEvent.Write(0, A, 0, 1), TraceEvent.Write(5, B, 0, 2)], [], new()));
        Assert.True(loop.TryNext(out _));
        loop.Delay(B, 7_000);
        Assert.True(loop.TryNext(out TraceEvent second));
        Assert.Equal(12, second.TimeNs);
        Assert.Throws<ArgumentOutOfRangeException>(() => loop.Delay(B, -1));
    }

    [Fact]
    public void A_warm_loop_allocates_nothing()
    {
        ClosedLoop loop = new(new ListTrace([.. Enumerable.Range(0, 40_000).Select(i => TraceEvent.Write(i * 10, (i & 1) == 0 ? A : B, 0, 64))], [], new()), LoopGaps.Absorb);
        // What the runtime allocates once, when it compiles anew, is in one round; what an event allocates is in each.
        Assert.Equal(0, Enumerable.Range(0, 8).Select(_ => AllocatedBy(loop)).Min());

        static long AllocatedBy(ClosedLoop loop)
        {
            AllocationMeter meter = AllocationMeter.Start();
            for (int i = 0; i < 5_000; i++) Step(loop);
            return meter.Bytes;
        }

        static void Step(ClosedLoop loop)
        {
            Assert.True(loop.TryNext(out TraceEvent e));
            loop.Delay(e.Device, e.Device == A ? 12_345 : 2_345);
        }
    }
}
