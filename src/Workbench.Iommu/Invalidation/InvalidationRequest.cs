using Workbench.Iommu.Caches;

namespace Workbench.Iommu.Invalidation;

/// <summary>One neutral invalidation, decoded from a vendor's command.</summary>
public readonly struct InvalidationRequest
{
    /// <summary>What it reaches.</summary>
    public InvalidationScope Scope { get; private init; }
    /// <summary>Whose translations, for Range and Tags.</summary>
    public TagMatch Tags { get; private init; }
    /// <summary>The domain of a DomainContexts or PasidContexts scope.</summary>
    public DomainId Domain { get; private init; }
    /// <summary>The requester of a Device, DevicePasid or DeviceTlb scope.</summary>
    public RequesterId Device { get; private init; }
    /// <summary>The PASID of a DevicePasid, PasidContexts or DeviceTlb scope; for DeviceTlb null means every PASID, and requests without.</summary>
    public Pasid? Pasid { get; private init; }
    /// <summary>First byte of a Range or DeviceTlb scope.</summary>
    public ulong FirstByte { get; private init; }
    /// <summary>Last byte of a Range or DeviceTlb scope.</summary>
    public ulong LastByte { get; private init; }
    /// <summary>Only leaf entries changed: paging-structure caches may be kept.</summary>
    public bool LeafOnly { get; private init; }

    /// <summary>Sizes of the leaves that a Range reaches: bit n set means 2^n bytes.</summary>
    public ulong LeafSizes { get; private init; }

    /// <summary>Drop translations of first..last of a domain's own table.</summary>
    public static InvalidationRequest Range(DomainId domain, ulong firstByte, ulong lastByte, bool leafOnly) => Range(TagMatch.Exactly(new(domain)), firstByte, lastByte, leafOnly);

    /// <summary>Drop translations of first..last of the tags that match; only those of leaves of the sizes named, if the command carries a hint (SMMUv3 TTL).</summary>
    public static InvalidationRequest Range(TagMatch tags, ulong firstByte, ulong lastByte, bool leafOnly, ulong leafSizes = ulong.MaxValue) =>
        new() { Scope = InvalidationScope.Range, Tags = tags, FirstByte = firstByte, LastByte = lastByte, LeafOnly = leafOnly, LeafSizes = leafSizes };

    /// <summary>Drop all translations of a domain, those of its address spaces too.</summary>
    public static InvalidationRequest WholeDomain(DomainId domain) => Of(TagMatch.WholeDomain(domain));

    /// <summary>Drop all translations of the tags that match.</summary>
    public static InvalidationRequest Of(TagMatch tags) => new() { Scope = InvalidationScope.Tags, Tags = tags };

    /// <summary>Drop all translations.</summary>
    public static InvalidationRequest Everything { get; } = new() { Scope = InvalidationScope.All };

    /// <summary>Drop what is known of one device.</summary>
    public static InvalidationRequest OfDevice(RequesterId device) => new() { Scope = InvalidationScope.Device, Device = device };

    /// <summary>Drop what is known of one PASID of a device; PASID 0 stands for requests without PASID too.</summary>
    public static InvalidationRequest OfDevicePasid(RequesterId device, Pasid pasid) => new() { Scope = InvalidationScope.DevicePasid, Device = device, Pasid = pasid };

    /// <summary>Drop device and PASID entries of one domain.</summary>
    public static InvalidationRequest ContextsOf(DomainId domain) => new() { Scope = InvalidationScope.DomainContexts, Domain = domain };

    /// <summary>Drop the entries of one PASID that lead to one domain, whichever device they are of.</summary>
    public static InvalidationRequest ContextsOf(DomainId domain, Pasid pasid) => new() { Scope = InvalidationScope.PasidContexts, Domain = domain, Pasid = pasid };

    /// <summary>Drop all device and PASID entries.</summary>
    public static InvalidationRequest AllContexts { get; } = new() { Scope = InvalidationScope.AllContexts };

    /// <summary>Drop what a device itself has cached of first..last; a null PASID means every PASID, and requests without.</summary>
    public static InvalidationRequest OfDeviceTlb(RequesterId device, Pasid? pasid, ulong firstByte, ulong lastByte) =>
        new() { Scope = InvalidationScope.DeviceTlb, Device = device, Pasid = pasid, FirstByte = firstByte, LastByte = lastByte };

    /// <summary>Make visible what was done before.</summary>
    public static InvalidationRequest Fence { get; } = new() { Scope = InvalidationScope.Fence };
}
