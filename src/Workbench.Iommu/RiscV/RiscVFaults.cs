using System.Diagnostics;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.RiscV;

/// <summary>The cause that a fault record carries for each neutral reason.</summary>
public static class RiscVFaults
{
    /// <summary>The cause of a kind of fault at a place in the walk, for a write or a read. RISC-V IOMMU, "Fault/Event-Queue" and "Process to translate an IOVA" [S].</summary>
    public static RiscVFaultCause CauseOf(FaultKind kind, WalkFault where, bool isWrite) => kind switch
    {
        FaultKind.None => RiscVFaultCause.None,
        FaultKind.DeviceBlocked => RiscVFaultCause.AllTransactionsDisallowed,
        FaultKind.RootUnreachable or FaultKind.ContextUnreachable => RiscVFaultCause.DeviceEntryAccess,
        FaultKind.RootNotPresent or FaultKind.ContextNotPresent => RiscVFaultCause.DeviceEntryNotValid,
        FaultKind.RootInvalid or FaultKind.ContextInvalid => RiscVFaultCause.DeviceEntryMisconfigured,
        FaultKind.DeviceBeyondTable or FaultKind.PasidNotAllowed or FaultKind.PasidBeyondDirectory or FaultKind.TranslationRequestBlocked => RiscVFaultCause.TransactionTypeDisallowed,
        FaultKind.PasidDirectoryUnreachable or FaultKind.PasidUnreachable => RiscVFaultCause.ProcessEntryAccess,
        FaultKind.PasidDirectoryNotPresent or FaultKind.PasidNotPresent => RiscVFaultCause.ProcessEntryNotValid,
        FaultKind.PasidDirectoryInvalid or FaultKind.PasidReservedBits or FaultKind.PasidInvalid => RiscVFaultCause.ProcessEntryMisconfigured,
        FaultKind.TableUnreachable or FaultKind.BeyondOutputWidth or FaultKind.DirtyUpdateNotCoherent => isWrite ? RiscVFaultCause.WriteAccess : RiscVFaultCause.ReadAccess,
        FaultKind.DeviceTranslationRefused => throw new UnreachableException("a refusal that the device heard has no record"),
        _ => where.Stage switch
        {
            FaultStage.First => isWrite ? RiscVFaultCause.WritePage : RiscVFaultCause.ReadPage,
            FaultStage.Second => isWrite ? RiscVFaultCause.WriteGuestPage : RiscVFaultCause.ReadGuestPage,
            // Without tables an address that memory cannot have is refused by memory.
            _ => isWrite ? RiscVFaultCause.WriteAccess : RiscVFaultCause.ReadAccess,
        },
    };

    /// <summary>The record of a fault, but for the cause's own rules (DTF, ATS) on whether there is one.</summary>
    public static RiscVFaultRecord RecordOf(in Fault fault)
    {
        RiscVFaultCause cause = CauseOf(fault.Kind, fault.Where, fault.IsWrite);
        return new RiscVFaultRecord
        {
            Cause = cause,
            HasProcessId = fault.Pasid is not null,
            // The record has 20 bits; a request can be asked for with more, and faults for just that.
            ProcessId = new((fault.Pasid?.Value ?? 0) & Pasid.MaxValue),
            TransactionType = fault.IsTranslationRequest ? RiscVTransactionType.AtsTranslation
                : fault.IsWrite ? RiscVTransactionType.UntranslatedWrite : RiscVTransactionType.UntranslatedRead,
            DeviceId = RiscVDeviceId.Of(fault.Device),
            Address = fault.Iova,
            // With the second stage alone the IOVA is the guest address.
            GuestAddress = cause.IsGuestPage ? new((fault.Where.Intermediate?.Value ?? fault.Iova.Value) & ~3UL) : default,
            IsImplicit = cause.IsGuestPage && fault.Where.OnTable,
            IsImplicitWrite = cause.IsGuestPage && fault.Where.OnTable && fault.Where.ToUpdateTable,
        };
    }
}
