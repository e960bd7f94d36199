using Workbench.Traces.Importers.Qemu;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Rules of the builder on a few lines each.</summary>
public class QemuTraceBuilderTests
{
    private const string Translate = "vtd_dmar_translate dev 00:01.00 iova 0x1000 -> gpa 0x5000 mask 0xfff";

    [Fact]
    public void A_translation_without_its_hit_or_fill_is_a_fill_of_unknown_permission_and_counted()
    {
        ListSink sink = Read(out QemuTraceBuilder builder, Translate);
        Assert.Equal(["fill 00:01.0 1000+1000 -> 5000 rw", "read 00:01.0 1000+4 ring direction? length?"], sink.Events.Select(e => QemuLogs.Word(e)));
        Assert.Equal(1, builder.Statistics.UnpairedTranslations);
    }

    [Fact]
    public void A_hit_of_another_page_is_not_the_translations()
    {
        ListSink sink = Read(out QemuTraceBuilder builder, "vtd_iotlb_page_hit IOTLB page hit sid 0x8 iova 0x2040 slpte 0x6001 domain 0x3", Translate);
        Assert.Equal("fill 00:01.0 1000+1000 -> 5000 rw", QemuLogs.Word(sink.Events[1]));
        Assert.Equal(1, builder.Statistics.UnpairedTranslations);
    }

    [Fact]
    public void Hits_of_two_threads_do_not_mix()
    {
        byte[] log = System.Text.Encoding.UTF8.GetBytes(
            "1@1.000001:vtd_iotlb_page_hit IOTLB page hit sid 0x8 iova 0x1040 slpte 0x5001 domain 0x3\n" +
            "2@1.000002:vtd_iotlb_page_update IOTLB page update sid 0x10 iova 0x1080 slpte 0x9003 domain 0x4\n" +
            "1@1.000003:vtd_dmar_translate dev 00:01.00 iova 0x1000 -> gpa 0x5000 mask 0xfff\n" +
            "2@1.000004:vtd_dmar_translate dev 00:02.00 iova 0x1000 -> gpa 0x9000 mask 0xfff\n");
        ListSink sink = QemuLogs.Read(log, out _);
        Assert.Equal(["hit 00:01.0 1040+1000 -> 5040 r", "fill 00:02.0 1080+1000 -> 9080 rw"], sink.Events.Where(e => e.Kind == EventKind.Translate).Select(e => QemuLogs.Word(e)));
    }

    [Fact]
    public void A_device_changes_its_domain_where_the_log_shows_another()
    {
        ListSink sink = Read(out _, Hit("0x1000", 3), Translate, Hit("0x1000", 3), Translate, Hit("0x1000", 4), Translate);
        Assert.Equal(["attach 00:01.0 3", "attach 00:01.0 4"], sink.Events.Where(e => e.Kind == EventKind.Attach).Select(e => QemuLogs.Word(e)));
    }

    // Only an equal end makes it the same element: the second element here begins inside the first and ends elsewhere.
    [Theory]
    [InlineData("0x2000:1000 write:0", "1000+1000", "2000+1000")]
    [InlineData("0x2000:800 write:0", "1000+2000", "2000+800")]
    [InlineData("0x2000:1000 write:1", "1000+2000", "2000+1000")]
    [InlineData("0x1000:2000 write:0", "1000+2000", "1000+2000")]
    public void A_line_continues_an_element_if_end_and_direction_agree(string second, string first, string next)
    {
        ListSink sink = Read(out _, "address_space_map as:0x9 addr 0x1000:2000 write:0 attrs:0x0", Hit("0x1000", 3), Translate,
            $"address_space_map as:0x9 addr {second} attrs:0x0", Hit("0x2000", 3), "vtd_dmar_translate dev 00:01.00 iova 0x2000 -> gpa 0x5000 mask 0xfff", Hit("0x1000", 3), Translate);
        Assert.Equal([first, next], sink.Events.Where(e => e.IsData).Select(e => $"{e.Iova:x}+{e.Length:x}"));
    }

    [Fact]
    public void An_access_may_end_at_the_last_byte_there_is()
    {
        ListSink sink = Read(out _, "address_space_map as:0x9 addr 0xffffffffffffe000:2000 write:0 attrs:0x0", Hit("0xffffffffffffe000", 3),
            "vtd_dmar_translate dev 00:01.00 iova 0xffffffffffffe000 -> gpa 0x5000 mask 0xfff",
            "address_space_map as:0x9 addr 0xfffffffffffff000:1000 write:0 attrs:0x0", Hit("0xfffffffffffff000", 3),
            "vtd_dmar_translate dev 00:01.00 iova 0xfffffffffffff000 -> gpa 0x6000 mask 0xfff");
        Assert.Equal(["ffffffffffffe000+1000", "fffffffffffff000+1000"], sink.Events.Where(e => e.IsData).Select(e => $"{e.Iova:x}+{e.Length:x}"));
    }

