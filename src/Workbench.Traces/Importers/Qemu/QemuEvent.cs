using Workbench.Iommu;

namespace Workbench.Traces.Importers.Qemu;

/// <summary>The lines of a QEMU log that matter here.</summary>
internal enum QemuEventKind : byte
{
    /// <summary>A line of no interest.</summary>
    Other,
    /// <summary>The IOTLB held the page (vtd_iotlb_page_hit, amdvi_iotlb_hit, smmu_iotlb_lookup_hit).</summary>
    CacheHit,
    /// <summary>The IOTLB was filled (vtd_iotlb_page_update, amdvi_cache_update, smmu_iotlb_insert).</summary>
    CacheFill,
    /// <summary>One translation done (vtd_dmar_translate, amdvi_translation_result, smmuv3_translate_success).</summary>
    Translated,
    /// <summary>A device's context was read (vtd_iotlb_cc_update): it uses a domain.</summary>
    ContextRead,
    /// <summary>Invalidation of a range in a domain.</summary>
    InvalidateRange,
    /// <summary>Invalidation of a domain.</summary>
    InvalidateDomain,
    /// <summary>Invalidation of everything.</summary>
    InvalidateAll,
    /// <summary>address_space_map: a data access with length and direction, but no device.</summary>
    SpaceMap,
    /// <summary>pci_nvme_create_sq: where a submission queue lies.</summary>
    NvmeSubmissionQueue,
    /// <summary>pci_nvme_create_cq: where a completion queue lies.</summary>
    NvmeCompletionQueue,
    /// <summary>pci_nvme_enqueue_req_completion: a completion entry will be written.</summary>
    NvmeCompletion,
    /// <summary>pci_nvme_map_addr: a piece of a command's buffer.</summary>
    NvmeBuffer,
    /// <summary>pci_nvme_map_prp: a command's buffer list, which may lie in memory.</summary>
    NvmePrp,
    /// <summary>e1000e_rx_descr: the descriptor just read.</summary>
    NicReceiveDescriptor,
    /// <summary>e1000e_rx_desc_buff_write: payload will be written.</summary>
    NicReceiveWrite,
    /// <summary>e1000e_tx_descr: a transmit descriptor was read.</summary>
    NicTransmitDescriptor,
    /// <summary>virtqueue_pop.</summary>
    VirtqueuePop,
    /// <summary>virtqueue_fill: a used element will be written.</summary>
    VirtqueueFill,
    /// <summary>virtio_blk_handle_*: the queue popped last is a virtio disk's.</summary>
    VirtioBlock,
    /// <summary>pci_cfg_write: names a device; on the host bridge's interrupt line register it is a mark.</summary>
    PciConfig,
}

/// <summary>One parsed line; which fields count depends on the kind.</summary>
internal struct QemuEvent
{
    public QemuEventKind Kind;
    /// <summary>Nanoseconds since 1970, in steps of 1000.</summary>
    public long TimeNs;
    public uint Thread;
    public RequesterId Device;
    public bool HasDevice;
    public ulong Address;
    public ulong Length;
    public ulong Physical;
    /// <summary>Domain id, queue id, register, virtqueue or address space, by kind.</summary>
    public ulong Id;
    public ulong Value;
    public Permission Permission;
    public bool HasPermission;
    public bool HasDomain;
    public bool IsWrite;
    /// <summary>Which IOMMU the line is of, where that can be told.</summary>
    public QemuDialect Dialect;
}

/// <summary>Whose trace events a log holds.</summary>
internal enum QemuDialect : byte
{
    Unknown,
    Vtd,
    AmdVi,
    Smmuv3,
}
