namespace Workbench.Iommu.Smmu;

/// <content>What hardware checks before it executes a command of the Non-secure queue.</content>
public readonly partial record struct SmmuCommand
{
    // NUM and SCALE; TG, TTL and TTL128; TTL and TTL128. §4.4.1.1 [S].
    private const ulong RangeFields0 = 0x03F1_F000;
    private const ulong ScaleBit5 = 0x0200_0000;
    private const ulong RangeFields1 = 0xF80;
    private const ulong HintFields1 = 0x380;
    private const ulong HintIsFor128BitBit = 0x80;

    /// <summary>
    /// The first thing wrong with the command. The architecture leaves to the part whether it looks at reserved fields:
    /// <paramref name="checksReserved"/> false ignores them, then read the command through <see cref="AsReadBy"/>. Allocates nothing.
    /// </summary>
    public SmmuCommandError Check(SmmuFeatures features, bool checksReserved = true)
    {
        SmmuCommandError error = CheckOpcode(features);
        if (error != SmmuCommandError.None) return error;
        if (TakesSecurity && IsSecureStream) return SmmuCommandError.SecureStream;
        if (checksReserved && HasReservedBits(features)) return SmmuCommandError.ReservedBits;
        SmmuCommand seen = AsReadBy(features);
        if (IsByAddress && seen.Granule != SmmuGranule.None && seen.Num == 0 && seen.Scale == 0 && seen.LevelHint == 0)
            return SmmuCommandError.GranuleAlone;
        return Opcode switch
        {
            SmmuOpcode.AtcInvalidate when AtcSize > 52 => SmmuCommandError.AtcSizeTooLarge,
            SmmuOpcode.PageResponse when PageResponse == SmmuPageResponse.Reserved => SmmuCommandError.ResponseReserved,
            SmmuOpcode.Sync when SyncSignal == SmmuSyncSignal.Reserved => SmmuCommandError.SignalReserved,
            _ => SmmuCommandError.None,
        };
    }

    /// <summary>
    /// Whether a StreamID, SubstreamID, VMID or ASID exceeds what the part has, which is no error: the command may do nothing or
    /// hit something else. §4.1.7, §4.4 [S].
    /// </summary>
    public bool HasParameterOutOfRange(SmmuFeatures features)
    {
        if (TakesStream && features.StreamIdBits < 32 && StreamId >> features.StreamIdBits != 0) return true;
        bool takesSubstream = Opcode == SmmuOpcode.CfgiCd
            || (HasSubstream && Opcode is SmmuOpcode.PrefetchConfig or SmmuOpcode.PrefetchAddress or SmmuOpcode.AtcInvalidate or SmmuOpcode.PageResponse);
        if (takesSubstream && features.SubstreamIdBits < 20 && Substream.Value >> features.SubstreamIdBits != 0) return true;
        if (TakesVmid && Vmid > (!features.SupportsStage2 ? 0 : features.Supports16BitVmid ? 0xFFFF : 0xFF)) return true;
        return TakesAsid && !features.Supports16BitAsid && Asid > 0xFF;
    }

    private bool TakesStream => Opcode is (>= SmmuOpcode.PrefetchConfig and <= SmmuOpcode.CfgiCdAll and not SmmuOpcode.CfgiSteRange)
        or SmmuOpcode.AtcInvalidate or SmmuOpcode.PageResponse or SmmuOpcode.Resume or SmmuOpcode.StallTerminate;

    private bool TakesSecurity => Opcode is (>= SmmuOpcode.PrefetchConfig and <= SmmuOpcode.CfgiCdAll) or SmmuOpcode.Resume or SmmuOpcode.StallTerminate;

    private bool TakesVmid => Opcode is (>= SmmuOpcode.TlbiNhAll and <= SmmuOpcode.TlbiNhVaa) or SmmuOpcode.TlbiS12VmAll or SmmuOpcode.TlbiS2Ipa;

    private bool TakesAsid => Opcode is SmmuOpcode.TlbiNhAsid or SmmuOpcode.TlbiNhVa or SmmuOpcode.TlbiEl2Asid or SmmuOpcode.TlbiEl2Va;

    private SmmuCommandError CheckOpcode(SmmuFeatures features)
    {
        switch (Opcode)
        {
            case SmmuOpcode.PrefetchConfig or SmmuOpcode.PrefetchAddress or SmmuOpcode.CfgiSte or SmmuOpcode.CfgiSteRange or SmmuOpcode.TlbiNsnhAll or SmmuOpcode.Sync:
                return SmmuCommandError.None;
            case SmmuOpcode.CfgiCd or SmmuOpcode.CfgiCdAll or (>= SmmuOpcode.TlbiNhAll and <= SmmuOpcode.TlbiNhVaa):
                return features.SupportsStage1 ? SmmuCommandError.None : SmmuCommandError.Stage1Unsupported;
            case >= SmmuOpcode.TlbiEl2All and <= SmmuOpcode.TlbiEl2Vaa:
                return !features.SupportsStage1 ? SmmuCommandError.Stage1Unsupported
                    : features.SupportsEl2 ? SmmuCommandError.None : SmmuCommandError.El2Unsupported;
            case SmmuOpcode.TlbiS12VmAll or SmmuOpcode.TlbiS2Ipa:
                return features.SupportsStage2 ? SmmuCommandError.None : SmmuCommandError.Stage2Unsupported;
            case SmmuOpcode.AtcInvalidate:
                return features.SupportsAts ? SmmuCommandError.None : SmmuCommandError.AtsUnsupported;
            case SmmuOpcode.PageResponse:
                return features.SupportsPageRequests ? SmmuCommandError.None : SmmuCommandError.PageRequestsUnsupported;
            case SmmuOpcode.Resume or SmmuOpcode.StallTerminate:
                return features.StallModel == SmmuStallModel.TerminateOnly ? SmmuCommandError.StallUnsupported : SmmuCommandError.None;
            case SmmuOpcode.CfgiVmsPidm or SmmuOpcode.DptiAll or SmmuOpcode.DptiPa:
                return SmmuCommandError.FeatureUnsupported;
            case SmmuOpcode.TlbiEl3All or SmmuOpcode.TlbiEl3Va or (>= SmmuOpcode.TlbiSecureEl2All and <= SmmuOpcode.TlbiSecureEl2Vaa)
                or SmmuOpcode.TlbiSecureS12VmAll or SmmuOpcode.TlbiSecureS2Ipa or SmmuOpcode.TlbiSnhAll:
                return SmmuCommandError.SecureOpcode;
            default:
                return SmmuCommandError.UnknownOpcode;
        }
    }

    private bool HasReservedBits(SmmuFeatures features)
    {
        (ulong reserved0, ulong reserved1) = ReservedOf(Opcode);
        if (IsByAddress)
        {
            bool hasRange = features.SupportsRangeInvalidation && Granule != SmmuGranule.None;
            reserved0 |= !hasRange ? RangeFields0 : features.SupportsLargeAddresses ? 0 : ScaleBit5;
            reserved1 |= !features.SupportsRangeInvalidation ? RangeFields1 : hasRange ? HintIsFor128BitBit : HintFields1;
        }
        return ((Word0 & reserved0) | (Word1 & reserved1)) != 0;
    }

    // Bits that no version of the architecture gives to the Non-secure form of the command. §4.2 to §4.7; positions [L][M].
    private static (ulong Word0, ulong Word1) ReservedOf(SmmuOpcode opcode) => opcode switch
    {
        SmmuOpcode.PrefetchConfig => (0x300, ulong.MaxValue),
        SmmuOpcode.PrefetchAddress => (0x300, 0xC00),
        SmmuOpcode.CfgiSte => (0xFFFF_FB00, ~1UL),
        SmmuOpcode.CfgiSteRange => (0xFFFF_FB00, ~0x1FUL),
        SmmuOpcode.CfgiCd => (0xB00, ~1UL),
        SmmuOpcode.CfgiCdAll or SmmuOpcode.StallTerminate => (0xFFFF_FB00, ulong.MaxValue),
        SmmuOpcode.TlbiNhAll or SmmuOpcode.TlbiS12VmAll => (0xFFFF_0000_FFFF_FF00, ulong.MaxValue),
        SmmuOpcode.TlbiNhAsid => (0xFFFF_FF00, ulong.MaxValue),
        SmmuOpcode.TlbiNhVa => (0xFC0E_0F00, 0x7E),
        SmmuOpcode.TlbiNhVaa => (0xFFFF_0000_FC0E_0F00, 0x7E),
        SmmuOpcode.TlbiEl2Asid => (0x0000_FFFF_FFFF_FF00, ulong.MaxValue),
        SmmuOpcode.TlbiEl2Va => (0x0000_FFFF_FC0E_0F00, 0x7E),
        SmmuOpcode.TlbiEl2Vaa => (0xFFFF_FFFF_FC0E_0F00, 0x7E),
        SmmuOpcode.TlbiS2Ipa => (0xFFFF_0000_FC0E_0F00, 0xFF00_0000_0000_007E),
        SmmuOpcode.AtcInvalidate => (0x500, 0xFC0),
        SmmuOpcode.PageResponse => (0x700, ~0x31FFUL),
        SmmuOpcode.Resume => (0xFFFF_CB00, ~0xFFFFUL),
        SmmuOpcode.Sync => (0xF03F_CF00, 0xFF00_0000_0000_0003),
        _ => (~0xFFUL, ulong.MaxValue),
    };
}
