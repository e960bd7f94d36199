namespace Workbench.Iommu.Vtd;

/// <summary>Type of an invalidation-queue descriptor: bits 11:9 above bits 3:0; all known types have 11:9 clear. VT-d §6.5.2 [L][M].</summary>
public enum VtdDescriptorType : byte
{
    /// <summary>Drops cached context entries (cc_inv_dsc).</summary>
    ContextCache = 1,
    /// <summary>Drops second-stage translations, or everything of a domain (iotlb_inv_dsc).</summary>
    Iotlb = 2,
    /// <summary>Drops translations a device holds for requests without PASID (dev_tlb_inv_dsc).</summary>
    DeviceTlb = 3,
    /// <summary>Drops cached interrupt-remapping entries (iec_inv_dsc). Interrupt remapping is not modelled.</summary>
    InterruptEntryCache = 4,
    /// <summary>Reports that the descriptors before it are done (inv_wait_dsc).</summary>
    Wait = 5,
    /// <summary>Drops first-stage and nested translations of a PASID (p_iotlb_inv_dsc).</summary>
    PasidIotlb = 6,
    /// <summary>Drops cached PASID-table entries (pc_inv_dsc).</summary>
    PasidCache = 7,
    /// <summary>Drops translations a device holds for a PASID (p_dev_tlb_inv_dsc).</summary>
    PasidDeviceTlb = 8,
    /// <summary>Answers a page request (page_grp_resp_dsc); needs ECAP.PRS.</summary>
    PageGroupResponse = 9,
}
