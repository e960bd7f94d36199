using Workbench.Traces.Guest;
using Xunit;

namespace Workbench.Traces.Tests.Guest;

public class WholeRecordingTests
{
    // map, unmap and dma_* by the record's README and by grep.
    [Theory]
    [InlineData("intel-nvme-randrw.ftrace.txt", "CoherentDmaMap=9 DmaMap=10656 DmaUnmap=9907 DmaUnmapScatter=5460 Map=15376 Mark=8 ScatterLists=749 Unmap=10656 other=0 bad=0")]
    [InlineData("intel-nvme-seqwrite.ftrace.txt", "CoherentDmaMap=8 DmaMap=1550 DmaUnmap=397 DmaUnmapScatter=30716 Map=31157 Mark=8 ScatterLists=1153 Unmap=1550 other=0 bad=0")]
    [InlineData("intel-e1000e-slirp.ftrace.txt", "CoherentDmaMap=2 DmaMap=40434 DmaUnmap=40179 Map=40437 Mark=12 Unmap=40179 other=0 bad=0")]
    [InlineData("intel-nic-pair.ftrace.txt", "CoherentDmaMap=5 DmaMap=48844 DmaUnmap=47588 Map=48853 Mark=12 Unmap=47588 other=0 bad=0")]
    [InlineData("intel-mkfs-copy.ftrace.txt", "CoherentDmaMap=9 DmaMap=2685 DmaUnmap=2090 DmaUnmapScatter=7365 Map=9480 Mark=16 ScatterLists=595 Unmap=2685 other=0 bad=0")]
    [InlineData("intel-vfio-nested.ftrace.txt", "Attach=4 CoherentDmaMap=8 CoherentDmaUnmap=8 DmaMap=14 DmaUnmap=14 Map=559 Mark=8 Unmap=524 other=1 bad=0")]
    [InlineData("amd-nvme-randrw.ftrace.txt", "CoherentDmaMap=9 DmaMap=10656 DmaUnmap=9350 DmaUnmapScatter=11678 Map=21037 Mark=8 ScatterLists=1306 Unmap=10656 other=0 bad=0")]
    [InlineData("smmuv3-nvme-randrw.ftrace.txt", "Attach=1 CoherentDmaMap=10 DmaMap=5021 DmaUnmap=4383 DmaUnmapScatter=4730 Map=9152 Mark=8 ScatterLists=638 Unmap=5021 other=1 bad=0")]
    [InlineData("sid-nvme-randrw.ftrace.txt", "CoherentDmaMap=9 DmaMap=3071 DmaUnmap=3071 Map=24603 Mark=8 Unmap=5023 other=0 bad=0")]
    [InlineData("intel-tracecmd.trace-cmd.txt", "CoherentDmaMap=1 DmaMap=1214 DmaUnmap=1061 DmaUnmapScatter=1410 Map=2472 ScatterLists=153 Unmap=1214 other=0 bad=0")]
    public void Every_line_of_a_whole_ftrace_recording_is_understood(string name, string expected)
    {
        using FtraceTextReader reader = new(Recordings.OpenWhole(name), name);
        Assert.Equal(expected, Census.Of(reader));
    }

    [Fact]
    public void Every_line_of_a_whole_perf_recording_is_understood()
    {
        using PerfScriptReader reader = new(Recordings.OpenWhole("intel-perf.perf.txt"), "intel-perf.perf.txt");
        Assert.Equal("DmaMap=1214 DmaUnmap=1214 Map=1214 Unmap=1214 other=0 bad=0", Census.Of(reader));
    }

    [Theory]
    [InlineData("intel-tracecmd.trace-cmd-v6.dat")]
    [InlineData("intel-tracecmd.trace-cmd.dat")]
    public void A_binary_recording_says_what_its_text_report_says(string name)
    {
        using FtraceTextReader text = new(Recordings.OpenWhole("intel-tracecmd.trace-cmd.txt"), "report");
        using IGuestEventReader binary = GuestEventReaders.Open(Recordings.OpenWhole(name), name);
        // The report begins with one line more than there are records.
        List<GuestEvent> expected = [.. Recordings.ReadAll(text).Select(read => read with { Line = read.Line - 1 })];
        Assert.Equal(expected, Recordings.ReadAll(binary));
        Assert.Equal(6115, expected[^1].Line);
        Assert.Equal(0, binary.OtherEvents);
    }
}
