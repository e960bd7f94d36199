namespace Workbench.Iommu.Caches;

/// <summary>How a page number chooses its set.</summary>
public enum IndexFunction : byte
{
    /// <summary>The low bits of the page number.</summary>
    Modulo,
    /// <summary>A multiplicative hash of page number and owner.</summary>
    Hash,
}
