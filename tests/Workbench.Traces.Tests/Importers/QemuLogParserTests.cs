using System.Text;
using Workbench.Iommu;
using Workbench.Traces.Importers.Qemu;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

/// <summary>Is each line form read right? The lines are of real logs, or differ from one in the place named.</summary>
public class QemuLogParserTests
{
    private static readonly RequesterId Device = RequesterId.Of(0, 1, 0);

    [Fact]
    public void A_line_begins_with_thread_and_time()
    {
        QemuEvent e = Parsed("13517@1795397582.601766:vtd_iotlb_page_update IOTLB page update sid 0x8 iova 0xffffe000 slpte 0xd7c0003 domain 0x3", whole: true);
        Assert.Equal((13517u, 1_795_397_582_601_766_000L), (e.Thread, e.TimeNs));
    }

    [Theory]
    [InlineData("vtd_iotlb_page_update IOTLB page update", QemuEventKind.CacheFill)]
    [InlineData("vtd_iotlb_page_hit IOTLB page hit", QemuEventKind.CacheHit)]
    public void Vtd_hits_and_fills_have_device_byte_entry_and_domain(string head, object kind)
    {
        QemuEvent e = Parsed(head + " sid 0x8 iova 0xffffe041 slpte 0x2800083 domain 0x3");
        Assert.Equal(((QemuEventKind)kind, Device, 0xffffe041UL, 0x2800000UL, 3UL), (e.Kind, e.Device, e.Address, e.Physical, e.Id));
        Assert.Equal((Permission.ReadWrite, true, true, QemuDialect.Vtd), (e.Permission, e.HasPermission, e.HasDomain, e.Dialect));
    }

    // Bit 0 of the entry is read, bit 1 write; the first stage's bits above are no permission.
    [Theory]
    [InlineData("0x18a4001", Permission.Read)]
    [InlineData("0x18a4002", Permission.Write)]
    [InlineData("0x18a4003", Permission.ReadWrite)]
    public void Vtd_entries_tell_what_the_page_allows(string entry, Permission expected) =>
        Assert.Equal(expected, Parsed($"vtd_iotlb_page_hit IOTLB page hit sid 0x8 iova 0x1000 slpte {entry} domain 0x3").Permission);

    [Theory]
    [InlineData("00:01.00", 0x08)]
    [InlineData("00:1f.07", 0xff)]
    [InlineData("3a:00.01", 0x3a01)]
    public void Vtd_prints_the_function_with_two_digits(string device, int id) =>
        Assert.Equal(new RequesterId((ushort)id), Parsed($"vtd_dmar_translate dev {device} iova 0x1000 -> gpa 0x2000 mask 0xfff").Device);

    [Theory]
    [InlineData("0xfff", 4096UL)]
    [InlineData("0x1fffff", 2UL << 20)]
    [InlineData("0x3fffffff", 1UL << 30)]
    public void Vtd_translations_have_the_page_size_as_a_mask(string mask, ulong bytes)
    {
        QemuEvent e = Parsed($"vtd_dmar_translate dev 00:01.00 iova 0xc0000000 -> gpa 0x40000000 mask {mask}");
        Assert.Equal((QemuEventKind.Translated, 0xc0000000UL, 0x40000000UL, bytes, false), (e.Kind, e.Address, e.Physical, e.Length, e.HasPermission));
    }

    // "mask" is an order, printed in hexadecimal.
    [Theory]
    [InlineData("0xfffff000", "0x0", 0xfffff000UL, 4096UL)]
    [InlineData("0xfffe0000", "0x5", 0xfffe0000UL, 0x20000UL)]
    [InlineData("0xf0000000", "0x10", 0xf0000000UL, 1UL << 28)]
    [InlineData("0x0", "0x33", 0UL, 1UL << 63)]
    [InlineData("0xfffffffffffff000", "0x0", 0xfffffffffffff000UL, 4096UL)]
    public void Vtd_invalidations_have_an_order(string address, string order, ulong first, ulong bytes)
    {
        QemuEvent e = Parsed($"vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x3 addr {address} mask {order}");
        Assert.Equal((QemuEventKind.InvalidateRange, 3UL, first, bytes), (e.Kind, e.Id, e.Address, e.Length));
    }

