namespace Workbench.Iommu.Amd;

/// <content>What hardware checks before it executes a command.</content>
public readonly partial record struct AmdCommand
{
    // Reserved bits of word 0 (without the opcode) and word 1 by opcode [M], the same in two headers.
    private const ulong CompletionWaitReserved0 = 0x0FF0_0000_0000_0000;
    private const ulong DeviceOnlyReserved0 = 0x0FFF_FFFF_FFFF_0000;
    private const ulong PagesReserved0 = 0x0FFF_0000_FFF0_0000;
    private const ulong PagesReserved1 = 0xFF8;
    private const ulong DeviceTlbReserved1 = 0xFCA;
    private const ulong DeviceTlbTypeBits1 = 0x30;
    private const ulong PageRequestReserved0 = 0x0FF0_0000_FFFF_0000;
    private const ulong PageRequestReserved1 = 0xFFFF_0000_FFFF_FFFB;
    private const ulong InvalidateAllReserved0 = 0x0FFF_FFFF_FFFF_FFFF;

    /// <summary>Whether hardware would execute the command, and if not, why; the reason is empty if it would.</summary>
    public bool IsValid(AmdExtendedFeatures features, out string reason)
    {
        AmdCommandError error = Check(features);
        reason = Describe(error);
        return error == AmdCommandError.None;
    }

    /// <summary>The first thing wrong with the command, without building a text. Allocates nothing.</summary>
    public AmdCommandError Check(AmdExtendedFeatures features)
    {
        AmdCommandOpcode opcode = Opcode;
        switch (opcode)
        {
            case < AmdCommandOpcode.CompletionWait or > AmdCommandOpcode.ResetGuestRegisters:
                return AmdCommandError.UnknownOpcode;
            case AmdCommandOpcode.PrefetchPages or AmdCommandOpcode.InsertGuestEvent or AmdCommandOpcode.ResetGuestRegisters:
                return AmdCommandError.UnsupportedOpcode;
            case AmdCommandOpcode.InvalidateAll when !features.SupportsInvalidateAll:
                return AmdCommandError.InvalidateAllNotSupported;
            case AmdCommandOpcode.CompletePageRequest when !features.SupportsPageRequests:
                return AmdCommandError.PageRequestsNotSupported;
        }
        if (HasReservedBits(opcode, features)) return AmdCommandError.ReservedBits;
        bool isRange = opcode is AmdCommandOpcode.InvalidatePages or AmdCommandOpcode.InvalidateDeviceTlb;
        if ((isRange || opcode == AmdCommandOpcode.CompletePageRequest) && IsGuest && !features.SupportsGuestTranslation)
            return AmdCommandError.GuestTranslationNotSupported;
        return isRange && HasSize && Address == ~Bits.Mask(PageLog2) ? AmdCommandError.ReservedSizeCode : AmdCommandError.None;
    }

    /// <summary>A sentence with the values found and allowed; empty for no error.</summary>
    public string Describe(AmdCommandError error) => error switch
    {
        AmdCommandError.None => "",
        AmdCommandError.UnknownOpcode => $"Command opcode {(int)Opcode} is none; 1 to 10.",
        AmdCommandError.UnsupportedOpcode => $"Command opcode {(int)Opcode} ({Opcode}) is not supported: prefetching and guest IOMMUs are not modelled.",
        AmdCommandError.ReservedBits => $"Command {Word0:x16} {Word1:x16} ({Opcode}) has a reserved bit set.",
        AmdCommandError.GuestTranslationNotSupported => $"A {Opcode} command with GN on a part without EFR.GTSup; clear GN.",
        AmdCommandError.InvalidateAllNotSupported => "INVALIDATE_IOMMU_ALL on a part without EFR.IASup; invalidate every device table entry and domain.",
        AmdCommandError.PageRequestsNotSupported => "COMPLETE_PPR_REQUEST on a part without EFR.PPRSup; it receives no page requests.",
        AmdCommandError.ReservedSizeCode => $"Address 0x{Address:x} with S set codes no size; bit 63 must be 0 for the largest.",
        _ => throw new ArgumentOutOfRangeException(nameof(error), $"{error} is no command error."),
    };

    private bool HasReservedBits(AmdCommandOpcode opcode, AmdExtendedFeatures features)
    {
        (ulong reserved0, ulong reserved1) = opcode switch
        {
            AmdCommandOpcode.CompletionWait => (CompletionWaitReserved0, 0UL),
            AmdCommandOpcode.InvalidatePages => (PagesReserved0, PagesReserved1),
            AmdCommandOpcode.InvalidateDeviceTlb =>
                (0UL, features.SupportsDeviceTlbInvalidationType ? DeviceTlbReserved1 : DeviceTlbReserved1 | DeviceTlbTypeBits1),
            AmdCommandOpcode.CompletePageRequest => (PageRequestReserved0, PageRequestReserved1),
            AmdCommandOpcode.InvalidateAll => (InvalidateAllReserved0, ulong.MaxValue),
            _ => (DeviceOnlyReserved0, ulong.MaxValue),
        };
        return ((Word0 & reserved0) | (Word1 & reserved1)) != 0;
    }
}
