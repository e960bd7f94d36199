using Workbench.Iommu.Caches;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Contexts;

/// <summary>What a device lookup resolves to on every vendor: whose translations these are, and by which tables they are made.</summary>
public sealed record TranslationContext
{
    /// <summary>The tag that cached translations of this context carry.</summary>
    public required CacheTag Tag { get; init; }
    /// <summary>The walker that knows the table's format; it belongs to the unit.</summary>
    public required IPageWalker Walker { get; init; }
    /// <summary>The stage that takes IOVAs; null if the context passes addresses through.</summary>
    public required TableStage? Table { get; init; }
    /// <summary>The second of two stages, which takes the first one's output; null if there is one stage.</summary>
    public TableStage? Parent { get; init; }
    /// <summary>The PASID whose entry this is; for requests without PASID the one that the device entry names for them.</summary>
    public Pasid Pasid { get; init; }
    /// <summary>May the device ask for translations (ATS)?</summary>
    public bool AllowsAts { get; init; }
    /// <summary>Is every translation request taken for one that will write (VT-d without ECAP.NWFS)?</summary>
    public bool IgnoresNoWrite { get; init; }
    /// <summary>Does a translation request hear of a malformed entry or an address out of range as of any page fault, with no permission and no record (RISC-V)?</summary>
    public bool PageFaultsAreRefusals { get; init; }

    /// <summary>Are faults recorded? Off where the device's entry suppresses them (FPD, DTF, CD.R = 0).</summary>
    public bool RecordsFaults { get; init; } = true;
    /// <summary>Are translation faults held until software answers (SMMUv3 stall)?</summary>
    public bool StallsFaults { get; init; }
    /// <summary>Are faults of the second of two stages recorded (STE.S2R)?</summary>
    public bool? ParentRecordsFaults { get; init; }
    /// <summary>Are faults of the second of two stages held (STE.S2S)?</summary>
    public bool ParentStallsFaults { get; init; }

    /// <summary>A context without tables: addresses are used as they are.</summary>
    public bool IsPassThrough => Table is null;
}
