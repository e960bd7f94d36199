using System.Text;
using Workbench.Iommu;
using Workbench.Traces.Text;

namespace Workbench.Traces.Importers.Qemu;

/// <summary>
/// Reads lines of QEMU's log trace back end, TID@SECONDS.MICROS:EVENT TEXT. Numbers are hexadecimal with 0x unless a case says otherwise.
/// </summary>
internal static class QemuLogParser
{
    private const ulong PteAddressMask = 0x000F_FFFF_FFFF_F000;
    /// <summary>1 GiB, the largest page of any IOMMU here.</summary>
    private const ulong LargestPageMask = 0x3FFF_FFFF;

    /// <summary>Parses a line; false if it is no event line at all, or one of a known kind with a body that does not fit.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, ref QemuEvent e)
    {
        e = default;
        ByteParser p = new(line);
        if (!p.TryDecimal(out ulong thread) || thread > uint.MaxValue || !p.TryLiteral("@"u8) || !p.TrySeconds(out e.TimeNs) || !p.TryLiteral(":"u8)) return false;
        e.Thread = (uint)thread;
        if (!p.TryToken(out ReadOnlySpan<byte> name)) return false;
        p.SkipBlanks();
        return name[0] switch
        {
            (byte)'v' => name.StartsWith("vtd_"u8) ? TryVtd(name[4..], p, ref e) : TryVirtio(name, p, ref e),
            (byte)'a' => name.SequenceEqual("address_space_map"u8) ? TrySpaceMap(p, ref e) : TryAmdVi(name, p, ref e),
            (byte)'s' => TrySmmu(name, p, ref e),
            (byte)'p' => name.SequenceEqual("pci_cfg_write"u8) ? TryConfig(p, ref e) : TryNvme(name, p, ref e),
            (byte)'e' => TryNic(name, p, ref e),
            _ => true,
        };
    }

    private static bool TryVtd(ReadOnlySpan<byte> name, ByteParser p, ref QemuEvent e)
    {
        e.Dialect = QemuDialect.Vtd;
        if (name.SequenceEqual("dmar_translate"u8))
        {
            e.Kind = QemuEventKind.Translated;
            return p.TryLiteral("dev "u8) && TryDevice(ref p, ref e) && p.TryLiteral(" iova "u8) && p.TryHex(out e.Address)
                && p.TryLiteral(" -> gpa "u8) && p.TryHex(out e.Physical) && p.TryLiteral(" mask "u8) && TryMask(ref p, ref e);
        }
        bool hit = name.SequenceEqual("iotlb_page_hit"u8);
        if (hit || name.SequenceEqual("iotlb_page_update"u8))
        {
            e.Kind = hit ? QemuEventKind.CacheHit : QemuEventKind.CacheFill;
            if (!p.TrySkipPast("sid "u8) || !TrySourceId(ref p, ref e) || !p.TryLiteral(" iova "u8) || !p.TryHex(out e.Address)
                || !p.TryLiteral(" slpte "u8) || !p.TryHex(out ulong entry) || !p.TryLiteral(" domain "u8) || !p.TryHex(out e.Id)) return false;
            (e.Physical, e.Value, e.Permission, e.HasPermission, e.HasDomain) = (entry & PteAddressMask, entry, (Permission)(entry & 3), true, true);
            return e.Id <= ushort.MaxValue;
        }
        if (name.SequenceEqual("inv_desc_iotlb_pages"u8))
        {
            e.Kind = QemuEventKind.InvalidateRange;
            if (!p.TrySkipPast("domain "u8) || !p.TryHex(out e.Id) || !p.TryLiteral(" addr "u8) || !p.TryHex(out e.Address)
                || !p.TryLiteral(" mask "u8) || !p.TryHex(out ulong order) || order > 51) return false;
            e.Length = 4096UL << (int)order;
            // Address bits below the order are masked. VT-d §6.5.2.3.
            e.Address &= ~(e.Length - 1);
            return e.Id <= ushort.MaxValue;
        }
        if (name.SequenceEqual("inv_desc_iotlb_domain"u8))
        {
            e.Kind = QemuEventKind.InvalidateDomain;
            return p.TrySkipPast("domain "u8) && p.TryHex(out e.Id) && e.Id <= ushort.MaxValue;
        }
        if (name.SequenceEqual("inv_desc_iotlb_global"u8)) e.Kind = QemuEventKind.InvalidateAll;
        else if (name.SequenceEqual("iotlb_cc_update"u8))
        {
            e.Kind = QemuEventKind.ContextRead;
            if (!p.TrySkipPast("bus "u8) || !p.TryHex(out ulong bus) || !p.TryLiteral(" devfn "u8) || !p.TryHex(out ulong function)
                || !p.TryLiteral(" high "u8) || !p.TryHex(out ulong high) || bus > 255 || function > 255) return false;
            (e.Device, e.HasDevice, e.Id) = (new((ushort)(bus << 8 | function)), true, (high >> 8) & 0xFFFF);
        }
        return true;
    }

