namespace Workbench.Iommu.Smmu;

/// <summary>Why a stream table entry is ILLEGAL; each ends the transaction with C_BAD_STE. IHI 0070 §5.2.2, in its order [S].</summary>
public enum SmmuStreamError : byte
{
    /// <summary>The entry is legal.</summary>
    None = 0,
    /// <summary>V is 0.</summary>
    NotValid,
    /// <summary>Config enables stage 1 on a part without it.</summary>
    Stage1Unsupported,
    /// <summary>Config enables stage 2 on a part without it.</summary>
    Stage2Unsupported,
    /// <summary>EATS asks for split-stage ATS without both stages, with S2S, or on a part with NS1ATS.</summary>
    SplitStageAtsNotPossible,
    /// <summary>EATS asks for full ATS while stage 2 stalls.</summary>
    AtsWithStall,
    /// <summary>STRW is used and names EL3 or the reserved code.</summary>
    StreamWorldReserved,
    /// <summary>S1STALLD is set on a part where stalling is no choice.</summary>
    StallDisableNotPossible,
    /// <summary>S1CDMax exceeds IDR1.SSIDSIZE.</summary>
    TooManyContexts,
    /// <summary>S1Fmt has two levels without IDR0.CD2L.</summary>
    TwoLevelContextsUnsupported,
    /// <summary>S1ContextPtr is above OAS, or IAS if nested. A part may instead truncate it or fail to fetch.</summary>
    ContextTableOutOfRange,
    /// <summary>S2FWB with LPAE tables.</summary>
    ForcedWriteBackWithLpae,
    /// <summary>S2S is set on a part that never stalls.</summary>
    StallUnsupported,
    /// <summary>S2S is clear on a part that always stalls.</summary>
    StallRequired,
    /// <summary>S2AA64 names a table format the part does not have.</summary>
    TableFormatUnsupported,
    /// <summary>S2HA or S2HD without IDR0.HTTU, or with LPAE tables.</summary>
    HardwareUpdateUnsupported,
    /// <summary>S2HD on a part that updates the access flag only (HTTU 1).</summary>
    DirtyUpdateUnsupported,
    /// <summary>S2HAFT without S2HA.</summary>
    TableAccessFlagAlone,
    /// <summary>S2TG is reserved or a granule the part does not have.</summary>
    GranuleUnsupported,
    /// <summary>S2TTB is above the effective S2PS, or above 48 bits with a small granule.</summary>
    TableOutOfRange,
    /// <summary>S2T0SZ is out of its range.</summary>
    InputSizeOutOfRange,
    /// <summary>S2SL0 is reserved or inconsistent with S2T0SZ and S2TG.</summary>
    StartLevelInconsistent,
    /// <summary>S2ENDI names a byte order the part does not have.</summary>
    EndiannessUnsupported,
    /// <summary>S2VMID has more than 8 bits without IDR0.VMID16.</summary>
    VmidTooLarge,
}
