namespace Workbench.Iommu.Amd;

/// <summary>
/// Why a command is refused. Architecturally all of these stop the queue with an
/// <see cref="AmdEventCode.IllegalCommandError"/> event; <see cref="UnsupportedOpcode"/> is a limit of this model.
/// </summary>
public enum AmdCommandError : byte
{
    /// <summary>The command is valid.</summary>
    None = 0,
    /// <summary>The opcode is none: 0 or 11 to 15. [M]</summary>
    UnknownOpcode,
    /// <summary>The opcode exists but this model refuses it by name: 6, 9 and 10.</summary>
    UnsupportedOpcode,
    /// <summary>A reserved bit is set: positions [M], that hardware objects [I].</summary>
    ReservedBits,
    /// <summary>GN on a part without EFR.GTSup. [I]</summary>
    GuestTranslationNotSupported,
    /// <summary>INVALIDATE_IOMMU_ALL on a part without EFR.IASup. [I]</summary>
    InvalidateAllNotSupported,
    /// <summary>COMPLETE_PPR_REQUEST on a part without EFR.PPRSup. [I]</summary>
    PageRequestsNotSupported,
    /// <summary>S with every address bit 1, which is no size. [I]</summary>
    ReservedSizeCode,
}
