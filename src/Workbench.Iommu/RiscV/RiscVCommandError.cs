namespace Workbench.Iommu.RiscV;

/// <summary>
/// Why a command is refused. Architecturally all of these are illegal or unsupported commands, which stop the queue with
/// cqcsr.cmd_ill; <see cref="UnspecifiedRange"/> is a refusal of this model. RISC-V IOMMU, "Command-Queue" [S][M].
/// </summary>
public enum RiscVCommandError : byte
{
    /// <summary>The command is valid.</summary>
    None = 0,
    /// <summary>The opcode is none: 0 and 5 to 63 are reserved, 64 to 127 custom, of which this model has none.</summary>
    UnknownOpcode,
    /// <summary>The opcode has no such func3.</summary>
    UnknownFunction,
    /// <summary>A reserved bit is set; also PID of IODIR.INVAL_DDT.</summary>
    ReservedBits,
    /// <summary>NL without capabilities.NL, where bit 34 is reserved.</summary>
    NonLeafUnsupported,
    /// <summary>S without capabilities.S, where bit 73 is reserved.</summary>
    RangeUnsupported,
    /// <summary>S with an address of all ones, whose effect the specification leaves open; refused here so that no run depends on it.</summary>
    UnspecifiedRange,
    /// <summary>PSCV in IOTINVAL.GVMA.</summary>
    PscidInSecondStage,
    /// <summary>WSI in IOFENCE.C while fctl.WSI is 0, where bit 11 is reserved.</summary>
    WireInterruptsDisabled,
    /// <summary>IODIR.INVAL_PDT without DV.</summary>
    DeviceMissing,
    /// <summary>DID wider than the device directory reaches.</summary>
    DeviceIdTooWide,
    /// <summary>PID of IODIR.INVAL_PDT wider than any process directory of the part reaches.</summary>
    ProcessIdTooWide,
    /// <summary>An ATS command without capabilities.ATS.</summary>
    AtsUnsupported,
}
