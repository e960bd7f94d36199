using Workbench.Traces.Importers;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

public sealed class InputFileTests : IDisposable
{
    private const string Name = "intel-e1000e-slirp";
    private readonly Imports imports = new();

    public void Dispose() => imports.Dispose();

    public static TheoryData<string> Packings => ["plain", "gz", "zst", "xz", "blocks", "streams", "gz twice", "zst twice"];

    private static byte[] Packed(string how)
    {
        byte[] plain = QemuLogs.Excerpt(Name);
        return how switch
        {
            "gz" => Imports.Gzip(plain),
            "zst" => Imports.Zstd(plain),
            "xz" => Imports.Xz(Name),
            "blocks" or "streams" => Imports.Xz(how),
            // Both formats allow several members one after the other, as parallel packers write them.
            "gz twice" => [.. Imports.Gzip(plain[..5000]), .. Imports.Gzip(plain[5000..])],
            "zst twice" => [.. Imports.Zstd(plain[..5000]), .. Imports.Zstd(plain[5000..])],
            _ => plain,
        };
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public void Content_is_the_same_however_it_is_packed(string how)
    {
        InputFile file = imports.File("x.log", Packed(how));
        using MemoryStream content = new();
        using (Stream stream = file.Open()) stream.CopyTo(content);
        Assert.Equal(QemuLogs.Excerpt(Name), content.ToArray());
        using Stream seekable = file.OpenSeekable();
        Assert.Equal((true, content.Length), (seekable.CanSeek, seekable.Length));
        Assert.Equal(content.Length, file.Digest().Bytes);
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public void Events_are_the_same_however_the_log_is_packed(string how)
    {
        imports.Run(imports.File("x.log", QemuLogs.Excerpt(Name)));
        List<TraceEvent> expected = imports.Events();
        imports.Run(imports.File("y.log", Packed(how)));
        Assert.Equal(expected, imports.Events());
        Assert.True(expected.Count > 80);
    }

    // However a packed file was cut short: an error, never fewer events.
    [Theory]
    [InlineData("gz")]
    [InlineData("zst")]
    [InlineData("xz")]
    [InlineData("blocks")]
    [InlineData("streams")]
    [InlineData("gz twice")]
    [InlineData("zst twice")]
    public void A_packed_file_cut_short_is_refused_wherever_the_cut_is(string how)
    {
        byte[] whole = Packed(how);
        int[] ends = [.. Ends(how, whole)];
        for (int kept = 7; kept < whole.Length; kept += kept > whole.Length - 40 || ends.Any(end => Math.Abs(end - kept) < 30) ? 1 : 29)
        {
            // Between two members nothing is missing that could be known of.
            if (ends.Contains(kept)) continue;
            TraceFormatException wrong = Refused(imports.File("cut.log", whole[..kept]), $"{how} cut to {kept} of {whole.Length}");
            Assert.StartsWith("cut.log", wrong.Message, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<int> Ends(string how, byte[] whole) => how switch
    {
        "gz twice" => [Imports.Gzip(QemuLogs.Excerpt(Name)[..5000]).Length],
        "zst twice" => [Imports.Zstd(QemuLogs.Excerpt(Name)[..5000]).Length],
        "streams" => Enumerable.Range(8, whole.Length - 8).Where(at => whole.AsSpan(at).StartsWith(whole.AsSpan(0, 6))),
        _ => [],
    };

    // A changed byte is found out, or was in a place that does not matter (a name, a time, padding).
    [Theory]
    [InlineData("gz")]
    [InlineData("xz")]
    [InlineData("blocks")]
    public void A_changed_byte_never_changes_the_content(string how)
    {
        byte[] whole = Packed(how), plain = QemuLogs.Excerpt(Name);
        for (int at = 6; at < whole.Length; at += 13)
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0x10;
            InputFile file = imports.File("changed.log", changed);
            try
            {
                using MemoryStream content = new();
                using (Stream stream = file.Open()) stream.CopyTo(content);
                Assert.True(plain.AsSpan().SequenceEqual(content.ToArray()), $"{how} byte {at}: other content, and nothing said");
            }
            catch (TraceFormatException wrong)
            {
                Assert.Contains("changed.log", wrong.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_missing_file_a_folder_and_an_empty_file_are_named()
    {
        Assert.Contains("nowhere.log", Refused(new(Path.Combine(imports.Folder, "nowhere.log")), "missing").Message, StringComparison.Ordinal);
        Assert.Contains(imports.Folder, Refused(new(imports.Folder), "folder").Message, StringComparison.Ordinal);
        Assert.Contains("empty", Refused(imports.File("e.log", []), "empty").Message, StringComparison.Ordinal);
    }

    private static TraceFormatException Refused(InputFile file, string what)
    {
        try
        {
            using Stream stream = file.Open();
            stream.CopyTo(Stream.Null);
        }
        catch (TraceFormatException wrong)
        {
            return wrong;
        }
        throw new Xunit.Sdk.XunitException(what + " was read as if it were whole.");
    }
}
