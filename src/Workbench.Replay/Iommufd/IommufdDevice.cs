using Workbench.Iommu;

namespace Workbench.Replay.Iommufd;

/// <summary>A device bound to iommufd.</summary>
public sealed class IommufdDevice
{
    private readonly bool keepsDirty;
    // What each address space of it (itself, or a PASID) uses.
    private readonly Dictionary<uint, Hwpt> uses = [];

    internal IommufdDevice(RequesterId requester, IIommuDriver driver, IommuSpec spec, bool keepsDirty) =>
        (Requester, Driver, Spec, this.keepsDirty) = (requester, driver, spec, keepsDirty);

    /// <summary>Its requester id.</summary>
    public RequesterId Requester { get; }
    /// <summary>The driver of its IOMMU.</summary>
    public IIommuDriver Driver { get; }
    /// <summary>What its IOMMU was built from.</summary>
    public IommuSpec Spec { get; }

    internal bool CanTrackDirty(KernelQuirks quirks) =>
        keepsDirty && Spec.SupportsDirtyTracking && (!quirks.OnlyUpstreamTables || Spec.Model is "vtd" or "amd" or "smmu");

    internal Hwpt? Use(Pasid? pasid) => uses.GetValueOrDefault(Key(pasid));

    internal void Uses(Pasid? pasid, Hwpt hwpt) => uses[Key(pasid)] = hwpt;

    // PASID 0 is the device itself.
    private static uint Key(Pasid? pasid) => pasid is { Value: not 0 } own ? own.Value : DmaRequest.NoPasid;
}
