using System.Diagnostics;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Vtd;

/// <summary>The vendor's number for each neutral reason, second-stage translation in scalable mode.</summary>
public static class VtdFaults
{
    /// <summary>The fault reason a record carries. Numbers and their provenance are <see cref="VtdFaultReason"/>'s.</summary>
    public static VtdFaultReason ReasonOf(FaultKind kind) => kind switch
    {
        FaultKind.None => VtdFaultReason.None,
        FaultKind.RootNotPresent => VtdFaultReason.RootEntryNotPresent,
        FaultKind.RootUnreachable => VtdFaultReason.RootEntryAccess,
        FaultKind.RootInvalid => VtdFaultReason.RootEntryReservedBits,
        FaultKind.ContextNotPresent => VtdFaultReason.ContextEntryNotPresent,
        FaultKind.ContextUnreachable => VtdFaultReason.ContextEntryAccess,
        FaultKind.ContextInvalid => VtdFaultReason.ContextEntryReservedBits,
        FaultKind.PasidNotAllowed => VtdFaultReason.PasidDisabled,
        FaultKind.PasidBeyondDirectory => VtdFaultReason.PasidTooLarge,
        FaultKind.PasidDirectoryUnreachable => VtdFaultReason.PasidDirectoryAccess,
        FaultKind.PasidDirectoryNotPresent => VtdFaultReason.PasidDirectoryNotPresent,
        FaultKind.PasidDirectoryInvalid => VtdFaultReason.PasidDirectoryReservedBits,
        FaultKind.PasidUnreachable => VtdFaultReason.PasidEntryAccess,
        FaultKind.PasidNotPresent => VtdFaultReason.PasidEntryNotPresent,
        FaultKind.PasidReservedBits => VtdFaultReason.PasidEntryReservedBits,
        FaultKind.PasidInvalid => VtdFaultReason.PasidEntryInvalid,
        FaultKind.TableUnreachable => VtdFaultReason.SecondStageAccess,
        FaultKind.ReservedBits => VtdFaultReason.SecondStageReservedBits,
        FaultKind.NotPresent => VtdFaultReason.SecondStagePermission,
        FaultKind.NoReadPermission => VtdFaultReason.ReadDenied,
        FaultKind.NoWritePermission => VtdFaultReason.WriteDenied,
        FaultKind.BeyondAddressWidth => VtdFaultReason.AddressTooLarge,
        FaultKind.DirtyUpdateNotCoherent => VtdFaultReason.SecondStageDirtyWithoutSnoop,
        _ => throw new UnreachableException($"fault kind {kind}"),
    };
}
