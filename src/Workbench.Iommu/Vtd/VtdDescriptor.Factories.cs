using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.Vtd;

/// <content>Building descriptors as software does.</content>
public readonly partial record struct VtdDescriptor
{
    /// <summary>Drops every context entry.</summary>
    public static VtdDescriptor ContextCacheGlobal() => new(Head(VtdDescriptorType.ContextCache, (int)VtdContextGranularity.Global), 0);

    /// <summary>Drops the context entries of a domain (legacy mode) or its tag (scalable mode).</summary>
    public static VtdDescriptor ContextCacheDomain(DomainId domain) =>
        new(Head(VtdDescriptorType.ContextCache, (int)VtdContextGranularity.Domain).WithField(31, 16, domain.Value), 0);

    /// <summary>Drops the context entry of a requester; a function mask of 1 to 3 ignores that many low function bits.</summary>
    public static VtdDescriptor ContextCacheDevice(DomainId domain, RequesterId source, int functionMask = 0) =>
        new(Head(VtdDescriptorType.ContextCache, (int)VtdContextGranularity.Device)
            .WithField(31, 16, domain.Value).WithField(47, 32, source.Value).WithField(49, 48, (ulong)functionMask), 0);

    /// <summary>Drops every translation.</summary>
    public static VtdDescriptor IotlbGlobal(bool drainWrites = true, bool drainReads = true) =>
        new(Iotlb(VtdIotlbGranularity.Global, default, drainWrites, drainReads), 0);

    /// <summary>Drops the translations of a domain.</summary>
    public static VtdDescriptor IotlbDomain(DomainId domain, bool drainWrites = true, bool drainReads = true) =>
        new(Iotlb(VtdIotlbGranularity.Domain, domain, drainWrites, drainReads), 0);

    /// <summary>Drops the translations of a range of a domain; <paramref name="leafOnly"/> if no table page was changed or freed.</summary>
    public static VtdDescriptor IotlbPages(DomainId domain, AlignedRange range, bool leafOnly = false, bool drainWrites = true, bool drainReads = true) =>
        new(Iotlb(VtdIotlbGranularity.Page, domain, drainWrites, drainReads), RangeWord(range, leafOnly));

    /// <summary>Drops what a device holds of a range for requests without PASID.</summary>
    public static VtdDescriptor DeviceTlb(RequesterId source, AlignedRange range, int maximumPending = 0, RequesterId physicalFunction = default)
    {
        AtsAddress address = AtsAddress.Encode(range);
        ulong word = WithPhysicalFunction(Head(VtdDescriptorType.DeviceTlb, 0), physicalFunction)
            .WithField(20, 16, (ulong)maximumPending).WithField(47, 32, source.Value);
        return new(word, address.Address.WithBit(0, address.HasSize));
    }

    /// <summary>Drops the non-global first-stage and nested translations of a PASID.</summary>
    public static VtdDescriptor PasidIotlbAll(DomainId domain, Pasid pasid) =>
        new(WithPasid(Head(VtdDescriptorType.PasidIotlb, (int)VtdPasidIotlbGranularity.Pasid), domain, pasid), 0);

    /// <summary>Drops the first-stage and nested translations of a range of a PASID. Any mask is allowed: MAMV does not bind it [S*].</summary>
    public static VtdDescriptor PasidIotlbPages(DomainId domain, Pasid pasid, AlignedRange range, bool leafOnly = false) =>
        new(WithPasid(Head(VtdDescriptorType.PasidIotlb, (int)VtdPasidIotlbGranularity.Page), domain, pasid), RangeWord(range, leafOnly));

    /// <summary>Drops every cached PASID-table entry of a domain.</summary>
    public static VtdDescriptor PasidCacheDomain(DomainId domain) =>
        new(WithPasid(Head(VtdDescriptorType.PasidCache, (int)VtdPasidCacheGranularity.Domain), domain, default), 0);

    /// <summary>Drops the cached PASID-table entry of one PASID of a domain: the first step after changing SSADE.</summary>
    public static VtdDescriptor PasidCachePasid(DomainId domain, Pasid pasid) =>
        new(WithPasid(Head(VtdDescriptorType.PasidCache, (int)VtdPasidCacheGranularity.Pasid), domain, pasid), 0);

    /// <summary>Drops every cached PASID-table entry.</summary>
    public static VtdDescriptor PasidCacheGlobal() => new(Head(VtdDescriptorType.PasidCache, (int)VtdPasidCacheGranularity.Global), 0);

    /// <summary>Drops what a device holds of a range for a PASID, or for every PASID.</summary>
    public static VtdDescriptor PasidDeviceTlb(
        RequesterId source, Pasid pasid, AlignedRange range, bool everyPasid = false, int maximumPending = 0, RequesterId physicalFunction = default)
    {
        AtsAddress address = AtsAddress.Encode(range);
        ulong word = WithPhysicalFunction(Head(VtdDescriptorType.PasidDeviceTlb, 0), physicalFunction)
            .WithField(8, 4, (ulong)maximumPending).WithField(31, 16, source.Value).WithField(51, 32, pasid.Value);
        return new(word, address.Address.WithBit(0, everyPasid).WithBit(11, address.HasSize));
    }

    /// <summary>Answers a page request: the device may ask for the translation again, or gives up.</summary>
    public static VtdDescriptor PageGroupResponse(RequesterId device, Pasid? pasid, int group, PageResponse response) =>
        new(Head(VtdDescriptorType.PageGroupResponse, 0)
            .WithBit(4, pasid is not null).WithField(15, 12, response switch { PageResponse.Success => 0UL, PageResponse.InvalidRequest => 1UL, _ => 15UL })
            .WithField(31, 16, device.Value).WithField(51, 32, pasid?.Value ?? 0), 0UL.WithField(11, 3, (ulong)group));

    /// <summary>Writes a status word when everything before is done.</summary>
    public static VtdDescriptor WaitWithStatus(Spa statusAddress, uint statusData, bool fence = false, bool interrupt = false, bool drainPageRequests = false)
    {
        if ((statusAddress.Value & 3) != 0)
            throw new ArgumentOutOfRangeException(nameof(statusAddress), $"Status address {statusAddress} is not 4-byte aligned.");
        ulong word = Head(VtdDescriptorType.Wait, 0)
            .WithBit(4, interrupt).WithBit(5, true).WithBit(6, fence).WithBit(7, drainPageRequests).WithField(63, 32, statusData);
        return new(word, statusAddress.Value);
    }

    /// <summary>Raises the completion interrupt when everything before is done, writing nothing.</summary>
    public static VtdDescriptor WaitWithInterrupt(bool fence = false) =>
        new(Head(VtdDescriptorType.Wait, 0).WithBit(4, true).WithBit(6, fence), 0);

    private static ulong Head(VtdDescriptorType type, int granularity) => 0UL.WithField(3, 0, (ulong)type).WithField(5, 4, (ulong)granularity);

    private static ulong Iotlb(VtdIotlbGranularity granularity, DomainId domain, bool drainWrites, bool drainReads) =>
        Head(VtdDescriptorType.Iotlb, (int)granularity).WithBit(6, drainWrites).WithBit(7, drainReads).WithField(31, 16, domain.Value);

    private static ulong RangeWord(AlignedRange range, bool leafOnly) =>
        range.Base.WithField(5, 0, (ulong)range.AddressMask).WithBit(6, leafOnly);

    private static ulong WithPasid(ulong word, DomainId domain, Pasid pasid) =>
        word.WithField(31, 16, domain.Value).WithField(51, 32, pasid.Value);

    private static ulong WithPhysicalFunction(ulong word, RequesterId function) =>
        word.WithField(15, 12, (ulong)function.Value & 0xF).WithField(63, 52, (ulong)function.Value >> 4);
}
