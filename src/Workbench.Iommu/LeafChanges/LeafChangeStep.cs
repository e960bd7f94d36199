namespace Workbench.Iommu.LeafChanges;

/// <summary>
/// What the software has just done, so that a replay can let time pass: Read, Build, Install and Settle are done when they are told; an
/// Invalidate is told before it is executed, since its effect comes at the end of its time.
/// </summary>
/// <param name="Kind">What was done.</param>
/// <param name="Entries">Entries read or written; 0 for an invalidation.</param>
/// <param name="Tables">Tables allocated or freed.</param>
public readonly record struct LeafChangeStep(LeafChangeStepKind Kind, long Entries, long Tables);
