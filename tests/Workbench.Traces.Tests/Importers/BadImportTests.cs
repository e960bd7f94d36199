using System.Text;
using Workbench.Traces.Importers;
using Workbench.Traces.Tests.Guest;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Wrong input gives one message that says where, what and what to do, and leaves no file behind.</summary>
public sealed class BadImportTests : IDisposable
{
    private const string Fill = "vtd_iotlb_page_update IOTLB page update sid 0x8 iova 0x1000 slpte 0x5003 domain 0x3";
    private const string Done = "vtd_dmar_translate dev 00:01.00 iova 0x1000 -> gpa 0x5000 mask 0xfff";
    private readonly Imports imports = new();

    public void Dispose() => imports.Dispose();

    private void Refused(InputFile? qemu, InputFile? guest, params string[] parts)
    {
        TraceFormatException wrong = Assert.Throws<TraceFormatException>(() => imports.Run(qemu, guest));
        foreach (string part in parts) Assert.Contains(part, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong.Message, char.IsControl);
        Assert.Empty(imports.Left);
    }

    private InputFile Guest(params string[] lines) => imports.File("guest.txt", Recordings.Text(lines).ToArray());

    private InputFile Qemu(params string[] lines) => imports.File("qemu.log", QemuLogs.Log(lines));

    private static string Line(string time, string text) => $"  t-1 [000] ..... {time}: {text}";

    [Fact]
    public void Nothing_to_import_says_what_to_name() => Refused(null, null, "--qemu", "--ftrace");

