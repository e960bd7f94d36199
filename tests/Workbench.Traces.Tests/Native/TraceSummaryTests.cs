using Workbench.Iommu;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Traces.Tests.Native;

public class TraceSummaryTests
{
    [Fact]
    public void A_small_trace_is_counted_by_kind_device_and_page()
    {
        RequesterId nic = new(8), disk = new(16);
        MemoryStream stream = new();
        using DmatWriter writer = new(stream, leaveOpen: true);
        writer.Append(
        [
            TraceEvent.Map(10, nic, 0x1000, 4096, 0x9000, Permission.ReadWrite, EventFlags.Inferred),
            TraceEvent.Map(10, nic, 0x2000, 4096, 0xA000, Permission.Write),
            TraceEvent.Map(11, disk, 0x20_0000, 2 << 20, 0x40_0000, Permission.ReadWrite),
            TraceEvent.Mark(12, (ulong)writer.AddText("go")),
            TraceEvent.Write(20, nic, 0x1ff0, 32, EventFlags.LengthInferred),
            TraceEvent.Write(21, nic, 0x1000, 16, EventFlags.DirectionInferred),
            TraceEvent.Read(22, nic, 0x3000, 16, EventFlags.Ring),
            TraceEvent.Write(23, nic, 0xFEE0_0000, 4, EventFlags.Interrupt),
            TraceEvent.Read(30, disk, 0x20_0000, 1 << 20),
            TraceEvent.Translate(31, disk, 0x20_0000, 2 << 20, 0x40_0000, Permission.ReadWrite, hit: false),
            TraceEvent.Translate(32, disk, 0x20_0000, 2 << 20, 0x40_0000, Permission.ReadWrite, hit: true),
        ]);
        writer.Complete(new());
        using DmatReader reader = Dmat.Open(stream.ToArray());
        TraceSummary summary = TraceSummary.Of(reader);
        Assert.Equal((11L, 10L, 32L, 22L), (summary.Events, summary.FirstTimeNs, summary.LastTimeNs, summary.DurationNs));
        Assert.Equal([new(EventKind.Map, 3), new(EventKind.Read, 2), new(EventKind.Write, 3), new(EventKind.Mark, 1), new(EventKind.Translate, 2)], summary.Kinds);
        Assert.Equal([new(4096, 2), new(2 << 20, 1)], summary.MapLengths);
        Assert.Equal([new(2 << 20, 2)], summary.TranslatePages);
        Assert.Equal((1L, 1L), (summary.TranslateHits, summary.TranslateFills));
        Assert.Equal((1L, 1L, 1L), (summary.DirectionInferred, summary.LengthInferred, summary.WhollyInferred));
        Assert.Equal([new(12, "go")], summary.Marks);
        Assert.Equal([nic, disk], summary.Devices.Select(d => d.Device));
        Assert.Equal(new AccessSummary(0, 2, 0, 48, 0, 2), summary.Devices[0].Data);
        Assert.Equal(new AccessSummary(1, 0, 16, 0, 1, 0), summary.Devices[0].Rings);
        Assert.Equal(1, summary.Devices[0].Interrupts);
        Assert.Equal(new AccessSummary(1, 0, 1 << 20, 0, 256, 0), summary.Devices[1].Data);
    }

    [Fact]
    public void Lengths_beyond_reason_neither_overflow_nor_fill_the_memory()
    {
        TraceSummaryBuilder builder = new();
        builder.Add(
        [
            TraceEvent.Read(long.MinValue, new(8), 0, ulong.MaxValue),
            TraceEvent.Read(0, new(8), ulong.MaxValue, ulong.MaxValue),
            TraceEvent.Read(long.MaxValue, new(8), 0, 0),
        ]);
        TraceSummary summary = builder.Build();
        Assert.Equal(ulong.MaxValue, summary.Devices[0].Data.ReadBytes);
        Assert.Equal(1, summary.OversizedAccesses);
        Assert.Equal((1L << 18) + 1, summary.Devices[0].Data.PagesRead);
        Assert.Equal(long.MaxValue, summary.DurationNs);
    }
}
