namespace Workbench.Iommu.Invalidation;

/// <summary>What an invalidation reaches.</summary>
public enum InvalidationScope : byte
{
    /// <summary>Translations of a range in one domain.</summary>
    Range,
    /// <summary>All translations of one domain.</summary>
    Domain,
    /// <summary>All translations.</summary>
    All,
    /// <summary>The device (context) entry of one requester, and what was derived from it.</summary>
    Device,
    /// <summary>Device and PASID entries of one domain.</summary>
    DomainContexts,
    /// <summary>All device and PASID entries.</summary>
    AllContexts,
}
