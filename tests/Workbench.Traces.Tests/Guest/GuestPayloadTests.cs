using Workbench.Iommu;
using Workbench.Traces.Guest;
using Xunit;

namespace Workbench.Traces.Tests.Guest;

public class GuestPayloadTests
{
    private static readonly RequesterId Device = RequesterId.Of(0, 1, 0);

    [Fact]
    public void Map_has_iova_length_and_physical_address() =>
        Assert.Equal(
            Expected(GuestEventKind.Map) with { Iova = 0xfffff000, Length = 4096, Physical = 0xe500000 },
            Read("map: IOMMU: iova=0x00000000fffff000 - 0x0000000100000000 paddr=0x000000000e500000 size=4096"));

    [Fact]
    public void Unmap_reports_what_was_really_unmapped() =>
        Assert.Equal(
            Expected(GuestEventKind.Unmap) with { Iova = 0xfff20000, Length = 0x8000 },
            Read("unmap: IOMMU: iova=0x00000000fff20000 - 0x00000000fff30000 size=65536 unmapped_size=32768"));

    [Theory]
    [InlineData("dma_map_page")]
    [InlineData("dma_map_phys")]
    [InlineData("dma_map_resource")]
    public void One_buffer_is_mapped_under_any_of_its_names(string name) =>
        Assert.Equal(
            Expected(GuestEventKind.DmaMap) with { Device = Device, Direction = DmaDirection.FromDevice, Iova = 0xffffb040, Length = 1522, Physical = 0x7e19c040 },
            Read(name + ": 0000:00:01.0 dir=FROM_DEVICE dma_addr=ffffb040 size=1522 phys_addr=7e19c040 attrs="));

    [Theory]
    [InlineData("dma_unmap_page")]
    [InlineData("dma_unmap_phys")]
    [InlineData("dma_unmap_resource")]
    public void One_buffer_is_unmapped_under_any_of_its_names(string name) =>
        Assert.Equal(
            Expected(GuestEventKind.DmaUnmap) with { Device = Device, Direction = DmaDirection.ToDevice, Iova = 0xffaf0440, Length = 48 },
            Read(name + ": 0000:00:01.0 dir=TO_DEVICE dma_addr=ffaf0440 size=48 attrs="));

    [Theory]
    [InlineData("dma_alloc", "virt_addr=0000000059c93745 flags=GFP_KERNEL attrs=")]
    [InlineData("dma_alloc_pages", "virt_addr=0000000059c93745 flags=GFP_KERNEL attrs=")]
    [InlineData("dma_alloc_sgt", "phys_addrs={0x1000,0x3000} flags=GFP_KERNEL attrs=")]
    public void An_allocation_is_a_coherent_mapping(string name, string tail) =>
        Assert.Equal(
            Expected(GuestEventKind.DmaMap) with { Device = Device, Direction = DmaDirection.Bidirectional, IsCoherent = true, Iova = 0xfffff000, Length = 512 },
            Read($"{name}: 0000:00:01.0 dir=BIDIRECTIONAL dma_addr=fffff000 size=512 {tail}"));

    [Theory]
    [InlineData("dma_free", " virt_addr=0000000059c93745 attrs=")]
    [InlineData("dma_free_pages", " virt_addr=0000000059c93745 attrs=")]
    [InlineData("dma_free_sgt", " phys_addrs={0x1000}")]
    public void A_release_is_a_coherent_unmapping(string name, string tail) =>
        Assert.Equal(
            Expected(GuestEventKind.DmaUnmap) with { Device = Device, Direction = DmaDirection.Bidirectional, IsCoherent = true, Iova = 0xfffff000, Length = 512 },
            Read($"{name}: 0000:00:01.0 dir=BIDIRECTIONAL dma_addr=fffff000 size=512{tail}"));

    [Fact]
    public void An_allocation_whose_direction_the_kernel_left_unset_says_none() =>
        Assert.Equal(DmaDirection.None, Read("dma_alloc: 0000:00:01.0 dir=0xffff9c00 dma_addr=fffff000 size=512 virt_addr=0000000059c93745 flags=GFP_KERNEL attrs=").Direction);

