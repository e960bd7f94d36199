namespace Workbench.Iommu.RiscV;

/// <summary>
/// How a device_id is split into the indices DDI of the device directory. RISC-V IOMMU, "Data Structures" and "Process to
/// translate an IOVA" [S][M]. Level 0 holds the contexts. The extended format is that of parts with MSI_FLAT.
/// </summary>
public static class RiscVDeviceDirectory
{
    /// <summary>Levels of the deepest directory.</summary>
    public const int MaxLevels = 3;

    /// <summary>
    /// The index at a level: DDI[0], DDI[1], DDI[2] are bits 6:0, 15:7, 23:16 of the id with contexts of the base format, and
    /// 5:0, 14:6, 23:15 with the extended format.
    /// </summary>
    public static int IndexOf(RiscVDeviceId device, int level, bool isExtended)
    {
        ulong id = device.Value;
        return (int)(level switch
        {
            0 => isExtended ? id.Field(5, 0) : id.Field(6, 0),
            1 => isExtended ? id.Field(14, 6) : id.Field(15, 7),
            2 => isExtended ? id.Field(23, 15) : id.Field(23, 16),
            _ => throw new ArgumentOutOfRangeException(nameof(level), $"Level {level} is none of a device directory; 0 to {MaxLevels - 1}."),
        });
    }

    /// <summary>Byte offset in a table of the entry for a device: a context of 32 or 64 bytes at level 0, else a pointer of 8 bytes.</summary>
    public static ulong OffsetOf(RiscVDeviceId device, int level, bool isExtended) => (ulong)IndexOf(device, level, isExtended)
        * (ulong)(level > 0 ? RiscVDeviceDirectoryEntry.SizeBytes : isExtended ? RiscVDeviceContext.ExtendedSizeBytes : RiscVDeviceContext.BaseSizeBytes);

    /// <summary>Whether a directory of a mode reaches the device; if not the request faults with <see cref="RiscVFaultCause.TransactionTypeDisallowed"/>.</summary>
    public static bool Covers(RiscVDeviceId device, RiscVDeviceDirectoryMode mode, bool isExtended) =>
        mode.Levels != 0 && (device.Value & ~Bits.Mask(mode.DeviceIdBits(isExtended))) == 0;
}
