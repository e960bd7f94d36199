namespace Workbench.Iommu.Smmu;

/// <summary>What happens to the traffic of a stream: STE.Config, bits 3:1. IHI 0070 §5.2 [S].</summary>
public enum SmmuStreamConfig : byte
{
    /// <summary>Every transaction is aborted, without an event. Codes 1 to 3 are reserved and behave the same; they are not illegal.</summary>
    Abort = 0,
    /// <summary>Addresses pass unchanged.</summary>
    Bypass = 4,
    /// <summary>Stage 1 translates, stage 2 is bypassed.</summary>
    Stage1 = 5,
    /// <summary>Stage 2 translates, stage 1 is bypassed.</summary>
    Stage2 = 6,
    /// <summary>Both stages translate: virtual to intermediate to physical.</summary>
    Nested = 7,
}