    // Another device translates the same address while the piece is open: not this piece's.
    [Fact]
    public void A_piece_belongs_to_the_first_device_that_translates_it()
    {
        ListSink sink = Read(out _, "address_space_map as:0x9 addr 0x1000:1000 write:1 attrs:0x0", Hit("0x1000", 3), Translate,
            "vtd_iotlb_page_hit IOTLB page hit sid 0x10 iova 0x1000 slpte 0x5003 domain 0x4", "vtd_dmar_translate dev 00:02.00 iova 0x1000 -> gpa 0x5000 mask 0xfff");
        Assert.Equal(["write 00:01.0 1000+1000", "read 00:02.0 1000+4 ring direction? length?"], sink.Events.Where(e => e.IsAccess).Select(e => QemuLogs.Word(e)));
    }

    // A network card whose frame lies on two pages and whose second translation never comes.
    [Fact]
    public void A_received_frame_is_written_even_if_the_log_breaks_off()
    {
        ListSink sink = Read(out _, "e1000e_rx_desc_buff_write buffer #0, addr: 0x1f00, offset: 0, from: 0x1, length: 600", Hit("0x1f00", 3), Translate);
        Assert.Equal(["fill 00:01.0 1f00+1000 -> 5f00 rw", "write 00:01.0 1f00+258"], sink.Events.Skip(1).Select(e => QemuLogs.Word(e)).Select(w => w.Replace("hit", "fill", StringComparison.Ordinal)));
    }

    // A vCPU's thread fetches a descriptor and logs nothing for the rest of the run: the main thread's transfers must come through all the same.
    [Fact]
    public void A_thread_that_falls_silent_holds_nothing_back_for_long()
    {
        System.Text.StringBuilder log = new("8@1.000000:pci_cfg_write e1000e 00:01.0 @0x10 <- 0x0\n8@1.000000:" + Hit("0x9010", 3) + "\n8@1.000000:vtd_dmar_translate dev 00:01.00 iova 0x9000 -> gpa 0x5000 mask 0xfff\n");
        for (int i = 0; i < 5000; i++)
            log.Append("7@1.000000:address_space_map as:0x9 addr 0x1000:100 write:0 attrs:0x0\n7@1.000000:" + Hit("0x1000", 3) + "\n7@1.000000:" + Translate + "\n");
        ListSink sink = QemuLogs.Read(System.Text.Encoding.UTF8.GetBytes(log.ToString()), out QemuTraceBuilder builder);
        Assert.Equal((5000, 0), (sink.Events.Count(e => e.IsData), builder.Statistics.UntranslatedMaps));
    }

    // The firmware's disk keeps its address space's last piece open for ever; a long element of another must not be settled in its midst.
    [Fact]
    public void An_element_of_many_pieces_is_not_settled_in_its_midst()
    {
        List<string> lines = ["address_space_map as:0x1 addr 0x7000:10 write:0 attrs:0x0", Hit("0x7000", 3), "vtd_dmar_translate dev 00:01.00 iova 0x7000 -> gpa 0x5000 mask 0xfff"];
        for (ulong at = 0; at < 3000; at++)
            lines.AddRange([$"address_space_map as:0x2 addr 0x{0x100000 + (at << 12):x}:{(3000 - at) << 12:x} write:1 attrs:0x0", Hit($"0x{0x100000 + (at << 12):x}", 3), $"vtd_dmar_translate dev 00:01.00 iova 0x{0x100000 + (at << 12):x} -> gpa 0x5000 mask 0xfff"]);
        ListSink sink = Read(out _, [.. lines]);
        Assert.Equal(3000, sink.Events.Count(e => e.Kind == EventKind.Write && e.Length == 4096));
        Assert.Equal(3000 * 4096, sink.Events.Where(e => e.Kind == EventKind.Write).Sum(e => (long)e.Length));
    }

    [Fact]
    public void What_waits_is_bounded_however_long_a_piece_stays_open()
    {
        List<string> lines = ["pci_cfg_write e1000e 00:01.0 @0x10 <- 0x0", "address_space_map as:0x1 addr 0x7000:10 write:0 attrs:0x0"];
        for (int i = 0; i < 5000; i++) lines.AddRange([Hit("0x1010", 3), Translate]);
        CountingSink sink = new();
        QemuTraceBuilder builder = new(sink);
        QemuEvent e = default;
        long number = 0;
        foreach (string line in lines)
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes("7@1.000000:" + line);
            Assert.True(QemuLogParser.TryParse(text, ref e));
            builder.Add(ref e, ++number, text);
        }
        Assert.InRange(sink.Count, 1, long.MaxValue);
        builder.Finish();
        Assert.Equal(10_001, sink.Count);
    }

    private static string Hit(string iova, int domain) => $"vtd_iotlb_page_hit IOTLB page hit sid 0x8 iova {iova} slpte 0x5003 domain 0x{domain:x}";

    private static ListSink Read(out QemuTraceBuilder builder, params string[] lines) => QemuLogs.Read(QemuLogs.Log(lines), out builder);

    private sealed class CountingSink : Workbench.Traces.Importers.ITraceSink
    {
        public long Count { get; private set; }
        public int AddText(string text) => 0;
        public void Append(in TraceEvent traceEvent, long sourceLine = 0) => Count++;
    }
}
