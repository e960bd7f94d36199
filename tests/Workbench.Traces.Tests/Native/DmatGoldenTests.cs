using System.Globalization;
using System.Text;
using Workbench.Iommu;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Traces.Tests.Native;

public class DmatGoldenTests
{
    /// <summary>The worked example of docs/trace-format.md: every stream is short enough to be stored raw.</summary>
    internal static readonly TraceEvent[] Example =
    [
        TraceEvent.Map(1000, new(8), 0x1000, 4096, 0x9000, Permission.ReadWrite),
        TraceEvent.Write(1250, new(8), 0x1040, 1500),
        TraceEvent.Write(1300, new(8), 0x1010, 16, EventFlags.Ring),
        TraceEvent.Write(1300, new(8), 0x1640, 1500),
    ];

    /// <summary>Every kind, two devices, PASIDs, lines, texts and several blocks.</summary>
    internal static byte[] EveryKind()
    {
        RequesterId nic = new(8), disk = RequesterId.Of(0x81, 2, 3);
        DomainId domain = new(3);
        MemoryStream stream = new();
        using DmatWriter writer = new(stream, 3, leaveOpen: true, capacity: 32, null);
        writer.Append(TraceEvent.Mark(-5, (ulong)writer.AddText("größer")), 1);
        writer.Append(TraceEvent.Attach(0, nic, domain), 2);
        writer.Append(TraceEvent.Attach(0, disk, domain, EventFlags.Inferred, pasid: Pasid.MaxValue), 3);
        for (int i = 0; i < 50; i++)
        {
            long now = 100 + (i * 1000L);
            ulong page = 0xFFFF_F000UL - ((ulong)i * 4096);
            writer.Append(TraceEvent.Map(now, nic, page, 4096, (ulong)i * 0x3000, Permission.Write), 4 + i);
            writer.Append(TraceEvent.Translate(now + 10, nic, page, 4096, (ulong)i * 0x3000, Permission.Write, hit: i % 2 == 0));
            writer.Append(TraceEvent.Write(now + 10, nic, page + 64, 1500, EventFlags.LengthInferred));
            writer.Append(TraceEvent.Read(now + 20, disk, ulong.MaxValue, 1, EventFlags.Ring, pasid: 0));
            writer.Append(TraceEvent.Unmap(now + 30, nic, page, 4096), 4 + i);
            writer.Append(TraceEvent.InvalidateRange(now + 31, domain, page, 4096));
        }
        writer.Append(TraceEvent.InvalidateDomain(60_000, domain));
        writer.Append(TraceEvent.InvalidateAll(60_000));
        writer.Append(TraceEvent.Mark(long.MaxValue, (ulong)writer.AddText("end")));
        writer.Append(TraceEvent.Mark(long.MaxValue, (ulong)writer.AddText("größer")));
        writer.Complete(Dmat.Provenance);
        return stream.ToArray();
    }

    private static byte[] ExampleFile() => Dmat.Write(Example, provenance: new() { Title = "Example" });

    [Fact]
    public void An_empty_trace_has_these_bytes() => Golden.Matches("empty.dmat", Dmat.Write([], provenance: new() { Title = "Empty" }));

    [Fact]
    public void The_worked_example_has_these_bytes() => Golden.Matches("example.dmat", ExampleFile());

    [Fact]
    public void A_trace_of_every_kind_has_these_bytes() => Golden.Matches("every-kind.dmat", EveryKind());

    [Theory]
    [InlineData("empty.dmat", 0)]
    [InlineData("example.dmat", 4)]
    [InlineData("every-kind.dmat", 307)]
    public void Golden_files_are_whole(string name, long events)
    {
        using FileStream stream = File.OpenRead(Path.Combine(Golden.Root, "tests", "data", "golden", name));
        DmatVerification report = DmatVerifier.Verify(stream, name);
        Assert.Empty(report.Problems);
        Assert.Equal(events, report.Events);
    }

    [Fact]
    public void Every_flipped_bit_of_a_golden_file_is_reported()
    {
        byte[] file = ExampleFile();
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Dmat.Verify(file).IsGood, $"bit {bit % 8} of byte {bit / 8}");
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void The_documentation_shows_the_example_as_it_is()
    {
        StringBuilder dump = new();
        byte[] file = ExampleFile();
        for (int at = 0; at < file.Length; at += 16)
        {
            dump.Append(CultureInfo.InvariantCulture, $"{at:x4} ");
            foreach (byte b in file.AsSpan(at, Math.Min(16, file.Length - at))) dump.Append(CultureInfo.InvariantCulture, $" {b:x2}");
            dump.Append('\n');
        }
        string document = File.ReadAllText(Path.Combine(Golden.Root, "docs", "trace-format.md"));
        Assert.True(document.Contains(dump.ToString(), StringComparison.Ordinal), "docs/trace-format.md does not contain this dump:\n" + dump);
    }
}
