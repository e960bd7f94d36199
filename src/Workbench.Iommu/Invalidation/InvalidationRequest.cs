namespace Workbench.Iommu.Invalidation;

/// <summary>One neutral invalidation, decoded from a vendor's command.</summary>
public readonly struct InvalidationRequest
{
    /// <summary>What it reaches.</summary>
    public InvalidationScope Scope { get; private init; }
    /// <summary>The domain, where the scope names one.</summary>
    public DomainId Domain { get; private init; }
    /// <summary>The requester of a Device scope.</summary>
    public RequesterId Device { get; private init; }
    /// <summary>First byte of a Range.</summary>
    public ulong FirstByte { get; private init; }
    /// <summary>Last byte of a Range.</summary>
    public ulong LastByte { get; private init; }
    /// <summary>Only leaf entries changed: paging-structure caches may be kept.</summary>
    public bool LeafOnly { get; private init; }

    /// <summary>Drop translations of first..last in a domain.</summary>
    public static InvalidationRequest Range(DomainId domain, ulong firstByte, ulong lastByte, bool leafOnly) =>
        new() { Scope = InvalidationScope.Range, Domain = domain, FirstByte = firstByte, LastByte = lastByte, LeafOnly = leafOnly };

    /// <summary>Drop all translations of a domain.</summary>
    public static InvalidationRequest WholeDomain(DomainId domain) => new() { Scope = InvalidationScope.Domain, Domain = domain };

    /// <summary>Drop all translations.</summary>
    public static InvalidationRequest Everything { get; } = new() { Scope = InvalidationScope.All };

    /// <summary>Drop what is known of one device.</summary>
    public static InvalidationRequest OfDevice(RequesterId device) => new() { Scope = InvalidationScope.Device, Device = device };

    /// <summary>Drop device and PASID entries of one domain.</summary>
    public static InvalidationRequest ContextsOf(DomainId domain) => new() { Scope = InvalidationScope.DomainContexts, Domain = domain };

    /// <summary>Drop all device and PASID entries.</summary>
    public static InvalidationRequest AllContexts { get; } = new() { Scope = InvalidationScope.AllContexts };
}
