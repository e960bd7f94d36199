namespace Workbench.Iommu.Vtd;

/// <summary>How a PASID-table entry translates: the PGTT field, bits 8:6. VT-d §9.6 "Scalable-Mode PASID Table Entry" [L].</summary>
public enum VtdTranslationType : byte
{
    /// <summary>Not a type: 0 and 5 to 7 are reserved and fault with <see cref="VtdFaultReason.PasidEntryInvalid"/>.</summary>
    Reserved = 0,
    /// <summary>First stage only (CPU-compatible tables); needs ECAP.FLTS.</summary>
    FirstStage = 1,
    /// <summary>Second stage only; needs ECAP.SSTS. One of the two types that SSADE is for.</summary>
    SecondStage = 2,
    /// <summary>First stage over second stage; needs ECAP.NEST. SSADE is for its second stage.</summary>
    Nested = 3,
    /// <summary>No translation; needs ECAP.PT.</summary>
    PassThrough = 4,
}
