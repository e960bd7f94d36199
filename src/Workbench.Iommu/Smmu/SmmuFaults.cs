using System.Diagnostics;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Smmu;

/// <summary>The event record of each neutral fault. IHI 0070 §7.3 [S].</summary>
public static class SmmuFaults
{
    /// <summary>The code of a kind of fault.</summary>
    public static SmmuEventCode CodeOf(FaultKind kind) => kind switch
    {
        FaultKind.DeviceBeyondTable or FaultKind.RootNotPresent => SmmuEventCode.BadStreamId,
        FaultKind.RootUnreachable or FaultKind.ContextUnreachable => SmmuEventCode.SteFetch,
        FaultKind.ContextNotPresent or FaultKind.ContextInvalid => SmmuEventCode.BadSte,
        FaultKind.TranslationRequestBlocked => SmmuEventCode.BadAtsRequest,
        FaultKind.RequestNeedsPasid => SmmuEventCode.StreamDisabled,
        FaultKind.PasidNotAllowed or FaultKind.PasidBeyondDirectory or FaultKind.PasidDirectoryNotPresent or FaultKind.PasidDirectoryInvalid => SmmuEventCode.BadSubstreamId,
        FaultKind.PasidDirectoryUnreachable or FaultKind.PasidUnreachable => SmmuEventCode.CdFetch,
        FaultKind.PasidNotPresent or FaultKind.PasidInvalid => SmmuEventCode.BadCd,
        FaultKind.TableUnreachable or FaultKind.DirtyUpdateNotCoherent => SmmuEventCode.WalkAbort,
        FaultKind.NotPresent or FaultKind.BeyondAddressWidth => SmmuEventCode.Translation,
        FaultKind.BeyondOutputWidth => SmmuEventCode.AddressSize,
        FaultKind.TlbConflict => SmmuEventCode.TlbConflict,
        FaultKind.AccessedIsClear => SmmuEventCode.Access,
        FaultKind.NoReadPermission or FaultKind.NoWritePermission or FaultKind.SupervisorOnly => SmmuEventCode.Permission,
        _ => throw new UnreachableException($"fault kind {kind}"),
    };

    /// <summary>
    /// Is the address too large for what bypasses stage 1: above OAS with both stages bypassed, above IAS before a stage 2 alone? A stage-1 address size fault that never
    /// stalls. §3.4.
    /// </summary>
    public static bool IsInputTooLarge(in Fault fault, SmmuFeatures features) =>
        fault.Kind == FaultKind.BeyondAddressWidth
        && (fault.Where.Stage == FaultStage.None || (fault.Where is { Stage: FaultStage.Second, Intermediate: null } && fault.Iova.Value >> features.IntermediateAddressBits != 0));

    /// <summary>The record; <paramref name="contextFetch"/> is the intermediate address of a context descriptor that stage 2 did not let through.</summary>
    public static SmmuEvent EventOf(in Fault fault, Gpa? contextFetch, SmmuFeatures features)
    {
        SmmuEventCode code = CodeOf(fault.Kind);
        // The record has 20 bits; a request can be asked for with more, and faults for just that.
        Pasid? substream = fault.Pasid is { } pasid ? new Pasid(pasid.Value & Pasid.MaxValue) : null;
        SmmuEvent record = SmmuEvent.Of(code, fault.Device.Value, substream);
        switch (code)
        {
            case SmmuEventCode.WalkAbort or SmmuEventCode.Translation or SmmuEventCode.AddressSize or SmmuEventCode.Access or SmmuEventCode.Permission:
                break;
            case SmmuEventCode.BadAtsRequest:
                return record with { InputAddress = fault.Iova.Value, IsRead = !fault.IsWrite };
            default:
                return record;
        }
        record = record with { IsRead = !fault.IsWrite, InputAddress = fault.Iova.Value, Class = SmmuFaultClass.Input };
        if (contextFetch is { } context) return record with { IsStage2 = true, Class = SmmuFaultClass.ContextFetch, IntermediateAddress = Page(context, code, features) };
        if (IsInputTooLarge(fault, features)) return record with { Code = SmmuEventCode.AddressSize };
        // Stage 1 says TT when memory refused a descriptor, IN otherwise.
        if (fault.Where.Stage != FaultStage.Second) return code == SmmuEventCode.WalkAbort ? record with { Class = SmmuFaultClass.TableFetch } : record;
        return record with
        {
            IsStage2 = true,
            Class = fault.Where.OnTable ? SmmuFaultClass.TableFetch : SmmuFaultClass.Input,
            IsTableRead = code == SmmuEventCode.Permission && fault.Where is { OnTable: true, ToUpdateTable: false },
            IntermediateAddress = Page(fault.Where.Intermediate ?? new(fault.Iova.Value), code, features),
        };
    }

    /// <summary>Bits from OAS up are RES0, and F_WALK_EABT has another field in the place: the address of the descriptor, which is not known here.</summary>
    private static Gpa Page(Gpa address, SmmuEventCode code, SmmuFeatures features) =>
        new(code == SmmuEventCode.WalkAbort ? 0 : address.Value & Bits.Mask(features.OutputAddressBits) & ~0xFFFUL);
}
