using System.Text;
using CsCheck;
using Workbench.Traces.Exporters;
using Workbench.Traces.Importers.Csv;
using Workbench.Traces.Native;
using Workbench.Traces.Tests.Native;
using Xunit;

namespace Workbench.Traces.Tests.Exporters;

public class CsvTests
{
    private static CsvTraceReader Reader(string body, bool skipBad = false) => new(new MemoryStream(Encoding.UTF8.GetBytes(CsvTraceWriter.Header + "\n" + body)), "t.csv", skipBad);

    private static TraceEvent[] All(CsvTraceReader reader)
    {
        TraceEvent[] events = new TraceEvent[1000];
        return events[..reader.Read(events)];
    }

    private static byte[] ToDmat(byte[] csv)
    {
        using CsvTraceReader reader = new(new MemoryStream(csv), "t.csv");
        MemoryStream stream = new();
        using DmatWriter writer = new(stream, leaveOpen: true);
        reader.CopyTo(writer);
        writer.Complete(Dmat.Provenance);
        return stream.ToArray();
    }

    [Fact]
    public void Random_traces_come_back_as_they_were() => TraceGen.Trace(200).Sample(trace =>
    {
        byte[] file = Dmat.Write(trace, 65_536, out _);
        Assert.Equal(file, ToDmat(ExportSamples.Export(TraceExportFormat.Csv, file)));
    }, iter: 500);

    [Fact]
    public void Every_kind_has_these_lines() => Golden.Matches("every-kind.csv", ExportSamples.Export(TraceExportFormat.Csv, DmatGoldenTests.EveryKind()));

    [Fact]
    public void A_line_written_by_hand_is_read()
    {
        using CsvTraceReader reader = Reader("100,Write,0000:00:01.0,,4096,0x40,,8,,17\r\n\n200,Mark,,,,,,0,plain,\n");
        TraceEvent[] events = All(reader);
        Assert.Equal([TraceEvent.Write(100, new(8), 0x1000, 64, EventFlags.Ring), TraceEvent.Mark(200, 0)], events);
        Assert.Equal("plain", reader.TextOf(events[1]));
    }

    [Theory]
    [InlineData("x,Read,00:01.0,,0x0,64,,0,,", "time_ns")]
    [InlineData("1,Reed,00:01.0,,0x0,64,,0,,", "kind")]
    [InlineData("1,Read,00:21.0,,0x0,64,,0,,", "device")]
    [InlineData("1,Read,,,0x0,64,,0,,", "device")]
    [InlineData("1,Read,00:01.0,1048576,0x0,64,,0,,", "pasid")]
    [InlineData("1,Read,00:01.0,,0x1ffffffffffffffff,64,,0,,", "iova")]
    [InlineData("1,Read,00:01.0,,,64,,0,,", "iova")]
    [InlineData("1,InvalidateAll,,,0x0,,,0,,", "iova")]
    [InlineData("1,Read,00:01.0,,0x0,0,,0,,", "length")]
    [InlineData("1,Read,00:01.0,,0x0,-1,,0,,", "length")]
    [InlineData("1,Read,00:01.0,,0x0,64,5,0,,", "target")]
    [InlineData("1,Map,00:01.0,,0x0,64,,0,,", "target")]
    [InlineData("1,Attach,00:01.0,,,,65536,0,,", "target")]
    [InlineData("1,Read,00:01.0,,0x0,64,,256,,", "flags")]
    [InlineData("1,Read,00:01.0,,0x0,64,,,,", "flags")]
    [InlineData("1,Read,00:01.0,,0x0,64,,0,text,", "text")]
    [InlineData("1,Mark,,,,,,0,\"open,", "text")]
    [InlineData("1,Mark,,,,,,0,\"a\"b,", "text")]
    [InlineData("1,Mark,,,,,,0,\"a\"", "text")]
    [InlineData("1,Mark,,,,,,0,a\\x,", "text")]
    [InlineData("1,Mark,,,,,,0,\"a\\\",", "text")]
    [InlineData("1,Read,00:01.0,,0x0,64,,0,,z", "line")]
    [InlineData("1,Read,00:01.0,,0x0,64,,0,,1,2", "line")]
    [InlineData("1,Read,00:01.0,,0x0", "iova")]
    [InlineData("99,Read,00:01.0,,0x0,64,,0,,\n98,Read,00:01.0,,0x0,64,,0,,", "time_ns")]
    public void A_bad_line_is_named_with_its_column_and_can_be_skipped(string body, string column)
    {
        int lineNumber = body.Contains('\n', StringComparison.Ordinal) ? 3 : 2;
        using CsvTraceReader strict = Reader(body + "\n");
        string message = Assert.Throws<TraceFormatException>(() => All(strict)).Message;
        Assert.Contains($"line {lineNumber}, column {column}:", message, StringComparison.Ordinal);
        using CsvTraceReader lenient = Reader(body + "\n100,Read,00:01.0,,0x0,64,,0,,\n", skipBad: true);
        Assert.Equal(TraceEvent.Read(100, new(8), 0, 64), All(lenient)[^1]);
        Assert.Equal(1, lenient.SkippedLines);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("time,kind\n", "line 1")]
    public void A_file_without_the_header_is_refused(string content, string expected) =>
        Assert.Contains(expected, Assert.Throws<TraceFormatException>(() => new CsvTraceReader(new MemoryStream(Encoding.UTF8.GetBytes(content)), "t.csv")).Message, StringComparison.Ordinal);

    [Fact]
    public void Random_damage_gives_the_format_exception_or_a_trace_that_can_be_written() =>
        Gen.Select(TraceGen.Trace(40), Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 5], Gen.Bool).Sample((trace, flips, skipBad) =>
        {
            byte[] csv = ExportSamples.Export(TraceExportFormat.Csv, Dmat.Write(trace, 65_536, out _));
            foreach ((int at, byte value) in flips) csv[at % csv.Length] = value;
            try
            {
                using CsvTraceReader reader = new(new MemoryStream(csv), "t.csv", skipBad);
                using DmatWriter writer = new(new MemoryStream());
                reader.CopyTo(writer);
            }
            catch (TraceFormatException)
            {
            }
        }, iter: 1000);
}
