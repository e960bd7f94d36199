using CsCheck;
using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Traces.Tests.Native;

public class DmatRoundTripTests
{
    [Fact]
    public void Random_traces_come_back_as_they_were_with_lines_and_texts() =>
        Gen.Select(TraceGen.Trace(300), Gen.Int[1, 100], Gen.Int[1, 70]).Sample((trace, capacity, batch) =>
        {
            byte[] file = Dmat.Write(trace, capacity, out TraceEvent[] events);
            using DmatReader reader = Dmat.Open(file);
            TraceEvent[] buffer = new TraceEvent[batch];
            long[] lines = new long[batch];
            int at = 0;
            for (int count; (count = reader.Read(buffer, lines)) > 0;)
            {
                for (int i = 0; i < count; i++, at++)
                {
                    Assert.Equal(events[at], buffer[i]);
                    Assert.Equal(trace.Steps[at].Line, lines[i]);
                    if (buffer[i].Kind == EventKind.Mark) Assert.Equal(trace.Steps[at].Text, reader.TextOf(buffer[i]));
                }
            }
            Assert.Equal(events.Length, at);
            Assert.Equal(events.Length, reader.EventCount);
            Assert.True(Dmat.Verify(file).IsGood);
        }, iter: 300);

    [Fact]
    public void Lines_can_be_asked_for_in_the_middle_of_a_block()
    {
        MemoryStream stream = new();
        using DmatWriter writer = new(stream, leaveOpen: true);
        foreach (TraceEvent e in Dmat.Reads(100)) writer.Append(e, e.TimeNs / 10);
        writer.Complete(new());
        using DmatReader reader = Dmat.Open(stream.ToArray());
        TraceEvent[] events = new TraceEvent[30];
        long[] lines = new long[30];
        reader.Read(events);
        reader.Read(events, lines);
        Assert.Equal(310, lines[0]);
        reader.Read(events);
        Assert.Equal(10, reader.Read(events, lines));
        Assert.Equal(910, lines[0]);
    }

    [Fact]
    public void A_trace_without_events_is_a_whole_file()
    {
        byte[] file = Dmat.Write([]);
        using DmatReader reader = Dmat.Open(file);
        Assert.Equal(0, reader.Read(new TraceEvent[4]));
        Assert.Equal((0L, 0L, 0L, 0L), (reader.EventCount, reader.FirstTimeNs, reader.LastTimeNs, reader.Position));
        reader.SeekToTime(5);
        reader.SeekToEvent(5);
        Assert.True(Dmat.Verify(file).IsGood);
    }

    [Fact]
    public void A_block_holds_as_many_shapes_as_events()
    {
        TraceEvent[] events = new TraceEvent[70_000];
        for (int i = 0; i < events.Length; i++) events[i] = TraceEvent.Write(i, new((ushort)(i * 7 % 65_536)), (ulong)i * 4096, (ulong)i + 1, (EventFlags)(i % 256), (uint)i);
        using DmatReader reader = Dmat.Open(Dmat.Write(events));
        Assert.Equal(2, reader.Blocks.Count);
        Assert.Equal(events, Dmat.ReadAll(reader, 4096));
    }

    [Fact]
    public void A_block_ends_early_rather_than_carry_a_mebibyte_of_texts()
    {
        MemoryStream stream = new();
        using DmatWriter writer = new(stream, leaveOpen: true);
        for (int i = 0; i < 40; i++) writer.Append(TraceEvent.Mark(i, (ulong)writer.AddText(new string((char)('0' + i), 60_000))));
        writer.Complete(new());
        using DmatReader reader = Dmat.Open(stream.ToArray());
        Assert.Equal(3, reader.Blocks.Count);
        TraceEvent[] marks = [.. Dmat.ReadAll(reader)];
        Assert.Equal(new string('W', 60_000), reader.TextOf(marks[39]));
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes() => Assert.Equal(Dmat.Write(Dmat.Reads(500), 64), Dmat.Write(Dmat.Reads(500), 64));

    [Fact]
    public void Reading_allocates_nothing_once_warm()
    {
        using DmatReader reader = Dmat.Open(Dmat.Write(Dmat.Reads(20_000), 1000));
        TraceEvent[] buffer = new TraceEvent[256];
        for (int i = 0; i < 20; i++) reader.Read(buffer);
        AllocationMeter meter = AllocationMeter.Start();
        for (int i = 0; i < 30; i++) reader.Read(buffer);
        Assert.Equal(0, meter.Bytes);
    }

    [Fact]
    public void Time_running_backwards_is_refused_with_both_times_and_the_number()
    {
        using DmatWriter writer = new(new MemoryStream());
        writer.Append(TraceEvent.Read(300, new(8), 0, 64));
        TraceFormatException wrong = Assert.Throws<TraceFormatException>(() => writer.Append(TraceEvent.Read(299, new(8), 0, 64)));
        Assert.Contains("event 1", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("299 ns", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("300 ns", wrong.Message, StringComparison.Ordinal);
        writer.Append(TraceEvent.Read(300, new(8), 0, 64));
    }

    public static TheoryData<TraceEvent, string> Wrong => new()
    {
        { default, "kind 0" },
        { new TraceEvent { Kind = (EventKind)11, Length = 1 }, "kind 11" },
        { TraceEvent.Read(0, default, 0, 0), "length 0" },
        { TraceEvent.Read(0, default, 0, 1, pasid: Pasid.MaxValue + 1), "PASID 1048576" },
        { TraceEvent.Read(0, default, 0, 1) with { Target = 5 }, "target 0x5" },
        { TraceEvent.InvalidateAll(0) with { Iova = 4096 }, "IOVA 0x1000" },
        { TraceEvent.Attach(0, default, default) with { Target = 65_536 }, "domain 65536" },
        { TraceEvent.Mark(0, 0), "text 0" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void An_event_that_breaks_the_model_is_refused(TraceEvent e, string expected)
    {
        using DmatWriter writer = new(new MemoryStream());
        Assert.Contains(expected, Assert.Throws<TraceFormatException>(() => writer.Append(e)).Message, StringComparison.Ordinal);
        Assert.Equal(0, writer.EventCount);
    }

    [Fact]
    public void A_known_shape_does_not_hide_a_wrong_target()
    {
        using DmatWriter writer = new(new MemoryStream());
        writer.Append(TraceEvent.Attach(0, default, new(7)));
        Assert.Throws<TraceFormatException>(() => writer.Append(TraceEvent.Attach(0, default, default) with { Target = 65_536 }));
        writer.Append(TraceEvent.Read(0, default, 0, 1));
        Assert.Throws<TraceFormatException>(() => writer.Append(TraceEvent.Read(0, default, 0, 1) with { Target = 1 }));
    }
}
