namespace Workbench.Iommu.Amd;

/// <summary>
/// Why a device table entry is refused. Architecturally all of these end the request with an
/// <see cref="AmdEventCode.IllegalDeviceTableEntry"/> event.
/// </summary>
public enum AmdDeviceTableError : byte
{
    /// <summary>The entry is valid.</summary>
    None = 0,
    /// <summary>A reserved bit is set. [M]</summary>
    ReservedBits,
    /// <summary>HAD is 2. [M]</summary>
    ReservedHostAccessDirty,
    /// <summary>HAD asks for an accessed or dirty bit that the part does not have (HASup, HDSup). [I]</summary>
    HostAccessDirtyNotSupported,
    /// <summary>Mode is 7. [M]</summary>
    ReservedMode,
    /// <summary>Mode asks for more levels than HATS allows. [I]</summary>
    LevelsBeyondHats,
    /// <summary>PPR or GPRP on a part without PPRSup. [I]</summary>
    PageRequestsNotSupported,
    /// <summary>GV on a part without GTSup. Bits [M], error [I].</summary>
    GuestTranslationNotSupported,
    /// <summary>GIOV on a part without GIoSup. Bit [M], error [I].</summary>
    GuestProtectionNotSupported,
    /// <summary>GLX is 3. [M]</summary>
    ReservedGuestLevels,
    /// <summary>GLX asks for more GCR3 table levels than GLXSup allows. Limit [L], error [I].</summary>
    GuestLevelsBeyondGlxSup,
    /// <summary>The guest paging mode is 2 or 3. [M]</summary>
    ReservedGuestPagingMode,
    /// <summary>The guest paging mode asks for more levels than GATS allows. Limit [L], error [I].</summary>
    GuestPagingBeyondGats,
}
