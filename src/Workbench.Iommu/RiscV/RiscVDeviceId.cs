using System.Globalization;

namespace Workbench.Iommu.RiscV;

/// <summary>A device_id, 24 bits: for PCIe the segment in bits 23:16 above the requester id. RISC-V IOMMU, "Introduction" [S].</summary>
public readonly record struct RiscVDeviceId(uint Value)
{
    /// <summary>Width of the widest device_id in bits.</summary>
    public const int Bits = 24;
    /// <summary>The largest device_id, 2^24 - 1.</summary>
    public const uint MaxValue = 0xFF_FFFF;

    /// <summary>The id of a PCI function in a segment.</summary>
    public static RiscVDeviceId Of(RequesterId requester, byte segment = 0) => new((uint)segment << 16 | requester.Value);

    /// <summary>The PCI requester id, bits 15:0.</summary>
    public RequesterId Requester => new((ushort)(Value & 0xFFFF));

    /// <summary>The PCI segment, bits 23:16.</summary>
    public byte Segment => (byte)((Value >> 16) & 0xFF);

    /// <inheritdoc/>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
