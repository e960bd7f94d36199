namespace Workbench.Iommu.Amd;

/// <summary>What an event log entry reports, bits 63:60. AMD IOMMU §2.5.2 to 2.5.12; numbers [L][M].</summary>
public enum AmdEventCode : byte
{
    /// <summary>A device table entry with a reserved bit or an illegal value (ILLEGAL_DEV_TABLE_ENTRY).</summary>
    IllegalDeviceTableEntry = 1,
    /// <summary>A request that the tables do not allow (IO_PAGE_FAULT).</summary>
    IOPageFault = 2,
    /// <summary>A device table entry could not be read (DEV_TAB_HARDWARE_ERROR).</summary>
    DeviceTableHardwareError = 3,
    /// <summary>A paging entry could not be read (PAGE_TAB_HARDWARE_ERROR).</summary>
    PageTableHardwareError = 4,
    /// <summary>A command that is none, or malformed (ILLEGAL_COMMAND_ERROR). The command queue stops.</summary>
    IllegalCommandError = 5,
    /// <summary>A command could not be read, or its completion not stored (COMMAND_HARDWARE_ERROR). The command queue stops.</summary>
    CommandHardwareError = 6,
    /// <summary>A device did not answer a device-TLB invalidation (IOTLB_INV_TIMEOUT).</summary>
    DeviceTlbInvalidationTimeout = 7,
    /// <summary>A request that no tables could allow, such as an untranslatable address (INVALID_DEVICE_REQUEST).</summary>
    InvalidDeviceRequest = 8,
    /// <summary>A page request from a device that may not send any, or malformed (INVALID_PPR_REQUEST).</summary>
    InvalidPageRequest = 9,
    /// <summary>A performance counter ran over (EVENT_COUNTER_ZERO). Number [M]; one header prints it as 0x10.</summary>
    EventCounterZero = 10,
    /// <summary>A fault while an event was delivered to a guest (GUEST_EVENT_FAULT). Number [I] from a header's 0x11.</summary>
    GuestEventFault = 11,
    /// <summary>The owner table of encrypted memory refused an access (RMP_PAGE_FAULT). [L]</summary>
    RmpPageFault = 13,
    /// <summary>The owner table of encrypted memory could not be read (RMP_HARDWARE_ERROR). [L]</summary>
    RmpHardwareError = 14,
}
