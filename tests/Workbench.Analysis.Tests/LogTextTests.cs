using System.IO.Compression;
using System.Text;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class LogTextTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-log-").FullName;

    private string this[string name] => Path.Combine(folder, name);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("one\ntwo\n", "one|two")]
    [InlineData("one\r\n\r\ntwo", "one||two")]
    [InlineData("\n", "")]
    [InlineData("µs \ud83d\ude80\n", "µs \ud83d\ude80")]
    public void Lines_come_as_they_stand_without_their_ends(string content, string lines)
    {
        File.WriteAllText(this["a.log"], content);
        Assert.Equal(lines, string.Join('|', LogText.Lines(this["a.log"])));
    }

    [Fact]
    public void Compression_is_told_by_content_and_not_by_name()
    {
        File.WriteAllBytes(this["a.log"], Gzip("one\ntwo\n"));
        Assert.Equal(["one", "two"], LogText.Lines(this["a.log"]));
        File.Copy(Repository.PathOf("data", "raw", "intel-vfio-nested.ftrace.txt.xz"), this["b.log"]);
        Assert.Equal("# tracer: nop", LogText.Lines(this["b.log"]).First());
    }

    [Fact]
    public void Lines_may_be_read_twice_and_a_reader_that_stops_early_lets_go_of_the_file()
    {
        File.WriteAllText(this["a.log"], "one\ntwo\n");
        IEnumerable<string> lines = LogText.Lines(this["a.log"]);
        Assert.Equal("one", lines.First());
        Assert.Equal("one", lines.First());
        using FileStream alone = new(this["a.log"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(8, alone.Length);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        TraceFormatException error = Assert.Throws<TraceFormatException>(() => LogText.Lines(this["none.log"]).ToArray());
        Assert.StartsWith(this["none.log"] + ": cannot be read (", error.Message, StringComparison.Ordinal);
        Assert.Throws<TraceFormatException>(() => LogText.Lines(folder).ToArray());
    }

    [Fact]
    public void An_empty_file_and_a_damaged_one_are_told()
    {
        File.WriteAllText(this["empty.log"], "");
        Assert.Contains("empty.log: the file is empty", Assert.Throws<TraceFormatException>(() => LogText.Lines(this["empty.log"]).ToArray()).Message, StringComparison.Ordinal);
        byte[] whole = Gzip(string.Concat(Enumerable.Range(0, 5_000).Select(i => $"line {i * 7919 % 5003}\n")));
        File.WriteAllBytes(this["half.gz"], whole[..(whole.Length / 2)]);
        Assert.Contains("half.gz", Assert.Throws<TraceFormatException>(() => LogText.Lines(this["half.gz"]).ToArray()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void No_path_is_refused_at_once_and_not_when_the_first_line_is_asked_for(string? path) =>
        Assert.Equal("path", Assert.ThrowsAny<ArgumentException>(() => LogText.Lines(path!)).ParamName);

    private static byte[] Gzip(string text)
    {
        using MemoryStream bytes = new();
        using (GZipStream gzip = new(bytes, CompressionLevel.Optimal)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }
}
