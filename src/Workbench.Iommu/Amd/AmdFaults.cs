using System.Diagnostics;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Amd;

/// <summary>The event that each neutral fault is logged as. Which flags go with which fault is in this folder's README.</summary>
public static class AmdFaults
{
    /// <summary>
    /// The event of a fault. <paramref name="domain"/> is the device's DomainID, <paramref name="structureAddress"/> where the entry lies that could not be read, and
    /// <paramref name="hasReservedBits"/> whether an illegal device table entry was so by a reserved bit.
    /// </summary>
    public static AmdEvent EventOf(in Fault fault, DomainId domain, ulong structureAddress = 0, bool hasReservedBits = false)
    {
        AmdEvent logged = new AmdEvent(0, 0) { Code = CodeOf(fault.Kind), DeviceId = fault.Device, IsWrite = fault.IsWrite, IsTranslationRequest = fault.IsTranslationRequest };
        switch (logged.Code)
        {
            case AmdEventCode.IllegalDeviceTableEntry:
                return WithPasid(logged, fault) with { Address = fault.Iova.Value & ~3UL, HasReservedBits = hasReservedBits };
            case AmdEventCode.DeviceTableHardwareError:
                return logged with { Address = structureAddress & ~0xFUL };
            case AmdEventCode.PageTableHardwareError:
                // Bits 47:32 of this code are the domain's even if the table is a guest's.
                return logged with { DomainId = domain, IsGuest = IsGuest(fault), Address = structureAddress & ~0xFUL };
            case AmdEventCode.InvalidDeviceRequest:
                return WithPasid(logged with { IsWrite = false }, fault) with
                {
                    InvalidRequestType = fault.Kind == FaultKind.TranslationRequestBlocked ? 1 : 0,
                    Address = fault.Iova.Value,
                };
            default:
                (bool present, bool denied, bool reserved) = FlagsOf(fault.Kind);
                logged = logged with { IsPresent = present, IsPermissionDenied = denied, HasReservedBits = reserved, Address = fault.Where.Intermediate?.Value ?? fault.Iova.Value };
                return IsGuest(fault) ? WithPasid(logged with { IsUser = true }, fault) with { IsGuest = true } : logged with { DomainId = domain };
        }
    }

    /// <summary>The code of a kind of fault.</summary>
    public static AmdEventCode CodeOf(FaultKind kind) => kind switch
    {
        FaultKind.ContextInvalid or FaultKind.DeviceBeyondTable => AmdEventCode.IllegalDeviceTableEntry,
        FaultKind.ContextUnreachable => AmdEventCode.DeviceTableHardwareError,
        FaultKind.TableUnreachable or FaultKind.PasidUnreachable => AmdEventCode.PageTableHardwareError,
        FaultKind.PasidNotAllowed or FaultKind.PasidBeyondDirectory or FaultKind.TranslationRequestBlocked => AmdEventCode.InvalidDeviceRequest,
        FaultKind.DeviceBlocked or FaultKind.PasidNotPresent or FaultKind.PasidReservedBits or FaultKind.NotPresent or FaultKind.BeyondAddressWidth or FaultKind.NotCanonical
            or FaultKind.ReservedBits or FaultKind.BeyondOutputWidth or FaultKind.NoReadPermission or FaultKind.NoWritePermission or FaultKind.SupervisorOnly => AmdEventCode.IOPageFault,
        _ => throw new UnreachableException($"fault kind {kind}"),
    };

    /// <summary>PR, PE and RZ of an IO_PAGE_FAULT.</summary>
    private static (bool IsPresent, bool IsDenied, bool IsReserved) FlagsOf(FaultKind kind) => kind switch
    {
        FaultKind.NoReadPermission or FaultKind.NoWritePermission or FaultKind.SupervisorOnly => (true, true, false),
        FaultKind.ReservedBits or FaultKind.BeyondOutputWidth or FaultKind.PasidReservedBits => (true, false, true),
        _ => (false, false, false),
    };

    /// <summary>Was it a guest table, or the way to one, that refused? What the host table refuses is the domain's, also on behalf of a guest table.</summary>
    private static bool IsGuest(in Fault fault) =>
        fault.Where.Stage == FaultStage.First || fault.Kind is FaultKind.PasidNotPresent or FaultKind.PasidReservedBits or FaultKind.PasidUnreachable;

    private static AmdEvent WithPasid(AmdEvent logged, in Fault fault) => fault.Pasid is { } pasid
        // The record has 20 bits; a request can be asked for with more, and faults for just that.
        ? logged with { IsGuest = true, Pasid = new(pasid.Value & Iommu.Pasid.MaxValue) }
        : logged;
}