    [Theory]
    [InlineData("dma_free: 0000:00:01.0 dir=BIDIRECTIONAL dma_addr=0 size=0 virt_addr=0000000000000000 attrs=")]
    [InlineData("dma_alloc: 0000:00:01.0 dir=BIDIRECTIONAL dma_addr=0 size=512 virt_addr=(null) flags=GFP_KERNEL attrs=")]
    [InlineData("dma_map_phys: 0000:00:01.0 dir=TO_DEVICE dma_addr=ffffffffffffffff size=512 phys_addr=1000 attrs=")]
    [InlineData("dma_map_sg_err: 0000:00:01.0 dir=TO_DEVICE dma_addrs={0x1000} err=-5 attrs=")]
    [InlineData("add_device_to_group: IOMMU: groupID=1 device=0000:00:01.0")]
    [InlineData("sched_switch: prev_comm=fio prev_pid=1 ==> next_comm=swapper/0")]
    public void What_mapped_nothing_counts_as_other(string text)
    {
        using FtraceTextReader reader = new(Recordings.Text("fio-1 [001] ..... 1.000000: " + text), "t.txt");
        Assert.Empty(Recordings.ReadAll(reader));
        Assert.Equal(1, reader.OtherEvents);
        Assert.Equal(0, reader.BadLines);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" nents=2/2 ents=2/2")]
    public void A_scatter_list_becomes_one_event_for_each_piece(string counts)
    {
        List<GuestEvent> events = ReadMany($"dma_map_sg: 0000:00:01.0 dir=TO_DEVICE{counts} dma_addrs={{0xffee0000,0xffef0000}} sizes={{0x2000,0x1000}} phys_addrs={{0xad14000,0xbd14000}} attrs=NO_WARN");
        GuestEvent piece = Expected(GuestEventKind.DmaMap) with { Device = Device, Direction = DmaDirection.ToDevice };
        Assert.Equal(
            [piece with { Iova = 0xffee0000, Length = 0x2000, Physical = 0xad14000 }, piece with { Iova = 0xffef0000, Length = 0x1000, Physical = 0xbd14000 }],
            events);
    }

    [Fact]
    public void Of_merged_pieces_only_the_first_has_a_known_physical_address()
    {
        List<GuestEvent> events = ReadMany("dma_map_sg: 0000:00:01.0 dir=TO_DEVICE nents=3/3 ents=2/2 dma_addrs={0x10000,0x20000} sizes={0x2000,0x1000} phys_addrs={0x5000,0x7000,0x9000} attrs=");
        Assert.Equal([0x5000UL, 0UL], events.Select(e => e.Physical));
    }

    [Fact]
    public void A_list_the_kernel_cut_gives_the_pieces_it_printed()
    {
        List<GuestEvent> events = ReadMany("dma_map_sg: 0000:00:01.0 dir=TO_DEVICE nents=2/200 ents=2/130 [TRUNCATED] dma_addrs={0x10000,0x20000} sizes={0x2000,0x1000} phys_addrs={0x5000,0x7000} attrs=");
        Assert.Equal([0x5000UL, 0UL], events.Select(e => e.Physical));
    }

    [Fact]
    public void A_list_whose_print_format_trace_cmd_could_not_follow_is_read_from_its_raw_fields()
    {
        List<GuestEvent> events = ReadMany("dma_map_sg:           [FAILED TO PARSE] device=0000:00:01.0 full_nents=2 full_ents=1 truncated=0 phys_addrs=ARRAY[00, 60, 31, 0c, 00, 00, 00, 00, 00, d0, 78, 0b, 00, 00, 00, 00] dma_addrs=ARRAY[00, 00, f8, ff, 00, 00, 00, 00] lengths=ARRAY[00, 00, 02, 00] dir=2 attrs=0x100");
        Assert.Equal(
            [Expected(GuestEventKind.DmaMap) with { Device = Device, Direction = DmaDirection.FromDevice, Iova = 0xfff80000, Length = 0x20000, Physical = 0xc316000 }],
            events);
    }

    [Fact]
    public void A_scatter_list_is_unmapped_by_physical_addresses()
    {
        List<GuestEvent> events = ReadMany("dma_unmap_sg: 0000:00:01.0 dir=FROM_DEVICE phys_addrs={0x9db3000,0x9dbe000} attrs=");
        GuestEvent piece = Expected(GuestEventKind.DmaUnmapScatter) with { Device = Device, Direction = DmaDirection.FromDevice };
        Assert.Equal([piece with { Physical = 0x9db3000 }, piece with { Physical = 0x9dbe000 }], events);
    }

    [Theory]
    [InlineData("attach_device_to_domain", GuestEventKind.Attach)]
    [InlineData("detach_device_from_domain", GuestEventKind.Detach)]
    public void A_device_comes_and_goes(string name, GuestEventKind kind) =>
        Assert.Equal(Expected(kind) with { Device = Device }, Read(name + ": IOMMU: device=0000:00:01.0"));

    [Fact]
    public void A_page_fault_has_device_address_and_flags() =>
        Assert.Equal(
            Expected(GuestEventKind.PageFault) with { Device = RequesterId.Of(0x3b, 2, 1), Iova = 0xdead0000, FaultFlags = 1 },
            Read("io_page_fault: IOMMU:vfio-pci 0000:3b:02.1 iova=0x00000000dead0000 flags=0x0001"));

    [Theory]
    [InlineData("tracing_mark_write: REC mark 2: go", "REC mark 2: go")]
    [InlineData("print:                tracing_mark_write: REC mark 2: go", "REC mark 2: go")]
    public void A_mark_has_its_text(string text, string mark) =>
        Assert.Equal(Expected(GuestEventKind.Mark) with { Text = mark }, Read(text));

    [Fact]
    public void A_device_that_is_no_pci_function_is_left_out() =>
        Assert.Null(Read("dma_alloc: 9050000.smmuv3 dir=BIDIRECTIONAL dma_addr=4ecf3000 size=64 virt_addr=00000000c8f1ebd3 flags=GFP_KERNEL attrs=").Device);

    [Theory]
    [InlineData("map: IOMMU: iova=0x1000 - 0x3000 paddr=0x5000 size=4096", "END - START")]
    [InlineData("map: IOMMU: iova=0xfffffffffffff000 - 0x0 paddr=0x5000 size=4096", "past 2^64")]
    [InlineData("map: IOMMU: iova=0xfffffffffffff000 - 0x1000 paddr=0x5000 size=8192", "past 2^64")]
    [InlineData("map: IOMMU: iova=0x1000 - 0x2000 paddr=0xfffffffffffff800 size=4096", "past 2^64")]
    [InlineData("map: IOMMU: iova=0x1000 - 0x2000 paddr=0x5000", "paddr=0xADDRESS")]
    [InlineData("unmap: IOMMU: iova=0x1000 - 0x2000 size=4096", "unmapped_size=BYTES")]
    [InlineData("dma_map_page: 0000:00:01.0 dir=SIDEWAYS dma_addr=1000 size=48 phys_addr=0 attrs=", "dir=DIRECTION")]
    [InlineData("dma_map_page: 0000:00:01.0 dir=TO_DEVICE dma_addr=fffffffffffffff0 size=48 phys_addr=0 attrs=", "past 2^64")]
    [InlineData("dma_map_page: 0000:00:01.0 dir=TO_DEVICE dma_addr=1000 size=18446744073709551615 phys_addr=0 attrs=", "size=BYTES")]
    [InlineData("dma_map_sg: 0000:00:01.0 dir=TO_DEVICE dma_addrs={0x1000,0x2000} sizes={0x1000} phys_addrs={0x0} attrs=", "as many sizes")]
    [InlineData("dma_map_sg: 0000:00:01.0 dir=TO_DEVICE dma_addrs={0x1000,} sizes={0x1000,0x1} phys_addrs={0x0} attrs=", "as many sizes")]
    [InlineData("dma_map_sg: 0000:00:01.0 dir=TO_DEVICE dma_addrs={0x1000} sizes={0x1000} phys_addrs={0x0", "as many sizes")]
    [InlineData("dma_unmap_sg: 0000:00:01.0 dir=TO_DEVICE phys_addrs={0x1000,zz} attrs=", "phys_addrs=")]
    [InlineData("dma_unmap_sg: [FAILED TO PARSE] device=0000:00:01.0 addrs=ARRAY[00, 60] dir=2 attrs=0x0", "fields device, addrs and dir")]
    [InlineData("map: [FAILED TO PARSE] iova=4096 size=4096", "fields iova, paddr and size")]
    [InlineData("attach_device_to_domain: device=0000:00:01.0", "IOMMU: device=")]
    [InlineData("io_page_fault: IOMMU:vfio-pci 0000:3b:02.1 iova=0x1 flags=0x100000000", "flags=0xFLAGS")]
    public void A_payload_of_another_shape_is_refused_with_the_shape_that_is_allowed(string text, string allowed)
    {
        TraceFormatException refusal = Assert.Throws<TraceFormatException>(() => Read(text));
        Assert.StartsWith("t.txt line 1: found \"", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, refusal.Message, StringComparison.Ordinal);
    }

    private static GuestEvent Expected(GuestEventKind kind) => new() { Kind = kind, TimeNs = 1_000_002_000, Cpu = 1, ThreadId = 7, Line = 1 };

    private static GuestEvent Read(string text) => Assert.Single(ReadMany(text));

    private static List<GuestEvent> ReadMany(string text)
    {
        using FtraceTextReader reader = new(Recordings.Text("fio-7 [001] ..... 1.000002: " + text), "t.txt");
        return Recordings.ReadAll(reader);
    }
}