    // VT-d 6.5.2.3: the order says how many low bits of the address are masked.
    [Fact]
    public void Vtd_invalidations_ignore_address_bits_below_the_order()
    {
        QemuEvent e = Parsed("vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x3 addr 0xfffffffffffff000 mask 0x1");
        Assert.Equal((0xffffffffffffe000UL, 0x2000UL), (e.Address, e.Length));
    }

    [Fact]
    public void Vtd_names_domains_contexts_and_everything()
    {
        QemuEvent e = Parsed("vtd_inv_desc_iotlb_domain iotlb invalidate whole domain 0x12");
        Assert.Equal((QemuEventKind.InvalidateDomain, 0x12UL), (e.Kind, e.Id));
        Assert.Equal(QemuEventKind.InvalidateAll, Parsed("vtd_inv_desc_iotlb_global iotlb invalidate global").Kind);
        e = Parsed("vtd_iotlb_cc_update IOTLB context update bus 0x0 devfn 0x8 high 0x302 low 0x1b03001 gen 0 -> gen 1");
        Assert.Equal((QemuEventKind.ContextRead, Device, 3UL), (e.Kind, e.Device, e.Id));
        Assert.Equal(QemuEventKind.Other, Parsed("vtd_inv_desc_wait_sw wait invalidate status write addr 0x2d7b1c04 data 0x2").Kind);
    }

    [Theory]
    [InlineData("amdvi_cache_update  update iotlb domid 0x2 devid: 00:02.0 gpa 0xffffe008 hpa 0x7a0f2000", QemuEventKind.CacheFill, 2UL)]
    [InlineData("amdvi_iotlb_hit hit iotlb devid 00:02.0 gpa 0xffffe008 hpa 0x7a0f2000", QemuEventKind.CacheHit, 0UL)]
    [InlineData("amdvi_iotlb_hit hit iotlb devid: 00:02.0 gpa 0xffffe008 hpa 0x7a0f2000", QemuEventKind.CacheHit, 0UL)]
    [InlineData("amdvi_translation_result devid: 00:02.0 gpa 0xffffe008 hpa 0x7a0f2000", QemuEventKind.Translated, 0UL)]
    public void Amd_lines_have_one_or_two_blanks_and_a_colon_or_none(string text, object kind, ulong domain)
    {
        QemuEvent e = Parsed(text);
        Assert.Equal(((QemuEventKind)kind, RequesterId.Of(0, 2, 0), 0xffffe008UL, 0x7a0f2000UL, 4096UL), (e.Kind, e.Device, e.Address, e.Physical, e.Length));
        Assert.Equal((domain, domain != 0, false, QemuDialect.AmdVi), (e.Id, e.HasDomain, e.HasPermission, e.Dialect));
    }

    [Fact]
    public void Amd_invalidations_name_a_domain_or_everything()
    {
        QemuEvent e = Parsed("amdvi_pages_inval AMD-Vi pages for domain 0x1f invalidated");
        Assert.Equal((QemuEventKind.InvalidateDomain, 0x1fUL), (e.Kind, e.Id));
        Assert.Equal(QemuEventKind.InvalidateAll, Parsed("amdvi_all_inval Invalidation of all AMD-Vi cache ").Kind);
        Assert.Equal(QemuEventKind.Other, Parsed("amdvi_completion_wait completion wait requested with store address 0x11ea000 and store data 0x6b").Kind);
    }

