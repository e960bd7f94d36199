namespace Workbench.Iommu.RiscV;

/// <summary>The features-control register fctl, 32 bits, offset 8; its default is little-endian, message interrupts, 64-bit guests. RISC-V IOMMU, "Features-control register" [S][L].</summary>
public readonly record struct RiscVFeatureControl(uint Value)
{
    /// <summary>Whether the unit reads and writes its structures and queues big-endian (BE). Bit 0.</summary>
    public bool IsBigEndian { get => ((ulong)Value).Bit(0); init => Value = (uint)((ulong)Value).WithBit(0, value); }

    /// <summary>Whether the unit signals interrupts by wire (WSI). Bit 1.</summary>
    public bool UsesWireInterrupts { get => ((ulong)Value).Bit(1); init => Value = (uint)((ulong)Value).WithBit(1, value); }

    /// <summary>Whether second-stage tables are those of 32-bit guests (GXL). Bit 2.</summary>
    public bool IsGuest32Bit { get => ((ulong)Value).Bit(2); init => Value = (uint)((ulong)Value).WithBit(2, value); }
}
