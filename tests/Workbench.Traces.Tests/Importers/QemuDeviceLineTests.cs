using Workbench.Iommu;
using Workbench.Traces.Importers.Qemu;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Lines of the device models, and what no line may look like.</summary>
public class QemuDeviceLineTests
{
    // qsize is the number of entries less one, decimal: 1024 of 64 or 16 bytes.
    [Theory]
    [InlineData("pci_nvme_create_sq create submission queue, addr=0xfffe0000, sqid=1, cqid=2, qsize=1023, qflags=1", QemuEventKind.NvmeSubmissionQueue, 0xfffe0000UL, 1UL, 65536UL)]
    [InlineData("pci_nvme_create_cq create completion queue, addr=0xffff0000, cqid=2, vector=1, qsize=1023, qflags=3, ien=1", QemuEventKind.NvmeCompletionQueue, 0xffff0000UL, 2UL, 16384UL)]
    public void Nvme_queues_have_their_bytes(string text, object kind, ulong first, ulong id, ulong bytes)
    {
        QemuEvent e = QemuLogParserTests.Parsed(text);
        Assert.Equal(((QemuEventKind)kind, first, id, bytes), (e.Kind, e.Address, e.Id, e.Length));
    }

    [Fact]
    public void Nvme_commands_have_decimal_lengths()
    {
        QemuEvent e = QemuLogParserTests.Parsed("pci_nvme_map_addr addr 0xffebd400 len 512");
        Assert.Equal((QemuEventKind.NvmeBuffer, 0xffebd400UL, 512UL), (e.Kind, e.Address, e.Length));
        e = QemuLogParserTests.Parsed("pci_nvme_map_prp trans_len 4096 len 65536 prp1 0xffeba000 prp2 0xffeb9000 num_prps 17");
        Assert.Equal((QemuEventKind.NvmePrp, 0xffeb9000UL, 17UL), (e.Kind, e.Address, e.Value));
        e = QemuLogParserTests.Parsed("pci_nvme_enqueue_req_completion cid 4112 cqid 10 dw0 0x0 dw1 0x0 status 0x0");
        Assert.Equal((QemuEventKind.NvmeCompletion, 10UL), (e.Kind, e.Id));
        Assert.Equal(QemuEventKind.Other, QemuLogParserTests.Parsed("pci_nvme_write cid 640 opname 'NVME_NVM_CMD_WRITE' nsid 1 nlb 256 count 131072 lba 0x81e58").Kind);
    }

    [Fact]
    public void Nic_lines_have_addresses_and_lengths()
    {
        QemuEvent e = QemuLogParserTests.Parsed("e1000e_rx_descr Next RX descriptor: ring #0, PA: 0xffffc010, length: 16");
        Assert.Equal((QemuEventKind.NicReceiveDescriptor, 0xffffc010UL), (e.Kind, e.Address));
        e = QemuLogParserTests.Parsed("e1000e_rx_desc_buff_write buffer #0, addr: 0xffffb040, offset: 16, from: 0x7ffc378dd480, length: 60");
        Assert.Equal((QemuEventKind.NicReceiveWrite, 0xffffb050UL, 60UL), (e.Kind, e.Address, e.Length));
        Assert.Equal(QemuEventKind.NicTransmitDescriptor, QemuLogParserTests.Parsed("e1000e_tx_descr 0xffefc002 : 8b00005a 0").Kind);
    }

    [Fact]
    public void Virtio_lines_have_their_queue()
    {
        QemuEvent e = QemuLogParserTests.Parsed("virtqueue_pop vq 0x555585326d28 elem 0x5555857cd950 in_num 0 out_num 1");
        Assert.Equal((QemuEventKind.VirtqueuePop, 0x555585326d28UL), (e.Kind, e.Id));
        e = QemuLogParserTests.Parsed("virtqueue_fill vq 0x555585326d28 elem 0x5555857cd950 len 0 idx 0");
        Assert.Equal((QemuEventKind.VirtqueueFill, 0x555585326d28UL), (e.Kind, e.Id));
        Assert.Equal(QemuEventKind.VirtioBlock, QemuLogParserTests.Parsed("virtio_blk_handle_read vdev 0x555585523f90 req 0x5555850a5ec0 sector 24616 nsectors 8").Kind);
    }

