namespace Workbench.Iommu.Vtd;

/// <summary>What a context-cache descriptor drops, bits 5:4; 0 is reserved. VT-d §6.5.2.1 [L].</summary>
public enum VtdContextGranularity : byte
{
    /// <summary>Every context entry.</summary>
    Global = 1,
    /// <summary>The context entries of a domain.</summary>
    Domain = 2,
    /// <summary>The context entries of a requester, or of a group through the function mask.</summary>
    Device = 3,
}

/// <summary>What an IOTLB descriptor drops, bits 5:4; 0 is reserved. VT-d §6.5.2.3 [L].</summary>
public enum VtdIotlbGranularity : byte
{
    /// <summary>Every translation.</summary>
    Global = 1,
    /// <summary>The translations of a domain.</summary>
    Domain = 2,
    /// <summary>The translations of a range of a domain.</summary>
    Page = 3,
}

/// <summary>What a PASID-based IOTLB descriptor drops, bits 5:4; 0 and 1 are reserved. VT-d §6.5.2.4 [L].</summary>
public enum VtdPasidIotlbGranularity : byte
{
    /// <summary>The non-global translations of a PASID.</summary>
    Pasid = 2,
    /// <summary>The translations of a range of a PASID.</summary>
    Page = 3,
}

/// <summary>What a PASID-cache descriptor drops, bits 5:4; 2 is reserved. VT-d §6.5.2.2 [L].</summary>
public enum VtdPasidCacheGranularity : byte
{
    /// <summary>The PASID entries of a domain.</summary>
    Domain = 0,
    /// <summary>The entry of one PASID of a domain.</summary>
    Pasid = 1,
    /// <summary>Every PASID entry.</summary>
    Global = 3,
}
