namespace Workbench.Iommu.RiscV;

/// <summary>What kind of request faulted: TTYP of a fault record, 6 bits; 4 and 10 up are none. RISC-V IOMMU, "Fault/Event-Queue" [S][M][L].</summary>
public enum RiscVTransactionType : byte
{
    /// <summary>No request: an event of the unit itself.</summary>
    None = 0,
    /// <summary>An untranslated read for execution.</summary>
    UntranslatedExecute = 1,
    /// <summary>An untranslated read.</summary>
    UntranslatedRead = 2,
    /// <summary>An untranslated write or atomic operation.</summary>
    UntranslatedWrite = 3,
    /// <summary>A translated read for execution.</summary>
    TranslatedExecute = 5,
    /// <summary>A translated read.</summary>
    TranslatedRead = 6,
    /// <summary>A translated write or atomic operation.</summary>
    TranslatedWrite = 7,
    /// <summary>A PCIe ATS translation request.</summary>
    AtsTranslation = 8,
    /// <summary>A PCIe message.</summary>
    Message = 9,
}
