namespace Workbench.Iommu.RiscV;

/// <summary>
/// Why a device or process context is misconfigured. Hardware reports all of these as one cause:
/// <see cref="RiscVFaultCause.DeviceEntryMisconfigured"/> or <see cref="RiscVFaultCause.ProcessEntryMisconfigured"/>.
/// RISC-V IOMMU, "Device-context configuration checks" and "Process-context configuration checks" [S].
/// </summary>
public enum RiscVContextError : byte
{
    /// <summary>The context can be used.</summary>
    None = 0,
    /// <summary>A reserved bit is set, or RCID or MCID without capabilities.QOSID.</summary>
    ReservedBits,
    /// <summary>EN_ATS, EN_PRI or PRPR without capabilities.ATS.</summary>
    AtsUnsupported,
    /// <summary>T2GPA without EN_ATS.</summary>
    GuestAddressWithoutAts,
    /// <summary>EN_PRI without EN_ATS.</summary>
    PageRequestWithoutAts,
    /// <summary>PRPR without EN_PRI.</summary>
    ResponsePasidWithoutPageRequest,
    /// <summary>T2GPA without capabilities.T2GPA.</summary>
    GuestAddressUnsupported,
    /// <summary>T2GPA with a second stage of Bare.</summary>
    GuestAddressWithoutSecondStage,
    /// <summary>PDTV with a pdtp.MODE that is none or not offered.</summary>
    ProcessDirectoryModeUnsupported,
    /// <summary>A first-stage mode that is none or not offered.</summary>
    FirstStageModeUnsupported,
    /// <summary>DPE without PDTV.</summary>
    DefaultProcessWithoutDirectory,
    /// <summary>An iohgatp.MODE that is none or not offered.</summary>
    SecondStageModeUnsupported,
    /// <summary>An msiptp.MODE that is neither Off nor Flat.</summary>
    MsiTableModeUnsupported,
    /// <summary>The 16 KiB root of the second stage is not aligned to its size.</summary>
    SecondStageTableUnaligned,
    /// <summary>SADE or GADE without capabilities.AMO_HWAD.</summary>
    UpdateUnsupported,
    /// <summary>SBE differs from fctl.BE on a part of one byte order.</summary>
    ByteOrderUnsupported,
    /// <summary>SXL is not a value that fctl.GXL and the part allow.</summary>
    WidthUnsupported,
    /// <summary>An MSI page table without a second stage: a reserved setting, which hardware is advised to report.</summary>
    MsiTableWithoutSecondStage,
}
