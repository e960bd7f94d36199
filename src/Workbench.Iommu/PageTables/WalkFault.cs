using Workbench.Iommu.Faults;

namespace Workbench.Iommu.PageTables;

/// <summary>Where in a walk its fault arose.</summary>
/// <param name="Stage">The stage whose tables refused.</param>
/// <param name="Intermediate">What that stage was asked for, if it was the second of two: a guest physical address.</param>
/// <param name="OnTable">Was the second stage asked on behalf of a first-stage table?</param>
/// <param name="ToUpdateTable">And was that to change an entry of it?</param>
/// <param name="UnreachableEntry">The paging entry that lies where there is no memory, if that was the fault: a system physical address, of the first of two stages a guest physical one.</param>
public readonly record struct WalkFault(FaultStage Stage, Gpa? Intermediate = null, bool OnTable = false, bool ToUpdateTable = false, ulong? UnreachableEntry = null);
