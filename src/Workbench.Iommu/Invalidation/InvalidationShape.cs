namespace Workbench.Iommu.Invalidation;

/// <summary>How the hull of a gather becomes commands.</summary>
public enum InvalidationShape : byte
{
    /// <summary>As Linux does on this vendor.</summary>
    AsLinux,
    /// <summary>One naturally aligned power of two around it: one command, often too much.</summary>
    AlignedPowerOfTwo,
    /// <summary>Naturally aligned powers of two that cover it exactly: nothing too much, often many commands.</summary>
    ExactPieces,
    /// <summary>One command for each smallest leaf.</summary>
    PerLeaf,
    /// <summary>Ranges of a number of granules times a power of two (SMMUv3 range invalidation).</summary>
    ScaledRanges,
    /// <summary>Always the whole domain.</summary>
    WholeDomain,
}
