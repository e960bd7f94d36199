namespace Workbench.Iommu.Faults;

/// <summary>One architectural fault: a value in the result, never an exception.</summary>
public readonly record struct Fault(FaultKind Kind, RequesterId Device, Pasid? Pasid, Iova Iova, bool IsWrite)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} at {Iova} ({(IsWrite ? "write" : "read")} by {Device})";
}