    // asid and vmid are decimal.
    [Theory]
    [InlineData("smmu_iotlb_lookup_hit IOTLB cache HIT asid=12 vmid=0 addr=0xffffd040 hit=1 miss=4 hit rate=20", QemuEventKind.CacheHit, 0xffffd040UL)]
    [InlineData("smmu_iotlb_insert IOTLB ++ asid=12 vmid=0 addr=0xffffd000 tg=1 level=3", QemuEventKind.CacheFill, 0xffffd000UL)]
    public void Smmu_hits_and_fills_have_a_decimal_asid(string text, object kind, ulong address)
    {
        QemuEvent e = Parsed(text);
        Assert.Equal(((QemuEventKind)kind, 12UL, address, true, QemuDialect.Smmuv3), (e.Kind, e.Id, e.Address, e.HasDomain, e.Dialect));
    }

    [Theory]
    [InlineData("0x1", Permission.Read)]
    [InlineData("0x3", Permission.ReadWrite)]
    public void Smmu_translations_have_both_addresses_to_the_byte(string permission, Permission expected)
    {
        QemuEvent e = Parsed($"smmuv3_translate_success smmuv3-iommu-memory-region-16-2 sid=0x10 iova=0xfffff040 translated=0x8090040 perm={permission} stage=1");
        Assert.Equal((QemuEventKind.Translated, new RequesterId(0x10), 0xfffff040UL, 0x8090040UL, 4096UL, expected), (e.Kind, e.Device, e.Address, e.Physical, e.Length, e.Permission));
    }

    [Theory]
    [InlineData(0, "0x1", 0x1000UL)]
    [InlineData(1, "0x20", 0x20000UL)]
    [InlineData(2, "0x2", 0x8000UL)]
    [InlineData(3, "0x1", 0x10000UL)]
    public void Smmu_range_invalidations_count_granules(int granule, string pages, ulong bytes)
    {
        QemuEvent e = Parsed($"smmuv3_range_inval vmid=0 asid=11 addr=0xfff00000 tg={granule} num_pages={pages} ttl=3 leaf=1 stage=1");
        Assert.Equal((QemuEventKind.InvalidateRange, 11UL, 0xfff00000UL, bytes), (e.Kind, e.Id, e.Address, e.Length));
    }

    [Fact]
    public void Smmu_names_address_spaces_and_everything()
    {
        QemuEvent e = Parsed("smmuv3_cmdq_tlbi_nh_asid asid=10");
        Assert.Equal((QemuEventKind.InvalidateDomain, 10UL), (e.Kind, e.Id));
        Assert.Equal(QemuEventKind.InvalidateAll, Parsed("smmu_iotlb_inv_all IOTLB invalidate all").Kind);
        Assert.Equal(QemuEventKind.Other, Parsed("smmuv3_config_cache_hit Config cache HIT for sid=0x8 (hits=139, misses=1, hit rate=99)").Kind);
    }

    [Theory]
    [InlineData("0xffe00000:10000 write:0", 0xffe00000UL, 0x10000UL, false)]
    [InlineData("0xffefc802:5a write:1", 0xffefc802UL, 0x5aUL, true)]
    [InlineData("0xfffffffffffff000:1000 write:1", 0xfffffffffffff000UL, 0x1000UL, true)]
    public void Space_maps_have_a_hexadecimal_length_without_prefix(string text, ulong first, ulong bytes, bool isWrite)
    {
        QemuEvent e = Parsed($"address_space_map as:0x55557eed5898 addr {text} attrs:0x0");
        Assert.Equal((QemuEventKind.SpaceMap, 0x55557eed5898UL, first, bytes, isWrite), (e.Kind, e.Id, e.Address, e.Length, e.IsWrite));
    }

    internal static QemuEvent Parsed(string text, bool whole = false)
    {
        QemuEvent e = default;
        Assert.True(TryParse(whole ? text : "13517@1795397582.601766:" + text, ref e), text);
        return e;
    }

    internal static bool TryParse(string line, ref QemuEvent e) => QemuLogParser.TryParse(Encoding.UTF8.GetBytes(line), ref e);
}
