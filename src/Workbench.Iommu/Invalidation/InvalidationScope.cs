namespace Workbench.Iommu.Invalidation;

/// <summary>What an invalidation reaches.</summary>
public enum InvalidationScope : byte
{
    /// <summary>Translations of a range.</summary>
    Range,
    /// <summary>All translations of the tags named.</summary>
    Tags,
    /// <summary>All translations.</summary>
    All,
    /// <summary>The device (context) entry of one requester with all its PASIDs, and what was derived from it.</summary>
    Device,
    /// <summary>The entry of one PASID of one requester.</summary>
    DevicePasid,
    /// <summary>Device and PASID entries of one domain.</summary>
    DomainContexts,
    /// <summary>The entries of one PASID of one domain, of every device.</summary>
    PasidContexts,
    /// <summary>All device and PASID entries.</summary>
    AllContexts,
    /// <summary>Translations that a device keeps itself (ATS).</summary>
    DeviceTlb,
    /// <summary>Nothing is dropped: what was done before becomes visible (CMD_SYNC, IOFENCE.C, COMPLETION_WAIT, wait descriptor).</summary>
    Fence,
}
