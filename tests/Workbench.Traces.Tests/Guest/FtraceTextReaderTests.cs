using System.Text;
using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces.Guest;
using Xunit;

namespace Workbench.Traces.Tests.Guest;

public class FtraceTextReaderTests
{
    private const string Payload = "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000 size=4096";

    [Theory]
    [InlineData("    kworker/u8:1-29      [000] .....     6.038693: ", 29, 0, 6_038_693_000)]
    [InlineData("          <idle>-0       [003] d.h1.    10.788610: ", 0, 3, 10_788_610_000)]
    [InlineData("             fio-233   [001] .....    13.169004679: ", 233, 1, 13_169_004_679)]
    [InlineData("             fio-233   [001]    13.169004679: ", 233, 1, 13_169_004_679)]
    [InlineData("           <...>-225     [1023] .N...     4.377083: ", 225, 1023, 4_377_083_000)]
    [InlineData("             fio-233     (    231) [001] .....    13.169004: ", 233, 1, 13_169_004_000)]
    [InlineData("a-b c: d/e [2] -7 [001] d..1. 1.500000: ", 7, 1, 1_500_000_000)]
    [InlineData("-1 [000] 1.1: x-7 [001] d..1. 1.500000: ", 7, 1, 1_500_000_000)]
    [InlineData(" [000] -7 [001] 1.500000: ", 7, 1, 1_500_000_000)]
    public void The_columns_are_found_whatever_the_task_is_called(string prefix, int thread, int cpu, long timeNs)
    {
        GuestEvent read = Recordings.Single(prefix + Payload);
        Assert.Equal((thread, cpu, timeNs, 0x1000UL), (read.ThreadId, read.Cpu, read.TimeNs, read.Iova));
    }

    [Fact]
    public void A_mark_that_looks_like_a_line_is_still_a_mark()
    {
        GuestEvent read = Recordings.Single("sh-9 [000] ..... 2.000000: tracing_mark_write: x-1 [001] ..... 3.000000: " + Payload);
        Assert.Equal((GuestEventKind.Mark, 9, 2_000_000_000L), (read.Kind, read.ThreadId, read.TimeNs));
    }

    [Fact]
    public void Lines_may_end_in_carriage_return_and_line_feed()
    {
        byte[] text = Encoding.UTF8.GetBytes("# tracer: nop\r\n#\r\nfio-1 [001] ..... 1.000000: attach_device_to_domain: IOMMU: device=0000:00:01.0\r\n\r\n");
        using FtraceTextReader reader = new(new MemoryStream(text), "t.txt");
        GuestEvent read = Assert.Single(Recordings.ReadAll(reader));
        Assert.Equal(new RequesterId(8), read.Device);
        Assert.Equal(3, read.Line);
    }

    [Theory]
    [InlineData("CPU:1 [LOST 532 EVENTS]")]
    [InlineData("CPU:1 [532 EVENTS DROPPED]")]
    [InlineData("CPU:0 [EVENTS DROPPED]")]
    public void Lost_events_are_an_error(string notice)
    {
        using FtraceTextReader reader = new(Recordings.Text("fio-1 [001] ..... 1.000000: " + Payload, notice), "t.txt");
        Assert.True(reader.TryRead(out _));
        TraceFormatException refusal = Assert.Throws<TraceFormatException>(() => reader.TryRead(out _));
        Assert.Contains("t.txt line 2: found \"" + notice + "\": events were lost, the trace has holes.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lost_events_and_foreign_lines_are_counted_when_bad_lines_are_skipped()
    {
        using FtraceTextReader reader = new(Recordings.Text("CPU:1 [LOST 5 EVENTS]", "no line", "fio-1 [001] ..... 1.000000: map: zero", "fio-1 [001] ..... 1.000000: " + Payload), "t.txt", skipBad: true);
        Assert.Equal(4, Assert.Single(Recordings.ReadAll(reader)).Line);
        Assert.Equal(3, reader.BadLines);
    }

    [Fact]
    public void Remarks_of_trace_cmd_are_passed_over()
    {
        using FtraceTextReader reader = new(Recordings.Text("version = 7", "CPU 0 is empty", "cpus=2"), "t.txt");
        Assert.Empty(Recordings.ReadAll(reader));
        Assert.Equal(0, reader.OtherEvents);
    }

    [Fact]
    public void Lines_of_function_tracers_count_as_other()
    {
        using FtraceTextReader reader = new(Recordings.Text("fio-1 [001] ..... 1.000000: mutex_lock <-dev_open"), "t.txt");
        Assert.Empty(Recordings.ReadAll(reader));
        Assert.Equal(1, reader.OtherEvents);
    }

    [Fact]
    public void A_line_that_is_none_is_shown_shortened_and_without_control_characters()
    {
        using FtraceTextReader reader = new(Recordings.Text("\u001b[2J" + new string('x', 100)), "t.txt");
        TraceFormatException refusal = Assert.Throws<TraceFormatException>(() => reader.TryRead(out _));
        Assert.Contains("found \"?[2J" + new string('x', 76) + "...\": no event line", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_counts_no_seconds_is_refused()
    {
        using FtraceTextReader reader = new(Recordings.Text("fio-1 [001] ..... 123456: " + Payload), "t.txt");
        Assert.Throws<TraceFormatException>(() => reader.TryRead(out _));
    }

    [Fact]
    public void Reading_events_allocates_nothing_per_line()
    {
        string[] lines = [.. Enumerable.Repeat("fio-1 [001] ..... 1.000000: " + Payload, 20_000)];
        using FtraceTextReader reader = new(Recordings.Text(lines), "t.txt");
        Assert.True(reader.TryRead(out _));
        AllocationMeter meter = AllocationMeter.Start();
        while (reader.TryRead(out _)) { }
        Assert.InRange(meter.Bytes, 0, 65_536);
    }

    [Theory]
    [InlineData("intel-nvme-randrw.ftrace.txt", "CoherentDmaMap=8 DmaMap=61 DmaUnmap=45 DmaUnmapScatter=10 Map=79 Mark=4 ScatterLists=3 Unmap=49 other=0 bad=0")]
    [InlineData("sid-nvme-randrw.ftrace.txt", "CoherentDmaMap=5 DmaMap=11 DmaUnmap=8 Map=113 Mark=2 Unmap=10 other=0 bad=0")]
    [InlineData("intel-vfio-nested.ftrace.txt", "Attach=4 CoherentDmaMap=2 CoherentDmaUnmap=8 DmaMap=4 DmaUnmap=5 Map=33 Mark=8 Unmap=30 other=1 bad=0")]
    [InlineData("smmuv3-nvme-randrw.ftrace.txt", "Attach=1 CoherentDmaMap=9 DmaMap=37 DmaUnmap=8 DmaUnmapScatter=65 Map=72 Mark=2 ScatterLists=6 Unmap=12 other=1 bad=0")]
    [InlineData("intel-tracecmd.trace-cmd.txt", "CoherentDmaMap=2 DmaMap=48 DmaUnmap=26 DmaUnmapScatter=164 Map=97 ScatterLists=15 Unmap=44 other=0 bad=0")]
    public void The_excerpts_of_recordings_count_as_grep_counts_them(string name, string expected)
    {
        using FtraceTextReader reader = new(Recordings.OpenExcerpt(name), name);
        Assert.Equal(expected, Census.Of(reader));
    }
}
