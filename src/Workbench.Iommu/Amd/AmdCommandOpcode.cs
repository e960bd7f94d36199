namespace Workbench.Iommu.Amd;

/// <summary>What a command asks for, bits 63:60. AMD IOMMU §2.4.1 to 2.4.10 [L][M].</summary>
public enum AmdCommandOpcode : byte
{
    /// <summary>Waits for the commands before it, then stores a value or interrupts (COMPLETION_WAIT).</summary>
    CompletionWait = 1,
    /// <summary>Drops the cached device table entry of a device (INVALIDATE_DEVTAB_ENTRY).</summary>
    InvalidateDeviceTableEntry = 2,
    /// <summary>Drops translations of a domain (INVALIDATE_IOMMU_PAGES).</summary>
    InvalidatePages = 3,
    /// <summary>Drops translations that a device holds (INVALIDATE_IOTLB_PAGES).</summary>
    InvalidateDeviceTlb = 4,
    /// <summary>Drops cached interrupt-remapping entries (INVALIDATE_INTERRUPT_TABLE). Interrupt remapping is not modelled.</summary>
    InvalidateInterruptTable = 5,
    /// <summary>Fetches translations ahead (PREFETCH_IOMMU_PAGES). Refused: prefetching is not modelled.</summary>
    PrefetchPages = 6,
    /// <summary>Answers a page request (COMPLETE_PPR_REQUEST).</summary>
    CompletePageRequest = 7,
    /// <summary>Drops everything cached (INVALIDATE_IOMMU_ALL); needs EFR.IASup.</summary>
    InvalidateAll = 8,
    /// <summary>Puts an event into a guest's log (INSERT_GUEST_EVENT). Refused: guest IOMMUs are not modelled.</summary>
    InsertGuestEvent = 9,
    /// <summary>Resets a guest's registers (RESET_VMMIO). Refused: guest IOMMUs are not modelled.</summary>
    ResetGuestRegisters = 10,
}