    private static bool TryAmdVi(ReadOnlySpan<byte> name, ByteParser p, ref QemuEvent e)
    {
        if (!name.StartsWith("amdvi_"u8)) return true;
        e.Dialect = QemuDialect.AmdVi;
        name = name[6..];
        bool fill = name.SequenceEqual("cache_update"u8);
        bool done = name.SequenceEqual("translation_result"u8);
        if (fill || done || name.SequenceEqual("iotlb_hit"u8))
        {
            e.Kind = fill ? QemuEventKind.CacheFill : done ? QemuEventKind.Translated : QemuEventKind.CacheHit;
            if (fill && (!p.TrySkipPast("domid "u8) || !p.TryHex(out e.Id))) return false;
            (e.HasDomain, e.Length) = (fill, 4096);
            if (!p.TrySkipPast("devid"u8)) return false;
            p.TryLiteral(":"u8);
            p.SkipBlanks();
            return TryDevice(ref p, ref e) && p.TryLiteral(" gpa "u8) && p.TryHex(out e.Address) && p.TryLiteral(" hpa "u8) && p.TryHex(out e.Physical) && e.Id <= ushort.MaxValue;
        }
        if (name.SequenceEqual("pages_inval"u8))
        {
            e.Kind = QemuEventKind.InvalidateDomain;
            return p.TrySkipPast("domain "u8) && p.TryHex(out e.Id) && e.Id <= ushort.MaxValue;
        }
        if (name.SequenceEqual("all_inval"u8)) e.Kind = QemuEventKind.InvalidateAll;
        return true;
    }

