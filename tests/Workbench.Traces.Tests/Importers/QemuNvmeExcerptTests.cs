using Workbench.Traces.Importers.Qemu;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Stretches of real logs with an NVMe controller; the expected events were worked out by reading the log. Numbers before a comment are lines of the excerpt.</summary>
public class QemuNvmeExcerptTests
{
    private const string Ring = " ring direction? length?";

    // Identify (35-42, 48-55), then a feature read of 8 bytes from a page the device may not write (61-68). The log names the queues of
    // the admin commands nowhere: 64 bytes are read before a command, 16 written after it; an identify writes 4 KiB.
    [Fact]
    public void Admin_commands_are_read_their_data_and_completions_written()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-nvme-randrw"), out QemuTraceBuilder builder);
        Assert.Equal(
        [
            "inv 3 fffff000+1000", "inv 3 ffffe000+1000", "inv 3 ffffd000+1000", "attach 00:01.0 3",
            "fill 00:01.0 ffffe000+1000 -> d7c0000 rw", "read 00:01.0 ffffe000+40" + Ring,
            "fill 00:01.0 ffffd000+1000 -> 18a4000 rw", "write 00:01.0 ffffd000+1000 direction?",
            "fill 00:01.0 fffff000+1000 -> d7bc000 rw", "write 00:01.0 fffff000+10" + Ring,
            "inv 3 ffffd000+1000", "inv 3 ffffc000+1000",
            "hit 00:01.0 ffffe040+1000 -> d7c0040 rw", "read 00:01.0 ffffe040+40" + Ring,
            "fill 00:01.0 ffffc000+1000 -> 18a6000 rw", "write 00:01.0 ffffc000+1000 direction?",
            "hit 00:01.0 fffff010+1000 -> d7bc010 rw", "write 00:01.0 fffff010+10" + Ring,
            "inv 3 ffffc000+1000", "inv 3 ffffb000+1000",
            "hit 00:01.0 ffffe080+1000 -> d7c0080 rw", "read 00:01.0 ffffe080+40" + Ring,
            "fill 00:01.0 ffffb000+1000 -> d7c1000 r", "read 00:01.0 ffffb000+8",
            "hit 00:01.0 fffff020+1000 -> d7bc020 rw", "write 00:01.0 fffff020+10" + Ring,
        ], QemuLogs.Words(sink, 27, 68));
        Assert.Equal((327, 0, QemuDialect.Vtd), (builder.Statistics.Lines, builder.Statistics.BadLines, builder.Statistics.Dialect));
        Assert.Equal("nvme", builder.DeviceNames[new(8)]);
    }

    // 145 doorbell, 147 submission entry, 154 one element of 128 KiB whose 32 pages lie together (so one line), 220 event index, 222 doorbell.
    [Fact]
    public void A_write_command_reads_its_buffer_in_one_piece_after_its_translations()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-nvme-randrw"), out _);
        string[] words = QemuLogs.Words(sink, 142, 222);
        Assert.Equal(["inv 3 fff80000+20000", "hit 00:01.0 ffff8008+1000 -> d7c4008 rw", "read 00:01.0 ffff8008+4" + Ring, "fill 00:01.0 fffe0000+1000 -> d7cb000 rw", "read 00:01.0 fffe0000+40" + Ring], words[..5]);
        // 0xddab000 is the first frame; the pages follow each other in both spaces.
        Assert.Equal(Enumerable.Range(0, 32).Select(i => $"fill 00:01.0 {0xfff80000 + (i * 0x1000L):x}+1000 -> {0xddab000 + (i * 0x1000):x} r"), words[5..37]);
        Assert.Equal("read 00:01.0 fff80000+20000", words[37]);
        Assert.Equal("hit 00:01.0 ffff7008+1000 -> d7c5008 rw", words[38]);
        int at = sink.Events.FindIndex(e => e.Length == 0x20000 && e.Kind == EventKind.Read);
        // The access has the time of its last translation (line 218), 147 us after its own line.
        Assert.Equal(sink.Events[at - 1].TimeNs, sink.Events[at].TimeNs);
        Assert.Equal((154L, 218L), (sink.Lines[at], sink.Lines[at - 1]));
    }

    // 247-: an element of 128 KiB mapped piece by piece, each line naming what is left: fff80000:20000, fff81000:1f000, ... fff8e000:12000.
    [Fact]
    public void A_piece_of_a_scatter_element_ends_where_the_next_begins()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-nvme-randrw"), out _);
        string[] words = QemuLogs.Words(sink, 247, 262);
        Assert.Equal(
        [
            "fill 00:01.0 fff80000+1000 -> b7f2000 rw", "fill 00:01.0 fff81000+1000 -> b7f4000 rw", "write 00:01.0 fff80000+1000",
            "hit 00:01.0 fff81000+1000 -> b7f4000 rw", "fill 00:01.0 fff82000+1000 -> b7f3000 rw", "write 00:01.0 fff81000+1000",
            "hit 00:01.0 fff82000+1000 -> b7f3000 rw", "fill 00:01.0 fff83000+1000 -> b7f5000 rw", "write 00:01.0 fff82000+1000",
            // Line 262 is the fourth piece, settled below.
            "write 00:01.0 fff83000+1000",
        ], words);
        // 14 pieces of a page; the last, fff8e000:12000, is whole: the excerpt ends within it.
        Assert.Equal(0x20000L, sink.Events.Where(e => e.Kind == EventKind.Write && e.IsData && e.Iova >= 0xfff80000).Sum(e => (long)e.Length) - (0x2000 + 0x200));
        Assert.Contains("write 00:01.0 fff8e000+12000", QemuLogs.Words(sink, 1, 327));
        Assert.Equal("mark mark 9", QemuLogs.Word(sink.Events[^1], sink.Texts));
    }

    // The counts are of the lines' names in the text.
    [Theory]
    [InlineData("intel-nvme-randrw")]
    [InlineData("intel-vfio-nested")]
    [InlineData("sid-nvme-randrw")]
    [InlineData("amd-nvme-randrw")]
    [InlineData("smmuv3-nvme-randrw")]
    [InlineData("intel-nic-pair")]
    [InlineData("intel-e1000e-slirp")]
    public void Every_translation_is_there_and_time_never_decreases(string name)
    {
        byte[] log = QemuLogs.Excerpt(name);
        string[] lines = System.Text.Encoding.UTF8.GetString(log).Split('\n');
        ListSink sink = QemuLogs.Read(log, out QemuTraceBuilder builder);
        Assert.Equal(Count("vtd_dmar_translate", "amdvi_translation_result", "smmuv3_translate_success"), sink.Events.Count(e => e.Kind == EventKind.Translate));
        Assert.Equal(Count("vtd_iotlb_page_hit", "amdvi_iotlb_hit", "smmu_iotlb_lookup_hit"), sink.Events.Count(e => e.Kind == EventKind.Translate && (e.Flags & EventFlags.Hit) != 0) + Loose(name));
        Assert.Equal(0, builder.Statistics.UnpairedTranslations);
        for (int i = 1; i < sink.Events.Count; i++) Assert.True(sink.Events[i].TimeNs >= sink.Events[i - 1].TimeNs);

        int Count(params string[] names) => lines.Count(line => names.Any(line.Contains));
    }

    // The excerpt of the pair ends a stretch (line 102) between a hit and its translation.
    private static int Loose(string name) => name == "intel-nic-pair" ? 1 : 0;

    // 26 doorbell of queue 2, ... the translations of a 7.2 guest's log read like any other's.
    [Fact]
    public void A_newer_guest_changes_nothing()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("sid-nvme-randrw"), out _);
        Assert.Equal(
        [
            "mark mark 2", "inv 3 fffa0000+20000", "inv 3 fff80000+20000", "attach 00:01.0 3",
            "hit 00:01.0 ffff8010+1000 -> 48f8010 rw", "read 00:01.0 ffff8010+4" + Ring, "hit 00:01.0 fffc00c0+1000 -> 48fc0c0 rw", "read 00:01.0 fffc00c0+40" + Ring,
            "fill 00:01.0 fffa0000+1000 -> 4c971000 r", "fill 00:01.0 fffa1000+1000 -> 4c970000 r", "read 00:01.0 fffa0000+1000",
            "hit 00:01.0 fffa1000+1000 -> 4c970000 r", "fill 00:01.0 fffa2000+1000 -> 4c96f000 r", "read 00:01.0 fffa1000+1000",
        ], QemuLogs.Words(sink, 6, 30));
    }

    // One command of 64 KiB: the list of 16 addresses is read (49), then 16 separate pages, all within large pages the guest mapped once.
    [Fact]
    public void Under_vfio_a_translation_is_of_a_large_page_and_the_access_of_its_own_bytes()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-vfio-nested"), out _);
        Assert.Equal(
        [
            "hit 00:01.0 4f7b008+200000 -> 11297b008 rw", "read 00:01.0 4f7b008+4" + Ring,
            "hit 00:01.0 4f30000+200000 -> 112930000 rw", "read 00:01.0 4f30000+40" + Ring,
            "hit 00:01.0 4fd7000+200000 -> 1129d7000 rw", "write 00:01.0 4fd7000+1000",
        ], QemuLogs.Words(sink, 9, 21));
        int list = Array.FindIndex([.. sink.Events], e => e.Iova == 0x5479000);
        Assert.Equal(["fill 00:01.0 5479000+200000 -> 113279000 rw", "read 00:01.0 5479000+80" + Ring, "fill 00:01.0 2bf7000+200000 -> 1059f7000 rw", "read 00:01.0 2bf7000+1000"],
            sink.Events.Skip(list).Take(4).Select(e => QemuLogs.Word(e)));
        Assert.Equal(65536, sink.Events.Where(e => e.IsData && e.Kind == EventKind.Read).Sum(e => (long)e.Length));
        Assert.Equal(4096, sink.Events.Where(e => e.IsData && e.Kind == EventKind.Write).Sum(e => (long)e.Length));
    }
}
