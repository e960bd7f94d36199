using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests;

/// <summary>Events with the extremes of every field, as the trace format allows them: a replay goes on or refuses the trace, it does not break.</summary>
public class ExtremeTraceTests
{
    private static readonly ulong[] Addresses = [0, Page, 1UL << 39, 1UL << 52, 1UL << 63, ulong.MaxValue - 4095, ulong.MaxValue];
    private static readonly ulong[] Lengths = [1, Page, 2 * Page, 1UL << 32, 1UL << 60, ulong.MaxValue - 4095, ulong.MaxValue];

    public static TheoryData<EventKind, View> Kinds
    {
        get
        {
            TheoryData<EventKind, View> data = [];
            foreach (EventKind kind in new[] { EventKind.Map, EventKind.Unmap, EventKind.Read, EventKind.Write, EventKind.InvalidateRange, EventKind.Translate })
                foreach (View view in new[] { View.Iova, View.Gpa }) data.Add(kind, view);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_trace_with_extremes_is_replayed_or_refused(EventKind kind, View view)
    {
        foreach (ulong iova in Addresses)
        foreach (ulong length in Lengths)
        foreach (ulong target in Addresses)
        {
            TraceBuilder trace = new TraceBuilder().WithGuestMemory((0, Large)).Attach(1).Map(0, Page, 0)
                .Add(new TraceEvent { Kind = kind, TimeNs = 1, Device = First, Iova = iova, Length = length, Target = kind == EventKind.InvalidateRange ? 1 : target, Flags = EventFlags.MayRead | EventFlags.MayWrite, PasidOrNone = TraceEvent.NoPasid })
                .At(2).Write(iova, Math.Min(length, 3 * Page));
            try
            {
                Assert.Equal(2, trace.RunAsItIs(InIova with { View = view, PageSize = "2M" }).Events - 2);
            }
            catch (Exception e) when (e is TraceFormatException or ModelLimitException)
            {
                // Refused with a message: as good.
            }
        }
    }

    [Fact]
    public void An_access_does_not_wrap_around_the_end_of_all_addresses()
    {
        TraceFormatException refused = Assert.Throws<TraceFormatException>(() => Trace().At(7).Write(ulong.MaxValue - 63, 65).Run(InIova));
        Assert.Contains("Write of 65 bytes at 0xffffffffffffffc0 (time 7 ns)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, Trace().At(7).Write(ulong.MaxValue - 63, 64).Run(InIova).Counters.Faults);
    }

    [Theory]
    [InlineData(-(1L << 62), 0, true)]
    [InlineData(-(1L << 62) - 1, 0, false)]
    [InlineData((1L << 62) - 5000, 5000, true)]
    [InlineData((1L << 62) - 5000, 5001, false)]
    [InlineData(long.MaxValue - 5000, 5000, false)]
    [InlineData(long.MinValue, 5000, false)]
    public void Times_that_leave_no_room_for_a_harvest_are_refused(long begin, long length, bool accepted)
    {
        TraceBuilder trace = new TraceBuilder().At(begin).Attach(1).Map(0, Page).Write(0).At(begin + length).Mark("end");
        if (accepted) Assert.Equal(1, trace.RunAsItIs(InIova).DistinctReported4K);
        else Assert.Contains("146 years", Assert.Throws<TraceFormatException>(() => trace.RunAsItIs(InIova)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recorded_domain_keeps_apart_from_the_thousands_that_have_no_number()
    {
        // Domains without a number are counted down from 0xFFFE: 6000 of them pass 0xEFFF, which the trace then names itself.
        TraceBuilder trace = new TraceBuilder().At(0);
        for (uint pasid = 1; pasid <= 6000; pasid++) trace.By(new RequesterId(0x10), pasid).Map(0, Page);
        trace.By(new RequesterId(0x18)).Attach(0xEFFF).Map(0, Page).Write(0);
        trace.By(new RequesterId(0x10), 3000).Write(0);
        ReplayResult result = trace.Run(InIova);
        Assert.Equal(0, result.Counters.Faults);
        Assert.Equal(2, result.DistinctReported4K);
        Assert.Equal(0, result.Missed4K);
    }
}
