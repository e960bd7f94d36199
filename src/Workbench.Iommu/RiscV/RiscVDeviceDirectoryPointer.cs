namespace Workbench.Iommu.RiscV;

/// <summary>The device-directory-table pointer ddtp, 64 bits, offset 16. RISC-V IOMMU, "Device-directory-table pointer" [S][M][L].</summary>
public readonly record struct RiscVDeviceDirectoryPointer(ulong Value)
{
    /// <summary>What the unit does with requests, and the depth of the directory (iommu_mode). Bits 3:0.</summary>
    public RiscVDeviceDirectoryMode Mode { get => (RiscVDeviceDirectoryMode)Value.Field(3, 0); init => Value = Value.WithField(3, 0, (ulong)value); }

    /// <summary>Whether a change of the mode is still under way; read-only for software (busy). Bit 4.</summary>
    public bool IsBusy { get => Value.Bit(4); init => Value = Value.WithBit(4, value); }

    /// <summary>The root table, one 4 KiB page. Bits 53:10 (PPN).</summary>
    public Spa Table { get => new(Value.TableAddress); init => Value = Value.WithTableAddress(value.Value); }
}