    [Fact]
    public void Configuration_writes_name_the_device()
    {
        const string Line = "13519@1795397573.601496:pci_cfg_write gpex-root 00:00.0 @0x3c <- 0x2";
        QemuEvent e = QemuLogParserTests.Parsed(Line, whole: true);
        Assert.Equal((QemuEventKind.PciConfig, new RequesterId(0), 0x3cUL, 2UL), (e.Kind, e.Device, e.Id, e.Value));
        Assert.Equal("gpex-root", QemuLogParser.ConfigDeviceName(System.Text.Encoding.UTF8.GetBytes(Line)));
    }

    [Theory]
    [InlineData("dma_blk_io dbs=0x55557e846710 bs=0x55557e3103f0 offset=12226560 to_dev=0")]
    [InlineData("x")]
    [InlineData("vtd_context_cache_reset ")]
    public void Lines_of_other_events_are_passed_over(string text) => Assert.Equal(QemuEventKind.Other, QemuLogParserTests.Parsed(text).Kind);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("vtd_context_cache_reset")]
    [InlineData("13517@1795397582:x")]
    [InlineData("13517@1795397582.6017661234:x")]
    [InlineData("13517@1795397582.601766")]
    [InlineData("13517@1795397582.601766:")]
    [InlineData("13517@.601766:x")]
    [InlineData("@1795397582.601766:x")]
    [InlineData("-1@1795397582.601766:x")]
    [InlineData("4294967296@1795397582.601766:x")]
    [InlineData("1@99999999999999999999.601766:x")]
    [InlineData("            fio-229     [001] .....     9.562802: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x1000 size=4096")]
    public void A_line_without_thread_time_and_event_is_refused(string line)
    {
        QemuEvent e = default;
        Assert.False(QemuLogParserTests.TryParse(line, ref e));
    }

    [Theory]
    // VT-d: a cut line, a device that is none, masks that are no page size, numbers beyond what the field can hold.
    [InlineData("vtd_dmar_translate dev 00:01.00 iova 0xffffe000 -> gpa 0xd7c0000 mask")]
    [InlineData("vtd_dmar_translate dev 00:01.08 iova 0xffffe000 -> gpa 0xd7c0000 mask 0xfff")]
    [InlineData("vtd_dmar_translate dev 00:20.00 iova 0xffffe000 -> gpa 0xd7c0000 mask 0xfff")]
    [InlineData("vtd_dmar_translate dev 0000000000000:01.00 iova 0xffffe000 -> gpa 0xd7c0000 mask 0xfff")]
    [InlineData("vtd_dmar_translate dev 00:01.00 iova 0x1ffffffffffffe000 -> gpa 0xd7c0000 mask 0xfff")]
    [InlineData("vtd_dmar_translate dev 00:01.00 iova 0xffffe000 -> gpa 0xd7c0000 mask 0x7ff")]
    [InlineData("vtd_dmar_translate dev 00:01.00 iova 0xffffe000 -> gpa 0xd7c0000 mask 0x1000")]
    [InlineData("vtd_dmar_translate dev 00:01.00 iova 0xffffe000 -> gpa 0xd7c0000 mask 0x7fffffffffffffff")]
    [InlineData("vtd_dmar_translate dev 00:01.00 iova 0xffffe000 -> gpa 0xd7c0000 mask 0xffffffffffffffff")]
    [InlineData("vtd_iotlb_page_hit IOTLB page hit sid 0x10000 iova 0x1000 slpte 0x3 domain 0x3")]
    [InlineData("vtd_iotlb_page_hit IOTLB page hit sid 0x8 iova 0x1000 slpte 0x3 domain 0x10000")]
    [InlineData("vtd_iotlb_page_hit IOTLB page hit sid 0x8 iova 0x1000 slpte")]
    [InlineData("vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x3 addr 0x0 mask 0x34")]
    [InlineData("vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x3 addr 0x0 mask 0x3f")]
    [InlineData("vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x3 addr 0x0 mask 0xffffffffffffffff")]
    [InlineData("vtd_inv_desc_iotlb_domain iotlb invalidate whole domain 0x10000")]
    [InlineData("vtd_iotlb_cc_update IOTLB context update bus 0x100 devfn 0x8 high 0x302 low 0x1b03001 gen 0 -> gen 1")]
    // AMD-Vi.
    [InlineData("amdvi_cache_update  update iotlb domid 0x10000 devid: 00:02.0 gpa 0x1000 hpa 0x2000")]
    [InlineData("amdvi_cache_update  update iotlb devid: 00:02.0 gpa 0x1000 hpa 0x2000")]
    [InlineData("amdvi_translation_result devid: 00:02.0 gpa 0x1000")]
    [InlineData("amdvi_translation_result devid: 00:02 gpa 0x1000 hpa 0x2000")]
    [InlineData("amdvi_pages_inval AMD-Vi pages for domain invalidated")]
    // SMMUv3: no pages at all, absurdly many, a range past 2^64, an unknown granule.
    [InlineData("smmuv3_range_inval vmid=0 asid=2 addr=0xffffc000 tg=1 num_pages=0x0 ttl=3 leaf=1 stage=1")]
    [InlineData("smmuv3_range_inval vmid=0 asid=2 addr=0xffffc000 tg=3 num_pages=0xffffffffffffffff ttl=3 leaf=1 stage=1")]
    [InlineData("smmuv3_range_inval vmid=0 asid=2 addr=0xfffffffffffff000 tg=1 num_pages=0x2 ttl=3 leaf=1 stage=1")]
    [InlineData("smmuv3_range_inval vmid=0 asid=2 addr=0xffffc000 tg=4 num_pages=0x1 ttl=3 leaf=1 stage=1")]
    [InlineData("smmuv3_range_inval vmid=0 asid=65536 addr=0xffffc000 tg=1 num_pages=0x1 ttl=3 leaf=1 stage=1")]
    [InlineData("smmu_iotlb_insert IOTLB ++ asid=0x2 vmid=0 addr=")]
    [InlineData("smmuv3_translate_success r sid=0x10000 iova=0xfffff040 translated=0x8090040 perm=0x3 stage=1")]
    // Data accesses and devices: nothing at all, past 2^64, a direction that is none.
    [InlineData("address_space_map as:0x1 addr 0xffe00000:0 write:0 attrs:0x0")]
    [InlineData("address_space_map as:0x1 addr 0xffe00000:10000 write:2 attrs:0x0")]
    [InlineData("address_space_map as:0x1 addr 0xfffffffffffff000:1001 write:0 attrs:0x0")]
    [InlineData("address_space_map as:0x1 addr 0xffe00000: write:0 attrs:0x0")]
    [InlineData("pci_nvme_map_addr addr 0x1000 len 0")]
    [InlineData("pci_nvme_map_addr addr 0xfffffffffffff000 len 4097")]
    [InlineData("pci_nvme_map_addr addr 0x1000 len 99999999999999999999")]
    [InlineData("pci_nvme_create_sq create submission queue, addr=0xfffe0000, sqid=1, cqid=1, qsize=65536, qflags=1")]
    [InlineData("pci_nvme_create_cq create completion queue, addr=0xffffffffffffff00, cqid=1, vector=1, qsize=1023, qflags=3, ien=1")]
    [InlineData("e1000e_rx_desc_buff_write buffer #0, addr: 0xffffb040, offset: 0, from: 0x7ffc378dd480, length: 0")]
    [InlineData("e1000e_rx_desc_buff_write buffer #0, addr: 0xffffffffffffffff, offset: 1, from: 0x7ffc378dd480, length: 1")]
    [InlineData("e1000e_rx_descr Next RX descriptor: ring #0, length: 16")]
    [InlineData("virtqueue_pop elem 0x5555857cd950 in_num 0 out_num 1")]
    [InlineData("pci_cfg_write mch 00:00.0 @0x3c")]
    public void A_known_event_with_a_body_that_does_not_fit_is_refused(string text)
    {
        QemuEvent e = default;
        Assert.False(QemuLogParserTests.TryParse("13517@1795397582.601766:" + text, ref e));
    }
}
