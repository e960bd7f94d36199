namespace Workbench.Iommu.Smmu;

/// <summary>Why a command is refused; each stops the queue with CERROR_ILL. IHI 0070 §4.1.3 and the sections of the commands [S].</summary>
public enum SmmuCommandError : byte
{
    /// <summary>The command is legal.</summary>
    None = 0,
    /// <summary>The opcode is reserved or implementation defined.</summary>
    UnknownOpcode,
    /// <summary>The opcode belongs to the Secure command queue.</summary>
    SecureOpcode,
    /// <summary>SSec is set in the Non-secure queue.</summary>
    SecureStream,
    /// <summary>The opcode needs MPAM or DPT, which this model never offers.</summary>
    FeatureUnsupported,
    /// <summary>A stage-1 command on a part without stage 1.</summary>
    Stage1Unsupported,
    /// <summary>A stage-2 command on a part without stage 2.</summary>
    Stage2Unsupported,
    /// <summary>An EL2 command without IDR0.Hyp.</summary>
    El2Unsupported,
    /// <summary>ATC_INV without IDR0.ATS.</summary>
    AtsUnsupported,
    /// <summary>PRI_RESP without IDR0.PRI.</summary>
    PageRequestsUnsupported,
    /// <summary>RESUME or STALL_TERM on a part that never stalls.</summary>
    StallUnsupported,
    /// <summary>A field that the opcode or the part does not have is not 0. A part may ignore it instead (§4.1.5).</summary>
    ReservedBits,
    /// <summary>TG names a granule while NUM, SCALE and TTL are all 0, or count as 0.</summary>
    GranuleAlone,
    /// <summary>The size of ATC_INV is above 52. A part may do something unknown instead (§4.5.1).</summary>
    AtcSizeTooLarge,
    /// <summary>Resp of PRI_RESP is 3.</summary>
    ResponseReserved,
    /// <summary>CS of SYNC is 3.</summary>
    SignalReserved,
}