    [Fact]
    public void An_empty_file_is_empty()
    {
        Refused(imports.File("a.log", []), null, "a.log", "empty");
        Refused(null, imports.File("a.log", []), "a.log", "empty");
        Refused(imports.File("a.log.zst", Imports.Zstd([])), null, "a.log.zst", "holds nothing");
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_named()
    {
        Refused(new(Path.Combine(imports.Folder, "no.log")), null, "no.log", "cannot be read");
        Refused(new(imports.Folder), null, imports.Folder, "cannot be read");
        Refused(Qemu(Fill, Done), new(Path.Combine(imports.Folder, "no.txt")), "no.txt", "cannot be read");
    }

    [Fact]
    public void A_binary_file_is_no_log()
    {
        byte[] bytes = new byte[4000];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(i * 37 % 256);
        Refused(imports.File("b.bin", bytes), null, "b.bin line 1", "THREAD@SECONDS", "-msg timestamp=on", "--skip-bad");
        Refused(null, imports.File("b.bin", bytes), "b.bin", "accepted are");
    }

    [Fact]
    public void A_guest_trace_given_as_the_log_and_the_other_way_round_are_told()
    {
        byte[] ftrace = Recordings.Excerpt("intel-nvme-randrw.ftrace.txt");
        Refused(imports.File("f.txt", ftrace), null, "f.txt line 1", "no QEMU trace line", "-trace events=");
        Refused(null, imports.File("q.log", QemuLogs.Excerpt("intel-nvme-randrw")), "q.log", "no event line", "trace-cmd");
    }

    [Fact]
    public void A_body_that_fits_no_dialect_is_shown_with_its_line()
    {
        Refused(Qemu(Fill, Done, "vtd_dmar_translate dev 00:01.00 iova 0x1000"), null, "qemu.log line 3", "vtd_dmar_translate dev 00:01.00 iova 0x1000", "docs/trace-import.md", "--skip-bad");
    }

    [Fact]
    public void A_line_without_end_is_no_line() =>
        Refused(imports.File("long.log", [.. Encoding.ASCII.GetBytes("7@1.000000:x "), .. Enumerable.Repeat((byte)'y', 2 << 20)]), null, "long.log line 1", "longer than 1048576 bytes");

    [Fact]
    public void Time_that_goes_back_is_told_with_its_line_in_every_source()
    {
        Refused(imports.File("back.log", Encoding.ASCII.GetBytes("7@5.000002:x\n7@5.000001:x\n")), null, "back.log line 2", "goes back by 1 us", "--skip-bad");
        string[] lines = [Line("5.000002", "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000 size=4096"), Line("5.000001", "map: IOMMU: iova=0x2000 - 0x3000 paddr=0x6000 size=4096")];
        Refused(null, Guest(lines), "guest.txt line 2", "goes back by 1000 ns");
        Refused(Qemu(Fill, Done), Guest(lines), "guest.txt line 2", "goes back by 1000 ns");
    }

    [Fact]
    public void A_log_without_one_trace_line_is_no_recording()
    {
        imports.File("junk.log", Encoding.ASCII.GetBytes("hello\nworld\n"));
        TraceFormatException wrong = Assert.Throws<TraceFormatException>(() => imports.Run(new(Path.Combine(imports.Folder, "junk.log")), skipBad: true));
        Assert.Contains("junk.log", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("not one", wrong.Message, StringComparison.Ordinal);
        Assert.Empty(imports.Left);
    }

    [Fact]
    public void A_guest_trace_without_maps_says_which_events_to_record() =>
        Refused(null, Guest(Line("5.000001", "tracing_mark_write: hello")), "guest.txt", "not one iommu:map", "iommu:unmap");

    [Fact]
    public void A_log_in_which_nothing_is_translated_has_nothing_to_join() =>
        Refused(Qemu("vtd_dmar_enable enable 1"), Guest(Line("5.000001", "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000 size=4096")), "qemu.log", "no device was translated", "guest.txt");

    [Fact]
    public void Recordings_that_share_nothing_are_not_joined() =>
        Refused(Qemu(Fill, Done), Guest(Line("5.000001", "map: IOMMU: iova=0x7000 - 0x8000 paddr=0x5000 size=4096")), "qemu.log and guest.txt cannot be joined", "same run");

    // The page size of an IOMMU is 4 KiB or more; a trace event must be whole pages.
    [Theory]
    [InlineData("map: IOMMU: iova=0x0000000000001800 - 0x0000000000002800 paddr=0x0000000000005000 size=4096")]
    [InlineData("map: IOMMU: iova=0x0000000000001000 - 0x0000000000001800 paddr=0x0000000000005000 size=2048")]
    [InlineData("map: IOMMU: iova=0x0000000000001000 - 0x0000000000002000 paddr=0x0000000000005800 size=4096")]
    [InlineData("unmap: IOMMU: iova=0x0000000000001000 - 0x0000000000002000 size=4096 unmapped_size=100")]
    public void A_map_of_parts_of_pages_is_refused(string text)
    {
        Refused(null, Guest(Line("5.000001", text)), "guest.txt line 1", "4096");
        Refused(Qemu(Fill, Done), Guest(Line("5.000001", text)), "guest.txt line 1", "4096");
    }

    // 2^62 bytes: a range nobody maps, in a file that is otherwise sound, must cost nothing.
    [Fact]
    public void A_map_of_exabytes_costs_no_more_than_a_page()
    {
        string[] lines =
        [
            Line("0.000000", "map: IOMMU: iova=0x0000000000000000 - 0x4000000000000000 paddr=0x0000000000004000 size=4611686018427387904"),
            Line("9.000001", "unmap: IOMMU: iova=0x0000000000000000 - 0x4000000000000000 size=4611686018427387904 unmapped_size=4611686018427387904"),
        ];
        imports.Run(null, Guest(lines));
        Assert.Equal(3, imports.Events().Count);
        ImportReport report = imports.Run(Qemu(Fill, Done), Guest(lines));
        Assert.Equal(1, report.Provenance.Join!.InsideLiveMapping);
    }

    [Fact]
    public void Times_near_the_end_of_64_bits_do_not_overflow()
    {
        string[] lines = [Line("9223372035.000001", "map: IOMMU: iova=0x0000000000001000 - 0x0000000000002000 paddr=0x0000000000005000 size=4096"),
            Line("9223372035.000002", "tracing_mark_write: REC mark 2 before"), Line("9223372035.000003", "tracing_mark_write: REC mark 2 after")];
        imports.Run(Qemu("pci_cfg_write mch 00:00.0 @0x3c <- 0x2", Fill, Done), Guest(lines));
        lines[0] = Line("0.000001", "map: IOMMU: iova=0x0000000000001000 - 0x0000000000002000 paddr=0x0000000000005000 size=4096");
        try
        {
            imports.Run(Qemu("pci_cfg_write mch 00:00.0 @0x3c <- 0x2", Fill, Done), Guest(lines));
        }
        catch (TraceFormatException)
        {
            // Two clocks 292 years apart may be refused.
        }
    }

    [Fact]
    public void Skipping_counts_what_it_drops_and_keeps_the_rest()
    {
        byte[] log = Encoding.ASCII.GetBytes("garbage\n7@1.000001:" + Fill + "\n7@1.000002:" + Done + "\n7@0.000001:x\n7@1.000003:address_space_map nonsense\n7@1.000004:" + Fill + "\n7@1.000005:" + Done + "\n");
        ImportReport report = imports.Run(imports.File("q.log", log), skipBad: true);
        Assert.Equal(3, report.BadLines);
        Assert.Equal(2, imports.Events().Count(e => e.Kind == EventKind.Translate));
        imports.Run(null, Guest(Line("5.000002", "map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000 size=4096"), Line("5.000001", "map: IOMMU: iova=0x2000 - 0x3000 paddr=0x6000 size=4096")), skipBad: true);
        Assert.Single(imports.Events(), e => e.Kind == EventKind.Map);
        Assert.Contains(report.Provenance.Inferences, i => i.Count == 3 && i.What.Contains("could not be understood", StringComparison.Ordinal));
    }

    [Fact]
    public void An_older_file_survives_a_failed_import()
    {
        imports.Run(Qemu(Fill, Done));
        byte[] before = File.ReadAllBytes(imports.Target);
        Assert.Throws<TraceFormatException>(() => imports.Run(Qemu(Fill, Done, "vtd_dmar_translate")));
        Assert.Equal(before, File.ReadAllBytes(imports.Target));
        Assert.Equal(["out.dmat"], imports.Left);
    }
}
