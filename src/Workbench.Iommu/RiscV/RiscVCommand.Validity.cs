namespace Workbench.Iommu.RiscV;

/// <content>What hardware checks before it executes a command.</content>
public readonly partial record struct RiscVCommand
{
    private const int IotinvalOpcode = 1;
    private const int IofenceOpcode = 2;
    private const int IodirOpcode = 3;
    private const int AtsOpcode = 4;

    // Bits that no command of the group uses [S][M]; the payload of ATS goes to the device unjudged [M].
    private const ulong IotinvalReserved0 = 0xF000_0FF8_0000_0800;
    private const ulong IotinvalReserved1 = 0xC000_0000_0000_01FF;
    private const ulong IofenceReserved0 = 0x0000_0000_FFFF_C000;
    private const ulong IofenceReserved1 = 0xC000_0000_0000_0000;
    private const ulong IodirReserved0 = 0x0000_00FD_0000_0C00;
    private const ulong AtsReserved0 = 0x0000_00FC_0000_0C00;
    private const ulong ProcessIdField = 0x0000_0000_FFFF_F000;

    /// <summary>Whether hardware would execute the command, and if not, why; the other parameters as for <see cref="Check"/>.</summary>
    public bool IsValid(RiscVCapabilities capabilities, out string reason, RiscVFeatureControl control = default, int deviceIdBits = RiscVDeviceId.Bits)
    {
        RiscVCommandError error = Check(capabilities, control, deviceIdBits);
        reason = Describe(error);
        return error == RiscVCommandError.None;
    }

    /// <summary>
    /// The first thing wrong with the command. <paramref name="deviceIdBits"/>, 0 to 24, is how wide a DID may be:
    /// <see cref="RiscVDeviceDirectoryModeExtensions"/> has it for ddtp.iommu_mode. Allocates nothing.
    /// </summary>
    public RiscVCommandError Check(RiscVCapabilities capabilities, RiscVFeatureControl control = default, int deviceIdBits = RiscVDeviceId.Bits)
    {
        int functions = Opcode switch { IotinvalOpcode or IodirOpcode or AtsOpcode => 2, IofenceOpcode => 1, _ => 0 };
        if (functions == 0) return RiscVCommandError.UnknownOpcode;
        if (Opcode == AtsOpcode && !capabilities.SupportsAts) return RiscVCommandError.AtsUnsupported;
        if (Function >= functions) return RiscVCommandError.UnknownFunction;
        if (HasReservedBits) return RiscVCommandError.ReservedBits;
        return Opcode switch
        {
            IotinvalOpcode => CheckInvalidation(capabilities),
            IofenceOpcode when RaisesInterrupt && !control.UsesWireInterrupts => RiscVCommandError.WireInterruptsDisabled,
            IodirOpcode => CheckDirectory(capabilities, deviceIdBits),
            _ => CheckRange(),
        };
    }

    /// <summary>A sentence with the values found; empty for no error.</summary>
    public string Describe(RiscVCommandError error) => error switch
    {
        RiscVCommandError.None => "",
        RiscVCommandError.UnknownOpcode => $"Command opcode {Opcode} is none; 1 to 4.",
        RiscVCommandError.UnknownFunction => $"Command opcode {Opcode} has no function {Function}.",
        RiscVCommandError.ReservedBits => $"Command {Word0:x16} {Word1:x16} ({Type}) has a reserved bit set.",
        RiscVCommandError.NonLeafUnsupported => "NL is set on a part without capabilities.NL; leave the address out to drop non-leaf entries.",
        RiscVCommandError.RangeUnsupported => "S is set on a part without capabilities.S; name each page, or leave the address out.",
        RiscVCommandError.UnspecifiedRange => $"Address 0x{Address:x} with S set codes no size; bit 63 must be 0 for everything.",
        RiscVCommandError.PscidInSecondStage => "PSCV is set in IOTINVAL.GVMA; the second stage has no processes.",
        RiscVCommandError.WireInterruptsDisabled => "WSI is set in IOFENCE.C while fctl.WSI is 0.",
        RiscVCommandError.DeviceMissing => "IODIR.INVAL_PDT without DV; it needs a device.",
        RiscVCommandError.DeviceIdTooWide => $"Device id {DeviceId} is wider than the device directory reaches.",
        RiscVCommandError.ProcessIdTooWide => $"Process id {ProcessId} is wider than any process directory of the part reaches.",
        RiscVCommandError.AtsUnsupported => "An ATS command on a part without capabilities.ATS.",
        _ => throw new ArgumentOutOfRangeException(nameof(error), $"{error} is no command error."),
    };

    private RiscVCommandError CheckInvalidation(RiscVCapabilities capabilities)
    {
        if (DropsNonLeaf && !capabilities.SupportsNonLeafInvalidation) return RiscVCommandError.NonLeafUnsupported;
        if (IsRange && !capabilities.SupportsRangeInvalidation) return RiscVCommandError.RangeUnsupported;
        if (Type == RiscVCommandType.IotinvalGvma && HasPscid) return RiscVCommandError.PscidInSecondStage;
        return CheckRange();
    }

    private RiscVCommandError CheckDirectory(RiscVCapabilities capabilities, int deviceIdBits)
    {
        bool isProcess = Type == RiscVCommandType.IodirInvalPdt;
        if (isProcess && !HasDevice) return RiscVCommandError.DeviceMissing;
        if (HasDevice && (DeviceId.Value & ~Bits.Mask(deviceIdBits)) != 0) return RiscVCommandError.DeviceIdTooWide;
        return isProcess && (ProcessId.Value & ~Bits.Mask(capabilities.ProcessIdBits)) != 0 ? RiscVCommandError.ProcessIdTooWide : RiscVCommandError.None;
    }

    private RiscVCommandError CheckRange() =>
        AddressCounts && RiscVNapot.IsUnspecified(Address, IsRange) ? RiscVCommandError.UnspecifiedRange : RiscVCommandError.None;

    private bool HasReservedBits
    {
        get
        {
            (ulong reserved0, ulong reserved1) = Opcode switch
            {
                IotinvalOpcode => (IotinvalReserved0, IotinvalReserved1),
                IofenceOpcode => (IofenceReserved0, IofenceReserved1),
                IodirOpcode => (Type == RiscVCommandType.IodirInvalDdt ? IodirReserved0 | ProcessIdField : IodirReserved0, ulong.MaxValue),
                _ => (AtsReserved0, 0UL),
            };
            return ((Word0 & reserved0) | (Word1 & reserved1)) != 0;
        }
    }
}
