using CsCheck;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Traces.Tests.Native;

public class DmatSeekTests
{
    [Fact]
    public void Seeking_to_a_time_finds_the_first_event_at_or_after_it() =>
        Gen.Select(TraceGen.Trace(200), Gen.Int[1, 40], Gen.Int[0, 200], Gen.Int[-1, 1]).Sample((trace, capacity, pick, offset) =>
        {
            using DmatReader reader = Dmat.Open(Dmat.Write(trace, capacity, out TraceEvent[] events));
            if (events.Length == 0) return;
            long time = events[pick % events.Length].TimeNs;
            if (offset < 0 ? time > long.MinValue : time < long.MaxValue) time += offset;
            int expected = Array.FindIndex(events, e => e.TimeNs >= time);
            reader.SeekToTime(time);
            Assert.Equal(expected < 0 ? events.Length : expected, reader.Position);
            Assert.Equal(expected < 0 ? [] : events[expected..], Dmat.ReadAll(reader, 7));
        }, iter: 300);

    [Fact]
    public void Seeking_to_an_event_continues_from_it() =>
        Gen.Select(TraceGen.Trace(200), Gen.Int[1, 40], Gen.Int[0, 220]).Sample((trace, capacity, number) =>
        {
            using DmatReader reader = Dmat.Open(Dmat.Write(trace, capacity, out TraceEvent[] events));
            reader.Read(new TraceEvent[3]);
            reader.SeekToEvent(number);
            Assert.Equal(Math.Min(number, events.Length), reader.Position);
            Assert.Equal(events[Math.Min(number, events.Length)..], Dmat.ReadAll(reader, 7));
        }, iter: 300);

    [Fact]
    public void Equal_times_across_blocks_begin_at_the_first_of_them()
    {
        TraceEvent[] events = new TraceEvent[50];
        for (int i = 0; i < 50; i++) events[i] = TraceEvent.Read(i < 5 ? 1 : 2, new(8), (ulong)i, 1);
        using DmatReader reader = Dmat.Open(Dmat.Write(events, 10));
        reader.SeekToTime(2);
        Assert.Equal(5, reader.Position);
        reader.SeekToTime(3);
        Assert.Equal(50, reader.Position);
        reader.SeekToTime(long.MinValue);
        Assert.Equal(0, reader.Position);
    }
}