    private static bool TrySmmu(ReadOnlySpan<byte> name, ByteParser p, ref QemuEvent e)
    {
        if (!name.StartsWith("smmu"u8)) return true;
        e.Dialect = QemuDialect.Smmuv3;
        bool hit = name.SequenceEqual("smmu_iotlb_lookup_hit"u8);
        if (hit || name.SequenceEqual("smmu_iotlb_insert"u8))
        {
            // asid, vmid and level are decimal.
            e.Kind = hit ? QemuEventKind.CacheHit : QemuEventKind.CacheFill;
            e.HasDomain = true;
            return p.TrySkipPast("asid="u8) && p.TryDecimal(out e.Id) && p.TrySkipPast("addr="u8) && p.TryHex(out e.Address) && e.Id <= ushort.MaxValue;
        }
        if (name.SequenceEqual("smmuv3_translate_success"u8))
        {
            e.Kind = QemuEventKind.Translated;
            if (!p.TrySkipPast("sid="u8) || !TrySourceId(ref p, ref e) || !p.TryLiteral(" iova="u8) || !p.TryHex(out e.Address)
                || !p.TryLiteral(" translated="u8) || !p.TryHex(out e.Physical) || !p.TryLiteral(" perm="u8) || !p.TryHex(out ulong permission)) return false;
            (e.Permission, e.HasPermission, e.Length) = ((Permission)(permission & 3), true, 4096);
            return true;
        }
        if (name.SequenceEqual("smmuv3_range_inval"u8))
        {
            e.Kind = QemuEventKind.InvalidateRange;
            if (!p.TrySkipPast("asid="u8)) return false;
            if (p.TryLiteral("-1 "u8))
            {
                // Every address space: there is no kind for a range in all of them, so everything goes.
                e.Kind = QemuEventKind.InvalidateAll;
                return true;
            }
            if (!p.TryDecimal(out e.Id) || !p.TryLiteral(" addr="u8) || !p.TryHex(out e.Address)
                || !p.TryLiteral(" tg="u8) || !p.TryDecimal(out ulong granule) || !p.TryLiteral(" num_pages="u8) || !p.TryHex(out ulong pages)
                || granule > 3 || pages == 0 || pages > 1UL << 40 || e.Id > ushort.MaxValue) return false;
            e.Length = pages << (granule <= 1 ? 12 : granule == 2 ? 14 : 16);
            return e.Length - 1 <= ulong.MaxValue - e.Address;
        }
        if (name.SequenceEqual("smmuv3_cmdq_tlbi_nh_asid"u8))
        {
            e.Kind = QemuEventKind.InvalidateDomain;
            return p.TrySkipPast("asid="u8) && p.TryDecimal(out e.Id) && e.Id <= ushort.MaxValue;
        }
        if (name.SequenceEqual("smmu_iotlb_inv_all"u8)) e.Kind = QemuEventKind.InvalidateAll;
        return true;
    }

    private static bool TrySpaceMap(ByteParser p, ref QemuEvent e)
    {
        // The length is hexadecimal without 0x.
        e.Kind = QemuEventKind.SpaceMap;
        if (!p.TryLiteral("as:"u8) || !p.TryHex(out e.Id) || !p.TryLiteral(" addr "u8) || !p.TryHex(out e.Address) || !p.TryLiteral(":"u8)
            || !p.TryHex(out e.Length) || !p.TryLiteral(" write:"u8) || !p.TryDecimal(out ulong write)) return false;
        e.IsWrite = write == 1;
        return write <= 1 && e.Length > 0 && e.Length - 1 <= ulong.MaxValue - e.Address;
    }

    private static bool TryNvme(ReadOnlySpan<byte> name, ByteParser p, ref QemuEvent e)
    {
        // Queue ids, sizes and lengths are decimal; qsize is the number of entries less one.
        bool submission = name.SequenceEqual("pci_nvme_create_sq"u8);
        if (submission || name.SequenceEqual("pci_nvme_create_cq"u8))
        {
            e.Kind = submission ? QemuEventKind.NvmeSubmissionQueue : QemuEventKind.NvmeCompletionQueue;
            if (!p.TrySkipPast("addr="u8) || !p.TryHex(out e.Address) || !p.TrySkipPast("qid="u8) || !p.TryDecimal(out e.Id)
                || !p.TrySkipPast("qsize="u8) || !p.TryDecimal(out ulong size) || size > ushort.MaxValue) return false;
            e.Length = (size + 1) * (submission ? 64UL : 16UL);
            return e.Length - 1 <= ulong.MaxValue - e.Address;
        }
        if (name.SequenceEqual("pci_nvme_enqueue_req_completion"u8))
        {
            e.Kind = QemuEventKind.NvmeCompletion;
            return p.TrySkipPast("cqid "u8) && p.TryDecimal(out e.Id);
        }
        if (name.SequenceEqual("pci_nvme_map_addr"u8))
        {
            e.Kind = QemuEventKind.NvmeBuffer;
            return p.TrySkipPast("addr "u8) && p.TryHex(out e.Address) && p.TryLiteral(" len "u8) && p.TryDecimal(out e.Length) && e.Length > 0 && e.Length - 1 <= ulong.MaxValue - e.Address;
        }
        if (name.SequenceEqual("pci_nvme_map_prp"u8))
        {
            e.Kind = QemuEventKind.NvmePrp;
            return p.TrySkipPast("prp2 "u8) && p.TryHex(out e.Address) && p.TryLiteral(" num_prps "u8) && p.TryDecimal(out e.Value);
        }
        return true;
    }

