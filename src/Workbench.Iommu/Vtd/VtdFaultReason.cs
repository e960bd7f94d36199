namespace Workbench.Iommu.Vtd;

/// <summary>
/// Why a request was blocked: the FR byte of a fault record. Numbers 1 to 0xE are legacy mode, 0x30 on scalable mode.
/// The numbers agree in Linux [L] (by place in its table) and a public emulator header [M]; exceptions are marked.
/// </summary>
public enum VtdFaultReason : byte
{
    /// <summary>No fault.</summary>
    None = 0,

    /// <summary>Legacy: the root entry is not present.</summary>
    LegacyRootNotPresent = 0x01,
    /// <summary>Legacy: the context entry is not present.</summary>
    LegacyContextNotPresent = 0x02,
    /// <summary>Legacy: the context entry has an unsupported type or width.</summary>
    LegacyContextInvalid = 0x03,
    /// <summary>Legacy: the address is beyond the guest address width.</summary>
    LegacyAddressTooLarge = 0x04,
    /// <summary>Legacy: a write without write permission.</summary>
    LegacyWriteDenied = 0x05,
    /// <summary>Legacy: a read without read permission; also what a not-present entry gives.</summary>
    LegacyReadDenied = 0x06,
    /// <summary>Legacy: a page-table entry could not be read.</summary>
    LegacyPageTableAccess = 0x07,
    /// <summary>Legacy: the root entry could not be read.</summary>
    LegacyRootAccess = 0x08,
    /// <summary>Legacy: the context entry could not be read.</summary>
    LegacyContextAccess = 0x09,
    /// <summary>Legacy: a reserved bit in a present root entry.</summary>
    LegacyRootReservedBits = 0x0A,
    /// <summary>Legacy: a reserved bit in a present context entry.</summary>
    LegacyContextReservedBits = 0x0B,
    /// <summary>Legacy: a reserved bit in a page-table entry with a permission set.</summary>
    LegacyPageTableReservedBits = 0x0C,
    /// <summary>Legacy: the context entry blocks translation and translated requests.</summary>
    LegacyTranslationRequestBlocked = 0x0D,
    /// <summary>Legacy: the output address is in the interrupt range. [M]</summary>
    LegacyOutputInInterruptRange = 0x0E,

    /// <summary>The root table address is invalid.</summary>
    RootTableAddressInvalid = 0x30,
    /// <summary>A request with PASID while the table mode is legacy.</summary>
    PasidRequestInLegacyMode = 0x31,
    /// <summary>A page-group request while the table mode is legacy.</summary>
    PageRequestInLegacyMode = 0x32,
    /// <summary>The root entry could not be read.</summary>
    RootEntryAccess = 0x38,
    /// <summary>The half of the root entry that serves the function is not present.</summary>
    RootEntryNotPresent = 0x39,
    /// <summary>A reserved bit in a present half of a root entry.</summary>
    RootEntryReservedBits = 0x3A,
    /// <summary>The context entry could not be read.</summary>
    ContextEntryAccess = 0x40,
    /// <summary>The context entry is not present.</summary>
    ContextEntryNotPresent = 0x41,
    /// <summary>A reserved bit in a present context entry.</summary>
    ContextEntryReservedBits = 0x42,
    /// <summary>A field of the context entry has an unsupported value.</summary>
    ContextEntryInvalid = 0x43,
    /// <summary>A translation or translated request with DTE clear.</summary>
    DeviceTlbDisabled = 0x44,
    /// <summary>A request with PASID with PASIDE clear.</summary>
    PasidDisabled = 0x45,
    /// <summary>The PASID lies beyond the directory (PDTS).</summary>
    PasidTooLarge = 0x46,
    /// <summary>A page request with PRE clear.</summary>
    PageRequestDisabled = 0x47,
    /// <summary>RID_PASID of the context entry is in error.</summary>
    RequestPasidInvalid = 0x48,
    /// <summary>The PASID-directory entry could not be read.</summary>
    PasidDirectoryAccess = 0x50,
    /// <summary>The PASID-directory entry is not present.</summary>
    PasidDirectoryNotPresent = 0x51,
    /// <summary>A reserved bit in a present PASID-directory entry.</summary>
    PasidDirectoryReservedBits = 0x52,
    /// <summary>The PASID-table entry could not be read.</summary>
    PasidEntryAccess = 0x58,
    /// <summary>The PASID-table entry is not present.</summary>
    PasidEntryNotPresent = 0x59,
    /// <summary>A reserved bit in a present PASID-table entry.</summary>
    PasidEntryReservedBits = 0x5A,
    /// <summary>The PASID-table entry has an unsupported type, width or paging mode.</summary>
    PasidEntryInvalid = 0x5B,
    /// <summary>An execute request with ERE clear.</summary>
    ExecuteRequestDisabled = 0x5C,
    /// <summary>A supervisor request with SRE clear.</summary>
    SupervisorRequestDisabled = 0x5D,

