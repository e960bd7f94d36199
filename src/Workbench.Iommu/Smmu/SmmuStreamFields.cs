namespace Workbench.Iommu.Smmu;

/// <summary>Shape of a table of context descriptors: STE.S1Fmt, bits 5:4. IHI 0070 §5.2 [S].</summary>
public enum SmmuContextFormat : byte
{
    /// <summary>One array of descriptors, indexed by the SubstreamID.</summary>
    Linear = 0,
    /// <summary>Two levels; leaf tables of 4 KiB hold 64 descriptors.</summary>
    TwoLevel4K = 1,
    /// <summary>Two levels; leaf tables of 64 KiB hold 1024 descriptors.</summary>
    TwoLevel64K = 2,
    /// <summary>Reserved; behaves as <see cref="Linear"/>.</summary>
    Reserved = 3,
}

/// <summary>What a transaction without SubstreamID gets while substreams are enabled: STE.S1DSS, bits 65:64. IHI 0070 §5.2 [S].</summary>
public enum SmmuDefaultSubstream : byte
{
    /// <summary>It is aborted with F_STREAM_DISABLED.</summary>
    Terminate = 0,
    /// <summary>It bypasses stage 1.</summary>
    BypassStage1 = 1,
    /// <summary>It uses context 0, which then no substream may use.</summary>
    UseContext0 = 2,
    /// <summary>Reserved; behaves as <see cref="Terminate"/>.</summary>
    Reserved = 3,
}

/// <summary>Whether the device may use ATS: STE.EATS, bits 93:92. IHI 0070 §5.2 [S].</summary>
public enum SmmuAtsMode : byte
{
    /// <summary>Translation requests are refused with F_BAD_ATS_TREQ.</summary>
    Disabled = 0,
    /// <summary>A translation request is served by all enabled stages.</summary>
    Full = 1,
    /// <summary>A translation request is served by stage 1, the translated traffic then goes through stage 2.</summary>
    SplitStage = 2,
    /// <summary>As <see cref="Full"/> with a device permission table; behaves as <see cref="Disabled"/> on a part without one.</summary>
    FullWithPermissionTable = 3,
}

/// <summary>Exception level that owns a stage-1 stream of the Non-secure state: STE.STRW, bits 95:94. IHI 0070 §5.2 [S].</summary>
public enum SmmuStreamWorld : byte
{
    /// <summary>NS-EL1: entries are tagged with ASID and, if stage 2 exists, VMID.</summary>
    El1 = 0,
    /// <summary>EL3, which no Non-secure stream may use.</summary>
    El3 = 1,
    /// <summary>NS-EL2 without ASID or, with SMMU_CR2.E2H, NS-EL2-E2H with ASID.</summary>
    El2 = 2,
    /// <summary>Reserved.</summary>
    Reserved = 3,
}
