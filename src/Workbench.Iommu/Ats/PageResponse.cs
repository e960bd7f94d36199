namespace Workbench.Iommu.Ats;

/// <summary>Software's answer to a page request. PCIe 6.0 §10.4.2.1.</summary>
public enum PageResponse : byte
{
    /// <summary>The page is there: ask for the translation again.</summary>
    Success,
    /// <summary>The page will not be there.</summary>
    InvalidRequest,
    /// <summary>The request could not be handled at all.</summary>
    Failure,
}
