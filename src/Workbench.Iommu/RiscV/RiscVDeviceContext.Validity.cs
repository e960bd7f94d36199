namespace Workbench.Iommu.RiscV;

/// <content>What hardware checks before it uses a valid context.</content>
public readonly partial record struct RiscVDeviceContext
{
    private const ulong ControlReserved = 0xFFFF_FFFF_00FF_F000;
    private const ulong AttributesReserved = 0x0000_00FF_0000_0FFF;
    private const ulong QosIds = 0xFFFF_FF00_0000_0000;
    private const ulong PointerReserved = 0x0FFF_F000_0000_0000;

    /// <summary>
    /// The first rule that the context breaks; matters only if it is valid. RISC-V IOMMU, "Device-context configuration checks"
    /// [S]. Words 4 to 7 count only on a part with MSI_FLAT. Whether pointers lie within PAS is left to the access that uses them.
    /// </summary>
    public RiscVContextError Check(RiscVCapabilities capabilities, RiscVFeatureControl control = default)
    {
        if (HasReservedBits(capabilities)) return RiscVContextError.ReservedBits;
        RiscVContextError ats = CheckAts(capabilities);
        if (ats != RiscVContextError.None) return ats;
        RiscVContextError stages = CheckStages(capabilities, control);
        if (stages != RiscVContextError.None) return stages;
        if ((FirstStageUpdateIsEnabled || SecondStageUpdateIsEnabled) && !capabilities.SupportsAccessedDirtyUpdate) return RiscVContextError.UpdateUnsupported;
        if (IsBigEndian != control.IsBigEndian && !capabilities.SupportsBothEndians) return RiscVContextError.ByteOrderUnsupported;
        if (!WidthIsLegal(capabilities, control)) return RiscVContextError.WidthUnsupported;
        return capabilities.SupportsMsiTable && !HasSecondStage && MsiTableMode != RiscVMsiTableMode.Off
            ? RiscVContextError.MsiTableWithoutSecondStage
            : RiscVContextError.None;
    }

    /// <summary>A sentence with the values found; empty for no error.</summary>
    public string Describe(RiscVContextError error) => error switch
    {
        RiscVContextError.None => "",
        RiscVContextError.ReservedBits => $"Device context tc {TranslationControl:x16}, iohgatp {SecondStage:x16}, ta {Attributes:x16}, fsc {FirstStage:x16} has a reserved bit set.",
        RiscVContextError.AtsUnsupported => "EN_ATS, EN_PRI or PRPR on a part without capabilities.ATS.",
        RiscVContextError.GuestAddressWithoutAts => "T2GPA needs EN_ATS.",
        RiscVContextError.PageRequestWithoutAts => "EN_PRI needs EN_ATS.",
        RiscVContextError.ResponsePasidWithoutPageRequest => "PRPR needs EN_PRI.",
        RiscVContextError.GuestAddressUnsupported => "T2GPA on a part without capabilities.T2GPA.",
        RiscVContextError.GuestAddressWithoutSecondStage => "T2GPA needs a second stage; iohgatp.MODE is Bare.",
        RiscVContextError.ProcessDirectoryModeUnsupported => $"Process-directory mode {(int)ProcessDirectoryMode} is none or not offered; see PD8, PD17 and PD20 of capabilities.",
        RiscVContextError.FirstStageModeUnsupported => $"First-stage mode {(int)FirstStageMode} with SXL {(Is32Bit ? 1 : 0)} is none or not offered; see Sv32 to Sv57 of capabilities.",
        RiscVContextError.DefaultProcessWithoutDirectory => "DPE needs PDTV.",
        RiscVContextError.SecondStageModeUnsupported => $"Second-stage mode {(int)SecondStageMode} is none or not offered; see Sv32x4 to Sv57x4 of capabilities.",
        RiscVContextError.MsiTableModeUnsupported => $"MSI page-table mode {(int)MsiTableMode} is none; 0 (Off) or 1 (Flat).",
        RiscVContextError.SecondStageTableUnaligned => $"Second-stage root {SecondStageTable} is not aligned to its 16 KiB.",
        RiscVContextError.UpdateUnsupported => "SADE or GADE on a part without capabilities.AMO_HWAD.",
        RiscVContextError.ByteOrderUnsupported => $"SBE is {(IsBigEndian ? 1 : 0)}, which differs from fctl.BE on a part without capabilities.END.",
        RiscVContextError.WidthUnsupported => $"SXL is {(Is32Bit ? 1 : 0)}, which fctl.GXL does not allow on this part.",
        RiscVContextError.MsiTableWithoutSecondStage => "An MSI page table needs a second stage; iohgatp.MODE is Bare.",
        _ => throw new ArgumentOutOfRangeException(nameof(error), $"{error} is no context error."),
    };

    private RiscVContextError CheckAts(RiscVCapabilities capabilities)
    {
        if ((AtsIsEnabled || PageRequestIsEnabled || ResponseHasPasid) && !capabilities.SupportsAts) return RiscVContextError.AtsUnsupported;
        if (AtsReturnsGuestAddress && !AtsIsEnabled) return RiscVContextError.GuestAddressWithoutAts;
        if (PageRequestIsEnabled && !AtsIsEnabled) return RiscVContextError.PageRequestWithoutAts;
        if (ResponseHasPasid && !PageRequestIsEnabled) return RiscVContextError.ResponsePasidWithoutPageRequest;
        if (AtsReturnsGuestAddress && !capabilities.SupportsAtsGuestAddress) return RiscVContextError.GuestAddressUnsupported;
        return AtsReturnsGuestAddress && !HasSecondStage ? RiscVContextError.GuestAddressWithoutSecondStage : RiscVContextError.None;
    }

    private RiscVContextError CheckStages(RiscVCapabilities capabilities, RiscVFeatureControl control)
    {
        if (HasProcessDirectory && !capabilities.Supports(ProcessDirectoryMode)) return RiscVContextError.ProcessDirectoryModeUnsupported;
        if (!HasProcessDirectory && !capabilities.Supports(FirstStageMode, Is32Bit)) return RiscVContextError.FirstStageModeUnsupported;
        if (!HasProcessDirectory && DefaultProcessIsEnabled) return RiscVContextError.DefaultProcessWithoutDirectory;
        if (!capabilities.Supports(SecondStageMode, control.IsGuest32Bit)) return RiscVContextError.SecondStageModeUnsupported;
        if (capabilities.SupportsMsiTable && MsiTableMode > RiscVMsiTableMode.Flat) return RiscVContextError.MsiTableModeUnsupported;
        return HasSecondStage && (SecondStageTable.Value & Bits.Mask(14)) != 0 ? RiscVContextError.SecondStageTableUnaligned : RiscVContextError.None;
    }

    // Whether fctl.GXL is writable is the part's choice; here it is so on parts that offer a 32-bit scheme at all.
    private bool WidthIsLegal(RiscVCapabilities capabilities, RiscVFeatureControl control) =>
        control.IsGuest32Bit ? Is32Bit : !Is32Bit || capabilities.SupportsSv32 || capabilities.SupportsSv32x4;

    private bool HasReservedBits(RiscVCapabilities capabilities)
    {
        ulong attributes = capabilities.SupportsQosIds ? AttributesReserved : AttributesReserved | QosIds;
        ulong reserved = (TranslationControl & ControlReserved) | (Attributes & attributes) | (FirstStage & PointerReserved);
        if (capabilities.SupportsMsiTable)
        {
            ulong beyondGuest = ~Bits.Mask(Math.Max(0, capabilities.GuestAddressBits - 12));
            reserved |= (MsiTablePointer & PointerReserved) | ((MsiMask | MsiPattern) & beyondGuest) | Reserved;
        }
        return reserved != 0;
    }
}
