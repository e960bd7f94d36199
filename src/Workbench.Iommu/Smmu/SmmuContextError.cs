namespace Workbench.Iommu.Smmu;

/// <summary>Why a context descriptor is ILLEGAL; each ends the transaction with C_BAD_CD. IHI 0070 §5.4.2, in its order [S].</summary>
public enum SmmuContextError : byte
{
    /// <summary>The descriptor is legal.</summary>
    None = 0,
    /// <summary>V is 0.</summary>
    NotValid,
    /// <summary>S is set while the stream forbids stage-1 stalls (STE.S1STALLD).</summary>
    StallDisabledByStream,
    /// <summary>A is clear on a part that always aborts (IDR0.TERM_MODEL).</summary>
    AbortRequired,
    /// <summary>S is set on a part that never stalls.</summary>
    StallUnsupported,
    /// <summary>S is clear on a part that always stalls.</summary>
    StallRequired,
    /// <summary>ENDI names a byte order the part does not have.</summary>
    EndiannessUnsupported,
    /// <summary>AA64 names a table format the part does not have, or that does not go with the stream world or with stage 2.</summary>
    TableFormatUnsupported,
    /// <summary>HA or HD without IDR0.HTTU.</summary>
    HardwareUpdateUnsupported,
    /// <summary>HD on a part that updates the access flag only (HTTU 1).</summary>
    DirtyUpdateUnsupported,
    /// <summary>HAFT without HA.</summary>
    TableAccessFlagAlone,
    /// <summary>ASID has more than 8 bits without IDR0.ASID16.</summary>
    AsidTooLarge,
    /// <summary>T0SZ or T1SZ of an enabled half is out of its range.</summary>
    InputSizeOutOfRange,
    /// <summary>TG0 or TG1 of an enabled half is reserved or a granule the part does not have.</summary>
    GranuleUnsupported,
    /// <summary>TTB0 or TTB1 of an enabled half is above the effective IPS, or above 48 bits with a small granule.</summary>
    TableOutOfRange,
}
