namespace Workbench.Iommu.RiscV;

/// <summary>
/// Why a request was refused or an event raised: CAUSE of a fault record, 12 bits. RISC-V IOMMU, "Fault/Event-Queue" [S]; numbers
/// also in Linux [L]. Numbers not named up to 2047 are reserved, 2048 to 4095 custom.
/// </summary>
public enum RiscVFaultCause : ushort
{
    /// <summary>No fault.</summary>
    None = 0,
    /// <summary>A fetch to memory that refuses it.</summary>
    ExecuteAccess = 1,
    /// <summary>A read off its alignment.</summary>
    ReadMisaligned = 4,
    /// <summary>A read of memory that refuses it.</summary>
    ReadAccess = 5,
    /// <summary>A write or atomic off its alignment.</summary>
    WriteMisaligned = 6,
    /// <summary>A write or atomic to memory that refuses it.</summary>
    WriteAccess = 7,
    /// <summary>A fetch refused by the first stage.</summary>
    ExecutePage = 12,
    /// <summary>A read refused by the first stage.</summary>
    ReadPage = 13,
    /// <summary>A write or atomic refused by the first stage; also one to a page with D clear and SADE off.</summary>
    WritePage = 15,
    /// <summary>A fetch refused by the second stage.</summary>
    ExecuteGuestPage = 20,
    /// <summary>A read refused by the second stage.</summary>
    ReadGuestPage = 21,
    /// <summary>A write or atomic refused by the second stage; also one to a page with D clear and GADE off.</summary>
    WriteGuestPage = 23,
    /// <summary>The unit is off.</summary>
    AllTransactionsDisallowed = 256,
    /// <summary>An entry of the device directory could not be read.</summary>
    DeviceEntryAccess = 257,
    /// <summary>An entry of the device directory is not valid.</summary>
    DeviceEntryNotValid = 258,
    /// <summary>An entry of the device directory breaks a rule; see <see cref="RiscVContextError"/>.</summary>
    DeviceEntryMisconfigured = 259,
    /// <summary>A kind of request, a device id or a process id that the unit or the device context does not allow.</summary>
    TransactionTypeDisallowed = 260,
    /// <summary>An entry of an MSI page table could not be read.</summary>
    MsiEntryAccess = 261,
    /// <summary>An entry of an MSI page table is not valid.</summary>
    MsiEntryNotValid = 262,
    /// <summary>An entry of an MSI page table breaks a rule.</summary>
    MsiEntryMisconfigured = 263,
    /// <summary>An interrupt file in memory could not be accessed.</summary>
    InterruptFileAccess = 264,
    /// <summary>An entry of a process directory could not be read.</summary>
    ProcessEntryAccess = 265,
    /// <summary>An entry of a process directory is not valid.</summary>
    ProcessEntryNotValid = 266,
    /// <summary>An entry of a process directory breaks a rule; see <see cref="RiscVContextError"/>.</summary>
    ProcessEntryMisconfigured = 267,
    /// <summary>An entry of the device directory was read corrupted.</summary>
    DeviceEntryCorrupted = 268,
    /// <summary>An entry of a process directory was read corrupted.</summary>
    ProcessEntryCorrupted = 269,
    /// <summary>An entry of an MSI page table was read corrupted.</summary>
    MsiEntryCorrupted = 270,
    /// <summary>An interrupt file in memory was read corrupted.</summary>
    InterruptFileCorrupted = 271,
    /// <summary>A data path of the unit failed.</summary>
    InternalDataPath = 272,
    /// <summary>A message interrupt of the unit itself could not be written.</summary>
    MsiWriteAccess = 273,
    /// <summary>A page-table entry of either stage was read corrupted.</summary>
    PageTableCorrupted = 274,
}

/// <summary>What a fault cause implies for its record.</summary>
public static class RiscVFaultCauseExtensions
{
    extension(RiscVFaultCause cause)
    {
        /// <summary>Whether the second stage refused the access, so that iotval2 holds a guest address: causes 20, 21 and 23.</summary>
        public bool IsGuestPage => cause is RiscVFaultCause.ExecuteGuestPage or RiscVFaultCause.ReadGuestPage or RiscVFaultCause.WriteGuestPage;

        /// <summary>
        /// Whether a translation request (ATS) hears the fault as success without any permission, and nothing is recorded: causes 12, 13, 15, 20, 21, 23,
        /// 262 and 266. RISC-V IOMMU, "PCIe ATS translation request handling" [S].
        /// </summary>
        public bool IsSilentForAts => cause.IsGuestPage || cause is RiscVFaultCause.ExecutePage or RiscVFaultCause.ReadPage or RiscVFaultCause.WritePage
            or RiscVFaultCause.MsiEntryNotValid or RiscVFaultCause.ProcessEntryNotValid;

        /// <summary>Whether the fault is recorded even though DTF is set in the device context: causes 256 to 259, 268, 272 and 273. [S]</summary>
        public bool IsRecordedWhenSuppressed =>
            cause is (>= RiscVFaultCause.AllTransactionsDisallowed and <= RiscVFaultCause.DeviceEntryMisconfigured)
                or RiscVFaultCause.DeviceEntryCorrupted or RiscVFaultCause.InternalDataPath or RiscVFaultCause.MsiWriteAccess;
    }
}
