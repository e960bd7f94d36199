namespace Workbench.Iommu.Smmu;

/// <summary>What an event record reports: its low byte. IHI 0070 §7.3 [S].</summary>
public enum SmmuEventCode : byte
{
    /// <summary>No event; the number is reserved.</summary>
    None = 0,
    /// <summary>A transaction of a type the SMMU does not take (F_UUT).</summary>
    UnsupportedTransaction = 0x01,
    /// <summary>The StreamID is beyond the stream table (C_BAD_STREAMID).</summary>
    BadStreamId = 0x02,
    /// <summary>The stream table entry could not be read (F_STE_FETCH).</summary>
    SteFetch = 0x03,
    /// <summary>The stream table entry is invalid or illegal (C_BAD_STE).</summary>
    BadSte = 0x04,
    /// <summary>A translation request of a stream without ATS (F_BAD_ATS_TREQ).</summary>
    BadAtsRequest = 0x05,
    /// <summary>A transaction without SubstreamID, or with 0, where S1DSS forbids it (F_STREAM_DISABLED).</summary>
    StreamDisabled = 0x06,
    /// <summary>A translated transaction of a stream without ATS (F_TRANSL_FORBIDDEN).</summary>
    TranslatedForbidden = 0x07,
    /// <summary>The SubstreamID is beyond the context table, or there are no substreams (C_BAD_SUBSTREAMID).</summary>
    BadSubstreamId = 0x08,
    /// <summary>The context descriptor could not be read (F_CD_FETCH).</summary>
    CdFetch = 0x09,
    /// <summary>The context descriptor is invalid or illegal (C_BAD_CD).</summary>
    BadCd = 0x0A,
    /// <summary>A translation descriptor could not be read or updated (F_WALK_EABT).</summary>
    WalkAbort = 0x0B,
    /// <summary>The address is out of range or not mapped (F_TRANSLATION).</summary>
    Translation = 0x10,
    /// <summary>An output address exceeds its size (F_ADDR_SIZE).</summary>
    AddressSize = 0x11,
    /// <summary>AF is 0 and hardware does not set it (F_ACCESS).</summary>
    Access = 0x12,
    /// <summary>The leaf does not allow the access (F_PERMISSION).</summary>
    Permission = 0x13,
    /// <summary>Several TLB entries match (F_TLB_CONFLICT).</summary>
    TlbConflict = 0x20,
    /// <summary>Several cached stream table entries match (F_CFG_CONFLICT).</summary>
    ConfigurationConflict = 0x21,
    /// <summary>A device hints that it will use pages (E_PAGE_REQUEST).</summary>
    PageRequestHint = 0x24,
    /// <summary>The virtual machine structure could not be read (F_VMS_FETCH). Needs MPAM, which is not modelled.</summary>
    VmsFetch = 0x25,
}
