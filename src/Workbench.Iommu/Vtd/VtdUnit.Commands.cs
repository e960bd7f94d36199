using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <content>What the descriptors of the invalidation queue do.</content>
public sealed partial class VtdUnit
{
    private void Execute(in VtdDescriptor d)
    {
        IIommu target = engine ?? throw new InvalidOperationException("The unit has no engine; build it through VtdIommu.");
        switch (d.Type)
        {
            case VtdDescriptorType.ContextCache when d.ContextGranularity == VtdContextGranularity.Device:
                // FM ignores that many low function bits, so up to eight functions are meant.
                int group = d.SourceId.Value & ~((1 << d.FunctionMask) - 1);
                for (int i = 0; i < 1 << d.FunctionMask; i++) target.Execute(InvalidationRequest.OfDevice(new((ushort)(group | i))));
                break;
            case VtdDescriptorType.ContextCache:
                target.Execute(d.ContextGranularity == VtdContextGranularity.Domain ? InvalidationRequest.ContextsOf(d.DomainId) : InvalidationRequest.AllContexts);
                break;
            case VtdDescriptorType.PasidCache:
                target.Execute(d.PasidCacheGranularity switch
                {
                    VtdPasidCacheGranularity.Pasid => InvalidationRequest.ContextsOf(d.DomainId, d.Pasid),
                    VtdPasidCacheGranularity.Domain => InvalidationRequest.ContextsOf(d.DomainId),
                    _ => InvalidationRequest.AllContexts,
                });
                break;
            case VtdDescriptorType.Iotlb:
                ExecuteIotlb(d, target);
                break;
            case VtdDescriptorType.PasidIotlb:
                TagMatch space = TagMatch.Exactly(new(d.DomainId, d.Pasid.Value));
                AlignedRange pages = d.Range;
                target.Execute(d.PasidIotlbGranularity == VtdPasidIotlbGranularity.Page
                    ? InvalidationRequest.Range(space, pages.Base, pages.LastByte, d.IsLeafOnly)
                    : InvalidationRequest.Of(space));
                break;
            case VtdDescriptorType.DeviceTlb or VtdDescriptorType.PasidDeviceTlb:
                // Check has seen that the size code is one. Without a PASID in the message the device drops the range for every PASID.
                d.DeviceTlbAddress.TryDecode(out AlignedRange held);
                Pasid? pasid = d.Type == VtdDescriptorType.DeviceTlb || d.IsForEveryPasid ? null : d.Pasid;
                target.Execute(InvalidationRequest.OfDeviceTlb(d.SourceId, pasid, held.Base, held.LastByte));
                break;
            case VtdDescriptorType.Wait:
                target.Execute(InvalidationRequest.Fence);
                if (d.WritesStatus) memory.Write32(d.StatusAddress, d.StatusData);
                break;
            case VtdDescriptorType.PageGroupResponse:
                Answer(d);
                break;
            default:
                // Interrupt entries: there are none cached.
                break;
        }
    }

    private void ExecuteIotlb(in VtdDescriptor d, IIommu target)
    {
        switch (d.IotlbGranularity)
        {
            case VtdIotlbGranularity.Page:
                AlignedRange range = d.Range;
                target.Execute(InvalidationRequest.Range(d.DomainId, range.Base, range.LastByte, d.IsLeafOnly));
                // The range is one of second-stage inputs; what first stages made of them lies anywhere, so all of the domain's goes.
                if (hasLocatedSpaces) target.Execute(InvalidationRequest.Of(TagMatch.SpacesOf(d.DomainId)));
                break;
            case VtdIotlbGranularity.Domain:
                target.Execute(InvalidationRequest.WholeDomain(d.DomainId));
                break;
            default:
                target.Execute(InvalidationRequest.Everything);
                break;
        }
    }
}
