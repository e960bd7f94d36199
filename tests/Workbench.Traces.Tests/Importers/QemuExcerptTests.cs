using Workbench.Traces.Importers.Qemu;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Stretches of real logs with network cards, AMD-Vi and SMMUv3; the expected events were worked out by reading the log.</summary>
public class QemuExcerptTests
{
    private const string Ring = " ring direction? length?";

    // 7 descriptor fetched (8 says which), 9 the frame of 0x5a bytes, 13 the status written back.
    [Fact]
    public void A_frame_is_sent_by_a_descriptor_read_a_buffer_read_and_a_status_write()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-e1000e-slirp"), out _);
        Assert.Equal(
        [
            "mark mark 2", "inv 3 ffefc000+1000", "attach 00:01.0 3",
            "fill 00:01.0 fffff000+1000 -> 6b899000 rw", "read 00:01.0 fffff000+10 ring",
            "fill 00:01.0 ffefc802+1000 -> 7ae24802 r", "read 00:01.0 ffefc802+5a",
            "hit 00:01.0 fffff00c+1000 -> 6b89900c rw", "write 00:01.0 fffff00c+4" + Ring,
            "inv 3 ffefc000+1000", "inv 3 ffefb000+1000",
            "hit 00:01.0 fffff010+1000 -> 6b899010 rw", "read 00:01.0 fffff010+10 ring",
        ], QemuLogs.Words(sink, 1, 19));
    }

    // 45 descriptor fetched, 49 a frame of 1514 bytes, 51 and 53 written back; the second frame, ffe84ac0 to ffe850a9, lies on two pages.
    [Fact]
    public void A_frame_is_received_by_a_descriptor_read_a_buffer_write_and_two_writes_back()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-e1000e-slirp"), out _);
        Assert.Equal(
        [
            "hit 00:01.0 ffffcb70+1000 -> 6b616b70 rw", "read 00:01.0 ffffcb70+10 ring",
            "fill 00:01.0 fff5a240+1000 -> 7c7f6240 rw", "write 00:01.0 fff5a240+5ea",
            "hit 00:01.0 ffffcb70+1000 -> 6b616b70 rw", "write 00:01.0 ffffcb70+10" + Ring,
            "hit 00:01.0 ffffcb78+1000 -> 6b616b78 rw", "write 00:01.0 ffffcb78+4" + Ring,
            "hit 00:01.0 ffffcb80+1000 -> 6b616b80 rw", "read 00:01.0 ffffcb80+10 ring",
            "fill 00:01.0 ffe84ac0+1000 -> 7c7f5ac0 rw", "fill 00:01.0 ffe85000+1000 -> 7c7f6000 rw", "write 00:01.0 ffe84ac0+5ea",
            "hit 00:01.0 ffffcb80+1000 -> 6b616b80 rw", "write 00:01.0 ffffcb80+10" + Ring,
        ], QemuLogs.Words(sink, 44, 63));
    }

    // Six frames of 1514 bytes (grep e1000e_rx_desc_buff_write); three of 0x5a, 0x56 and 0x5a bytes were sent.
    [Fact]
    public void The_bytes_of_a_card_are_those_of_its_frames()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-e1000e-slirp"), out QemuTraceBuilder builder);
        Assert.Equal(6 * 1514, sink.Events.Where(e => e.IsData && e.Kind == EventKind.Write).Sum(e => (long)e.Length));
        Assert.Equal(0x5a + 0x56 + 0x5a, sink.Events.Where(e => e.IsData && e.Kind == EventKind.Read).Sum(e => (long)e.Length));
        Assert.Equal("e1000e", builder.DeviceNames[new(8)]);
    }

    // The frame goes from virtio-net (00:02.0, domain 4) to the e1000e (00:01.0, domain 3) in one thread; 36 the used element and index.
    [Fact]
    public void Two_cards_in_one_thread_are_kept_apart()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-nic-pair"), out _);
        Assert.Equal(
        [
            "mark mark 2", "inv 4 ffaec000+1000", "attach 00:02.0 4",
            "hit 00:02.0 ffff4002+1000 -> 7838c002 rw", "read 00:02.0 ffff4002+2" + Ring,
            "hit 00:02.0 ffff4010+1000 -> 7838c010 rw", "read 00:02.0 ffff4010+10" + Ring,
            "hit 00:02.0 ffff0000+1000 -> 78388000 rw", "read 00:02.0 ffff0000+10" + Ring,
            "fill 00:02.0 ffaecb06+1000 -> 265c8b06 r", "read 00:02.0 ffaecb06+36",
            "attach 00:01.0 3",
            "fill 00:01.0 ffffc000+1000 -> 77eaf000 rw", "read 00:01.0 ffffc000+10 ring",
            "fill 00:01.0 ffffb040+1000 -> 7e19c040 rw", "write 00:01.0 ffffb040+3c",
            "hit 00:01.0 ffffc000+1000 -> 77eaf000 rw", "write 00:01.0 ffffc000+10" + Ring,
            "hit 00:01.0 ffffc008+1000 -> 77eaf008 rw", "write 00:01.0 ffffc008+4" + Ring,
            "hit 00:02.0 ffff4874+1000 -> 7838c874 rw", "write 00:02.0 ffff4874+8" + Ring,
            "hit 00:02.0 ffff4842+1000 -> 7838c842 rw", "write 00:02.0 ffff4842+2" + Ring,
            "hit 00:02.0 ffff4804+1000 -> 7838c804 rw", "read 00:02.0 ffff4804+2" + Ring,
        ], QemuLogs.Words(sink, 13, 42));
    }

    // The disk the results go to is not behind the IOMMU: its requests map system memory and no translation follows. By grep the excerpt
    // has 23 lines of its address space; its fills announce no write of the network card's ring.
    [Fact]
    public void A_disk_without_iommu_leaves_no_trace()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("intel-nic-pair"), out QemuTraceBuilder builder);
        Assert.Equal(23, builder.Statistics.UntranslatedMaps);
        Assert.DoesNotContain(sink.Events, e => e.Device.Value == 0x18);
        // A used element and a used index of each queue, one receive buffer of 0x600 bytes.
        Assert.Equal(["ffff4874+8", "ffff4842+2", "fffe7000+600", "ffffc844+8", "ffffc842+2"],
            sink.Events.Where(e => e.Kind == EventKind.Write && e.Device.Value == 0x10).Select(e => $"{e.Iova:x}+{e.Length:x}"));
    }

    // AMD-Vi prints the address to the byte and the frame; no permission, and invalidations of a whole domain only.
    [Fact]
    public void Amd_translations_are_to_the_byte_within_their_frame()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("amd-nvme-randrw"), out QemuTraceBuilder builder);
        Assert.Equal(
        [
            "mark mark 2", "inv 2",
            "fill 00:02.0 ffff8008+1000 -> 7a02c008 rw", "read 00:02.0 ffff8008+4" + Ring,
            "fill 00:02.0 fffe00c0+1000 -> 7a1b00c0 rw", "read 00:02.0 fffe00c0+40" + Ring,
            "fill 00:02.0 fff80000+1000 -> 9e42000 rw", "fill 00:02.0 fff81000+1000 -> 9dae000 rw", "read 00:02.0 fff80000+1000",
            "hit 00:02.0 fff81000+1000 -> 9dae000 rw", "fill 00:02.0 fff82000+1000 -> 9ed9000 rw", "read 00:02.0 fff81000+1000",
        ], QemuLogs.Words(sink, 23, 45));
        Assert.Equal(["inv 2", "attach 00:02.0 2", "fill 00:02.0 ffffe000+1000 -> 7a0f2000 rw", "read 00:02.0 ffffe000+40" + Ring, "fill 00:02.0 ffffd000+1000 -> 1b55000 rw", "write 00:02.0 ffffd000+1000 direction?",
            "fill 00:02.0 fffff000+1000 -> 7a0f5000 rw", "write 00:02.0 fffff000+10" + Ring, "inv 2", "inv 2"], QemuLogs.Words(sink, 4, 18));
        Assert.Equal(QemuDialect.AmdVi, builder.Statistics.Dialect);
    }

    // 5 and 41: the fill line names the page, the translation the byte: GITS_TRANSLATER, 0x40 into the frame at 0x8090000.
    [Fact]
    public void Smmu_interrupts_are_writes_to_the_interrupt_controller_to_the_byte()
    {
        ListSink sink = QemuLogs.Read(QemuLogs.Excerpt("smmuv3-nvme-randrw"), out _);
        Assert.Equal(["attach 00:02.0 1", "fill 00:02.0 fffff040+1000 -> 8090040 rw", "write 00:02.0 fffff040+4 interrupt length?", "inv 2"], QemuLogs.Words(sink, 1, 6));
        Assert.Equal(
        [
            "attach 00:01.0 2",
            "fill 00:01.0 ffffd000+1000 -> 5445f000 rw", "read 00:01.0 ffffd000+40" + Ring,
            "fill 00:01.0 ffffc000+1000 -> 43b95000 rw", "write 00:01.0 ffffc000+1000 direction?",
            "fill 00:01.0 ffffe000+1000 -> 4ecf6000 rw", "write 00:01.0 ffffe000+10" + Ring,
            "fill 00:01.0 fffff040+1000 -> 8090040 rw", "write 00:01.0 fffff040+4 interrupt length?",
            "inv 2 ffffc000+1000",
            "hit 00:01.0 ffffd040+1000 -> 5445f040 rw", "read 00:01.0 ffffd040+40" + Ring,
        ], QemuLogs.Words(sink, 23, 45));
        Assert.Equal(
        [
            "fill 00:01.0 ffff0000+1000 -> 4ecfd000 rw", "write 00:01.0 ffff0000+10" + Ring,
            "hit 00:01.0 fffff040+1000 -> 8090040 rw", "write 00:01.0 fffff040+4 interrupt length?",
        ], QemuLogs.Words(sink, 145, 149));
    }
}
