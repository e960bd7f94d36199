using Workbench.Traces.Guest;
using Xunit;

namespace Workbench.Traces.Tests.Guest;

public class PerfScriptReaderTests
{
    private const string Payload = "iommu:map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000 size=4096";

    [Theory]
    [InlineData("             fio     233 [001]    21.586555280:                      ", 233, 1, 21_586_555_280)]
    [InlineData("             fio   233/234 [001]    21.586555: ", 234, 1, 21_586_555_000)]
    [InlineData("         swapper       0 [000]    21.586555:          1 ", 0, 0, 21_586_555_000)]
    [InlineData("kworker/u8:1-events_unbound    29 [002]    21.586555: ", 29, 2, 21_586_555_000)]
    [InlineData("a 1 [0] 1.1: x 233 [001]    21.586555: ", 233, 1, 21_586_555_000)]
    public void The_columns_are_found_whatever_the_task_is_called(string prefix, int thread, int cpu, long timeNs)
    {
        using PerfScriptReader reader = new(Recordings.Text(prefix + Payload), "p.txt");
        GuestEvent read = Assert.Single(Recordings.ReadAll(reader));
        Assert.Equal((thread, cpu, timeNs, 0x1000UL), (read.ThreadId, read.Cpu, read.TimeNs, read.Iova));
    }

    [Theory]
    [InlineData("sched:sched_switch: prev_comm=a")]
    [InlineData("xen:map: IOMMU: nothing of ours")]
    [InlineData("cycles: ffffffff81000000 native_safe_halt")]
    [InlineData("PERF_RECORD_COMM: fio:233/233")]
    public void Events_of_other_groups_count_as_other(string text)
    {
        using PerfScriptReader reader = new(Recordings.Text("fio 233 [001] 1.000000: " + text), "p.txt");
        Assert.Empty(Recordings.ReadAll(reader));
        Assert.Equal(1, reader.OtherEvents);
    }

    [Fact]
    public void Lost_events_are_an_error()
    {
        using PerfScriptReader reader = new(Recordings.Text("fio 233 [001] 1.000000: PERF_RECORD_LOST lost 7"), "p.txt");
        Assert.Contains("events were lost", Assert.Throws<TraceFormatException>(() => reader.TryRead(out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_of_ftrace_is_refused_with_the_form_that_is_allowed()
    {
        using PerfScriptReader reader = new(Recordings.Text("fio-1 [001] ..... 1.000000: map: x"), "p.txt");
        Assert.Contains("COMM PID [CPU] SECONDS: GROUP:EVENT:", Assert.Throws<TraceFormatException>(() => reader.TryRead(out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_excerpt_of_a_recording_counts_as_grep_counts_it()
    {
        using PerfScriptReader reader = new(Recordings.OpenExcerpt("intel-perf.perf.txt"), "p.txt");
        Assert.Equal("DmaMap=52 DmaUnmap=48 Map=52 Unmap=48 other=0 bad=0", Census.Of(reader));
    }
}
