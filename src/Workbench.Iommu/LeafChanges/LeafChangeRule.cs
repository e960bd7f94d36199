namespace Workbench.Iommu.LeafChanges;

/// <summary>How a part lets the size of a leaf change while devices use it.</summary>
public enum LeafChangeRule : byte
{
    /// <summary>The new entries are stored over the old, then what is cached is invalidated: AMD, VT-d, RISC-V, and SMMUv3 with IDR3.BBML = 2.</summary>
    AtOnce,
    /// <summary>The old entries are made invalid and invalidated before the new ones are written; DMA faults in between: SMMUv3 with IDR3.BBML = 0.</summary>
    BreakBeforeMake,
    /// <summary>The block is marked nT while its size changes: SMMUv3 with IDR3.BBML = 1. IHI 0070 §3.21.1 [S].</summary>
    NonTranslating,
}
