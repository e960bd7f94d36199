using Workbench.Traces.Importers;
using Workbench.Traces.Tests.Guest;
using Workbench.Traces.Tests.Importers;
using Xunit;

namespace Workbench.Traces.Tests.Join;

/// <summary>Whole recordings joined: how many translations of the work window fall into a mapping that was live, to the frame it was mapped to.</summary>
public sealed class WholeJoinTests(JoinedRecordings recordings) : IClassFixture<JoinedRecordings>, IDisposable
{
    private readonly Imports imports = new();

    public void Dispose() => imports.Dispose();

    // Translations of the window by the script that comes with the recordings. Its own join counts all of them inside in the strict traces
    // and 315,654 of the pair's; it does not try AMD-Vi, VFIO and the two recorded by other tools.
    [Theory]
    [InlineData("intel-nvme-seqwrite.ftrace.txt", 89_053, 89_053)]
    [InlineData("intel-nvme-randrw.ftrace.txt", 119_223, 119_223)]
    [InlineData("intel-e1000e-slirp.ftrace.txt", 170_167, 170_167)]
    [InlineData("intel-mkfs-copy.ftrace.txt", 80_933, 80_933)]
    [InlineData("smmuv3-nvme-randrw.ftrace.txt", 60_056, 60_056)]
    [InlineData("sid-nvme-randrw.ftrace.txt", 73_557, 73_557)]
    [InlineData("amd-nvme-randrw.ftrace.txt", 122_663, 122_663)]
    [InlineData("intel-nic-pair.ftrace.txt", 315_692, 315_654)]
    // trace-cmd and perf were started after the driver had mapped its rings: only the data (data_translations) can be inside.
    [InlineData("intel-tracecmd.trace-cmd.txt", 15_539, 7_137)]
    [InlineData("intel-tracecmd.trace-cmd.dat", 15_539, 7_137)]
    [InlineData("intel-perf.perf.txt", 14_227, 6_144)]
    public void Translations_of_the_window_fall_into_live_mappings(string guest, long translations, long leastInside)
    {
        ImportReport report = recordings.Of(guest).Report;
        Assert.Equal((translations, 0), (report.WindowTranslations, report.BadLines));
        Assert.InRange(report.WindowInside, leastInside, translations);
    }

    // Whatever the join found, the trace can be replayed as it stands: at each translation its page is mapped to the frame it gave.
    [Theory]
    [InlineData("intel-nvme-randrw.ftrace.txt")]
    [InlineData("intel-vfio-nested.ftrace.txt")]
    [InlineData("amd-nvme-randrw.ftrace.txt")]
    [InlineData("intel-nic-pair.ftrace.txt")]
    public void Every_access_finds_its_pages_mapped(string guest)
    {
        List<TraceEvent> events = recordings.Of(guest).Events;
        Dictionary<(ushort, ulong), ulong> frames = [];
        long unmapped = 0;
        foreach (TraceEvent e in events)
        {
            ulong first = e.Iova >> 12, last = (e.Iova + Math.Max(e.Length, 1) - 1) >> 12;
            if (e.Kind == EventKind.Map)
                for (ulong page = first; page <= last; page++) frames[(e.Device.Value, page)] = (e.Target >> 12) + (page - first);
            else if (e.Kind == EventKind.Unmap)
                for (ulong page = first; page <= last; page++) frames.Remove((e.Device.Value, page));
            else if (e.Kind == EventKind.Translate)
                Assert.True(frames.TryGetValue((e.Device.Value, first), out ulong frame) && frame == e.Target >> 12, QemuLogs.Word(e));
            else if (e.IsAccess)
                for (ulong page = first; page <= last; page++) unmapped += frames.ContainsKey((e.Device.Value, page)) ? 0 : 1;
        }
        Assert.Equal(0, unmapped);
    }

    [Fact]
    public void Importing_twice_gives_the_same_bytes()
    {
        JoinedRecordings.Import(imports, "intel-tracecmd.trace-cmd.txt");
        byte[] first = File.ReadAllBytes(imports.Target);
        JoinedRecordings.Import(imports, "intel-tracecmd.trace-cmd.txt");
        Assert.True(first.AsSpan().SequenceEqual(File.ReadAllBytes(imports.Target)));
    }

    [Fact]
    public void A_guest_trace_of_another_run_is_refused_or_seen_to_fit_badly()
    {
        try
        {
            ImportReport report = imports.Run(Recordings.File("intel-nvme-randrw.qemu.log.xz"), Recordings.File("intel-nvme-seqwrite.ftrace.txt.xz"));
            Assert.InRange(report.Provenance.Join!.InsideLiveMapping, 0, report.Provenance.Join.Accesses / 2);
        }
        catch (TraceFormatException wrong)
        {
            Assert.Contains("same run", wrong.Message, StringComparison.Ordinal);
        }
    }
}
