using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Contexts;

/// <summary>A vendor's device lookup: reads its structures in memory.</summary>
public interface IContextLocator
{
    /// <summary>The context of a requester, or the fault that the lookup ends in.</summary>
    FaultKind Locate(RequesterId device, Pasid? pasid, out TranslationContext? context);

    /// <summary>Is the fault that the last lookup ended in recorded? Not where an entry it came through suppresses faults.</summary>
    bool RecordsLookupFaults => true;
}