    /// <summary>First stage: an entry could not be read.</summary>
    FirstStageAccess = 0x70,
    /// <summary>First stage: an entry is not present.</summary>
    FirstStageNotPresent = 0x71,
    /// <summary>First stage: a reserved bit in a present entry.</summary>
    FirstStageReservedBits = 0x72,
    /// <summary>First stage: the top entry could not be read.</summary>
    FirstStageTopAccess = 0x73,
    /// <summary>Nested: the address of a first-stage entry is beyond the guest address width.</summary>
    FirstStageEntryTooLarge = 0x74,
    /// <summary>Nested: the second stage denies reading the top first-stage entry.</summary>
    FirstStageTopReadDenied = 0x75,
    /// <summary>Nested: the second stage denies reading a first-stage entry.</summary>
    FirstStageReadDenied = 0x76,
    /// <summary>Nested: the second stage denies writing a first-stage entry (its A or D bit).</summary>
    FirstStageWriteDenied = 0x77,
    /// <summary>Second stage: an entry could not be read.</summary>
    SecondStageAccess = 0x78,
    /// <summary>Second stage: an entry lacks read or write permission; R = W = 0 presumably gives this [I].</summary>
    SecondStagePermission = 0x79,
    /// <summary>Second stage: a reserved bit in an entry with a permission set.</summary>
    SecondStageReservedBits = 0x7A,
    /// <summary>Second stage: the table pointer of the PASID-table entry is invalid.</summary>
    SecondStagePointerInvalid = 0x7B,
    /// <summary>Second stage: an A or D bit must be set but page walks do not snoop (PWSNP clear).</summary>
    SecondStageDirtyWithoutSnoop = 0x7C,
    /// <summary>Second stage: an A or D bit could not be set atomically. The number is [M], the meaning [I] from 0x91.</summary>
    SecondStageDirtyUpdateFailed = 0x7D,
    /// <summary>First stage: the address is not canonical.</summary>
    AddressNotCanonical = 0x80,
    /// <summary>First stage: a user request to a supervisor page.</summary>
    UserAccessDenied = 0x81,
    /// <summary>A request for execute permission that is not granted.</summary>
    ExecuteDenied = 0x82,
    /// <summary>The address is beyond the width of the hardware or the table.</summary>
    AddressTooLarge = 0x83,
    /// <summary>Nested: the input of the second stage is beyond its width.</summary>
    SecondStageAddressTooLarge = 0x84,
    /// <summary>A write or atomic without write permission.</summary>
    WriteDenied = 0x85,
    /// <summary>A read or atomic without read permission.</summary>
    ReadDenied = 0x86,
    /// <summary>The input or output address is in the interrupt range.</summary>
    AddressInInterruptRange = 0x87,
    /// <summary>First stage: an A or D bit must be set but page walks do not snoop (PWSNP clear).</summary>
    FirstStageDirtyWithoutSnoop = 0x90,
    /// <summary>First stage: an A or D bit could not be set. [M]</summary>
    FirstStageDirtyUpdateFailed = 0x91,
}
