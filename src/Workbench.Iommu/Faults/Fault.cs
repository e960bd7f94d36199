using System.Globalization;
using Workbench.Display;
using Workbench.Iommu.Display;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Faults;

/// <summary>One architectural fault: a value in the result, never an exception.</summary>
[TypeFormatterSource(typeof(SelfFormatter<Fault, FaultDisplay>))]
public readonly record struct Fault(FaultKind Kind, RequesterId Device, Pasid? Pasid, Iova Iova, bool IsWrite)
{
    /// <summary>Where in the walk it arose.</summary>
    public WalkFault Where { get; init; }
    /// <summary>Was it a translation request (ATS)?</summary>
    public bool IsTranslationRequest { get; init; }
    /// <summary>Is the transaction held until software answers (SMMUv3 stall)?</summary>
    public bool IsStalled { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind} at {Iova} ({(IsWrite ? "write" : "read")} by {Device})");
}
