using Workbench.Display;
using Workbench.Iommu.Display;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>An address space as the driver keeps it: a table, a cache tag and the devices that use it.</summary>
[TypeFormatterSource(typeof(SelfFormatter<Domain, DomainDisplay>))]
public sealed class Domain(DomainId id, IPageTable table)
{
    /// <summary>The tag of its translations in caches.</summary>
    public DomainId Id { get; } = id;
    /// <summary>Its table.</summary>
    public IPageTable Table { get; } = table;
    /// <summary>The devices attached, in order of attachment.</summary>
    public IReadOnlyList<(RequesterId Device, Pasid? Pasid)> Attachments => attachments;
    /// <summary>Is dirty tracking on?</summary>
    public bool TracksDirty { get; internal set; }

    private readonly List<(RequesterId Device, Pasid? Pasid)> attachments = [];

    internal void Add(RequesterId device, Pasid? pasid)
    {
        if (!attachments.Contains((device, pasid))) attachments.Add((device, pasid));
    }

    internal void Remove(RequesterId device, Pasid? pasid) => attachments.Remove((device, pasid));
}
