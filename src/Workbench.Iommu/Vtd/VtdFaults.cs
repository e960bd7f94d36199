using System.Diagnostics;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <summary>The vendor's number for each neutral reason, in scalable mode.</summary>
public static class VtdFaults
{
    /// <summary>The fault reason a record carries. Numbers and their provenance are <see cref="VtdFaultReason"/>'s.</summary>
    public static VtdFaultReason ReasonOf(in Fault fault) => ReasonOf(fault.Kind, fault.Where);

    /// <summary>The reason of a kind of fault at a place in the walk.</summary>
    public static VtdFaultReason ReasonOf(FaultKind kind, WalkFault where) => kind switch
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
        FaultKind.TranslationRequestBlocked => VtdFaultReason.DeviceTlbDisabled,
        FaultKind.NotCanonical => VtdFaultReason.AddressNotCanonical,
        FaultKind.BeyondAddressWidth when where.OnTable => VtdFaultReason.FirstStageEntryTooLarge,
        FaultKind.BeyondAddressWidth => where.Intermediate is null ? VtdFaultReason.AddressTooLarge : VtdFaultReason.SecondStageAddressTooLarge,
        _ when where.Stage == FaultStage.First => FirstStage(kind),
        _ when where.OnTable => OnFirstStageTable(kind, where.ToUpdateTable),
        _ => SecondStage(kind),
    };

    private static VtdFaultReason FirstStage(FaultKind kind) => kind switch
    {
        FaultKind.TableUnreachable => VtdFaultReason.FirstStageAccess,
        FaultKind.NotPresent => VtdFaultReason.FirstStageNotPresent,
        FaultKind.ReservedBits or FaultKind.BeyondOutputWidth => VtdFaultReason.FirstStageReservedBits,
        FaultKind.SupervisorOnly => VtdFaultReason.UserAccessDenied,
        FaultKind.DirtyUpdateNotCoherent => VtdFaultReason.FirstStageDirtyWithoutSnoop,
        _ => Denied(kind),
    };

    /// <summary>The second stage refused an access to a first-stage table.</summary>
    private static VtdFaultReason OnFirstStageTable(FaultKind kind, bool toUpdate) => kind switch
    {
        FaultKind.NoWritePermission => VtdFaultReason.FirstStageWriteDenied,
        FaultKind.NoReadPermission or FaultKind.NotPresent => toUpdate ? VtdFaultReason.FirstStageWriteDenied : VtdFaultReason.FirstStageReadDenied,
        _ => SecondStage(kind),
    };

    private static VtdFaultReason SecondStage(FaultKind kind) => kind switch
    {
        FaultKind.TableUnreachable => VtdFaultReason.SecondStageAccess,
        FaultKind.ReservedBits or FaultKind.BeyondOutputWidth => VtdFaultReason.SecondStageReservedBits,
        FaultKind.NotPresent => VtdFaultReason.SecondStagePermission,
        FaultKind.DirtyUpdateNotCoherent => VtdFaultReason.SecondStageDirtyWithoutSnoop,
        _ => Denied(kind),
    };

    private static VtdFaultReason Denied(FaultKind kind) => kind switch
    {
        FaultKind.NoReadPermission => VtdFaultReason.ReadDenied,
        FaultKind.NoWritePermission => VtdFaultReason.WriteDenied,
        _ => throw new UnreachableException($"fault kind {kind}"),
    };
}