    private static bool TryNic(ReadOnlySpan<byte> name, ByteParser p, ref QemuEvent e)
    {
        if (name.SequenceEqual("e1000e_rx_descr"u8))
        {
            e.Kind = QemuEventKind.NicReceiveDescriptor;
            return p.TrySkipPast("PA: "u8) && p.TryHex(out e.Address) && p.TryLiteral(", length: "u8) && p.TryDecimal(out e.Length);
        }
        if (name.SequenceEqual("e1000e_rx_desc_buff_write"u8))
        {
            e.Kind = QemuEventKind.NicReceiveWrite;
            if (!p.TrySkipPast("addr: "u8) || !p.TryHex(out e.Address) || !p.TryLiteral(", offset: "u8) || !p.TryDecimal(out ulong offset)
                || !p.TrySkipPast("length: "u8) || !p.TryDecimal(out e.Length) || e.Length == 0 || offset > ulong.MaxValue - e.Address) return false;
            e.Address += offset;
            return e.Length - 1 <= ulong.MaxValue - e.Address;
        }
        if (name.SequenceEqual("e1000e_tx_descr"u8)) e.Kind = QemuEventKind.NicTransmitDescriptor;
        return true;
    }

    private static bool TryVirtio(ReadOnlySpan<byte> name, ByteParser p, ref QemuEvent e)
    {
        if (name.StartsWith("virtio_blk_handle_"u8)) e.Kind = QemuEventKind.VirtioBlock;
        else if (name.SequenceEqual("virtqueue_pop"u8) || name.SequenceEqual("virtqueue_fill"u8))
        {
            e.Kind = name.SequenceEqual("virtqueue_pop"u8) ? QemuEventKind.VirtqueuePop : QemuEventKind.VirtqueueFill;
            return p.TryLiteral("vq "u8) && p.TryHex(out e.Id);
        }
        return true;
    }

    private static bool TryConfig(ByteParser p, ref QemuEvent e)
    {
        e.Kind = QemuEventKind.PciConfig;
        return p.TryToken(out _) && p.TryLiteral(" "u8) && TryDevice(ref p, ref e) && p.TryLiteral(" @"u8) && p.TryHex(out e.Id) && p.TryLiteral(" <- "u8) && p.TryHex(out e.Value);
    }

    /// <summary>The device name in a pci_cfg_write line, for the first line of each device only: it costs a string.</summary>
    public static string ConfigDeviceName(ReadOnlySpan<byte> line)
    {
        ByteParser p = new(line);
        return p.TrySkipPast("pci_cfg_write "u8) && p.TryToken(out ReadOnlySpan<byte> name) ? Encoding.UTF8.GetString(name) : "";
    }

    private static bool TryMask(ref ByteParser p, ref QemuEvent e)
    {
        if (!p.TryHex(out ulong mask) || mask is < 0xFFF or > LargestPageMask || (mask & (mask + 1)) != 0) return false;
        e.Length = mask + 1;
        return true;
    }

    private static bool TrySourceId(ref ByteParser p, ref QemuEvent e)
    {
        if (!p.TryHex(out ulong id) || id > ushort.MaxValue) return false;
        (e.Device, e.HasDevice) = (new((ushort)id), true);
        return true;
    }

    private static bool TryDevice(ref ByteParser p, ref QemuEvent e)
    {
        if (!p.TryToken(out ReadOnlySpan<byte> token) || token.Length > 16) return false;
        Span<char> text = stackalloc char[16];
        int length = Encoding.ASCII.GetChars(token, text);
        e.HasDevice = RequesterId.TryParse(text[..length], out e.Device);
        return e.HasDevice;
    }
}
