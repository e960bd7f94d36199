using CsCheck;
using Workbench.Iommu;

namespace Workbench.Traces.Tests.Native;

/// <summary>An event before its time is summed up: the step to it, and what a mark says.</summary>
public sealed record Step(TraceEvent Event, ulong GapNs, long Line, string Text);

/// <summary>Random traces that obey the model, with the extremes of every field.</summary>
public static class TraceGen
{
    private static readonly Gen<ulong> Address = Gen.OneOf(
        Gen.ULong[0, 1 << 20].Select(page => (64UL << 30) + (page << 12)), Gen.ULong, Gen.OneOf(0UL, ulong.MaxValue, 1UL << 63, ulong.MaxValue - 4095));
    private static readonly Gen<ulong> Length = Gen.OneOf(Gen.OneOf(1UL, 64UL, 1500UL, 4096UL, 1UL << 30, ulong.MaxValue), Gen.ULong[1, 70_000]);
    private static readonly Gen<ulong> Gap = Gen.Frequency((4, Gen.ULong[0, 300]), (2, Gen.Const(0UL)), (1, Gen.ULong[0, 1UL << 40]));
    private static readonly Gen<uint> PasidCode = Gen.Frequency((4, Gen.Const(TraceEvent.NoPasid)), (1, Gen.UInt[0, Pasid.MaxValue]), (1, Gen.OneOf(0u, Pasid.MaxValue)));
    private static readonly Gen<ushort> Device = Gen.Frequency((4, Gen.OneOf<ushort>(0, 8, 16)), (1, Gen.UShort));
    private static readonly Gen<string> Text = Gen.OneOf(Gen.OneOf("", "start", "größer → ∞", "a,\"b\"\nc"), Gen.String[Gen.Char['a', 'f'], 0, 40]);
    private static readonly Gen<long> Line = Gen.Frequency((3, Gen.Const(0L)), (2, Gen.Long[1, 5000]), (1, Gen.OneOf(long.MaxValue, long.MinValue, -1)));

    private static readonly Gen<TraceEvent> Event =
        from kind in Gen.Int[1, 10]
        from address in Address
        from length in Length
        from target in Address
        from domain in Gen.UShort
        from device in Device
        from pasid in PasidCode
        from flags in Gen.Byte
        let ranged = (EventKind)kind is EventKind.Map or EventKind.Unmap or EventKind.Read or EventKind.Write or EventKind.InvalidateRange or EventKind.Translate
        select new TraceEvent
        {
            Kind = (EventKind)kind,
            Iova = ranged ? address : 0,
            Length = ranged || kind == 9 ? length : 0,
            Target = (EventKind)kind switch
            {
                EventKind.Map or EventKind.Translate => target,
                EventKind.Attach or EventKind.InvalidateDomain or EventKind.InvalidateRange => domain,
                _ => 0,
            },
            Device = new(device),
            Flags = (EventFlags)flags,
            PasidOrNone = pasid,
        };

    public static readonly Gen<Step> Step = Gen.Select(Event, Gap, Line, Text, (e, gap, line, text) => new Step(e, gap, line, text));

    /// <summary>A trace of up to <paramref name="most"/> events and the first time stamp.</summary>
    public static Gen<(Step[] Steps, long Start)> Trace(int most) =>
        Gen.Select(Step.Array[0, most], Gen.OneOf(0L, 1_000_000_000L, long.MinValue, -5L));

    /// <summary>Gives the events their times, saturating at the last nanosecond there is.</summary>
    public static TraceEvent[] Timed((Step[] Steps, long Start) trace)
    {
        TraceEvent[] events = new TraceEvent[trace.Steps.Length];
        long now = trace.Start;
        for (int i = 0; i < events.Length; i++)
        {
            now = (ulong)trace.Steps[i].GapNs > (ulong)(long.MaxValue - Math.Max(now, 0)) ? long.MaxValue : now + (long)trace.Steps[i].GapNs;
            events[i] = trace.Steps[i].Event with { TimeNs = now };
        }
        return events;
    }
}
