using System.Text;
using Workbench.Traces.Guest;
using Xunit;

namespace Workbench.Traces.Tests.Guest;

public class GuestEventReadersTests
{
    private const string FtraceLine = "fio-1 [001] ..... 1.000000: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000 size=4096";
    private const string PerfLine = "fio 1 [001] 1.000000: iommu:map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000 size=4096";

    [Theory]
    [InlineData("# tracer: nop\n#\n" + FtraceLine + "\n", GuestTraceFormat.FtraceText)]
    [InlineData("# tracer: nop\n#\n", GuestTraceFormat.FtraceText)]
    [InlineData("cpus=2\r\n" + FtraceLine + "\r\n", GuestTraceFormat.FtraceText)]
    [InlineData("CPU:1 [LOST 5 EVENTS]\n", GuestTraceFormat.FtraceText)]
    [InlineData(PerfLine, GuestTraceFormat.PerfScript)]
    [InlineData("# ========\n# captured on: never\n\n" + PerfLine + "\n", GuestTraceFormat.PerfScript)]
    [InlineData("some tool's remark\n" + PerfLine + "\n" + FtraceLine, GuestTraceFormat.PerfScript)]
    [InlineData("\u0017\u0008Dtracing7\0", GuestTraceFormat.TraceCmdDat)]
    public void The_first_event_decides(string head, GuestTraceFormat expected) =>
        Assert.Equal(expected, GuestEventReaders.Detect(Encoding.UTF8.GetBytes(head), "x"));

    [Theory]
    [InlineData("13517@1795397582.601766:vtd_dmar_translate dev 00:01.00 iova 0xffffe000 -> gpa 0xd7c0000 mask 0xfff\n", "\"13517@1795397582.601766:vtd_dmar_translate")]
    [InlineData("", "no event in the first")]
    public void An_unknown_dialect_is_refused_with_its_first_line_and_those_accepted(string head, string found)
    {
        TraceFormatException refusal = Assert.Throws<TraceFormatException>(() => GuestEventReaders.Open(new MemoryStream(Encoding.UTF8.GetBytes(head)), "x.log"));
        Assert.StartsWith("x.log: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(found, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("perf script", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_comes_through_a_pipe_whole()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(FtraceLine + "\n", 3000)));
        using IGuestEventReader reader = GuestEventReaders.Open(new Pipe(text), "x.txt");
        Assert.Equal(3000, Recordings.ReadAll(reader).Count);
    }

    [Fact]
    public void A_binary_file_through_a_pipe_is_refused_with_a_way_out()
    {
        TraceFormatException refusal = Assert.Throws<TraceFormatException>(() => GuestEventReaders.Open(new Pipe(new TraceCmdFileBuilder().BuildVersion6()), "x.dat"));
        Assert.Contains("save it to a file first", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Excerpts))]
    public void Every_excerpt_is_read_to_its_end(string name)
    {
        using IGuestEventReader reader = GuestEventReaders.Open(Recordings.OpenExcerpt(name), name);
        Assert.NotEmpty(Recordings.ReadAll(reader));
        Assert.Equal(0, reader.BadLines);
    }

    public static TheoryData<string> Excerpts => [.. Recordings.ExcerptNames];

    /// <summary>Cannot seek and gives a few bytes at a time.</summary>
    private sealed class Pipe(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1000));
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1000)]);
    }
}
