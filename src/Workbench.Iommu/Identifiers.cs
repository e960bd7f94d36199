using System.Globalization;

namespace Workbench.Iommu;

/// <summary>A PCI requester id: bus in bits 15:8, device in 7:3, function in 2:0.</summary>
public readonly record struct RequesterId(ushort Value) : IComparable<RequesterId>
{
    /// <summary>The PCI bus, 0 to 255.</summary>
    public byte Bus => (byte)(Value >> 8);
    /// <summary>Device and function in one byte, as the context table is indexed.</summary>
    public byte DeviceFunction => (byte)(Value & 0xff);

    /// <summary>Builds an id from bus, device (0 to 31) and function (0 to 7).</summary>
    public static RequesterId Of(int bus, int device, int function)
    {
        if (bus is < 0 or > 255 || device is < 0 or > 31 || function is < 0 or > 7)
            throw new ArgumentOutOfRangeException(nameof(bus), $"{bus:x2}:{device:x2}.{function} is no PCI function; bus 0-ff, device 0-1f, function 0-7.");
        return new((ushort)(bus << 8 | device << 3 | function));
    }

    /// <summary>Reads 00:01.0, 0000:00:01.0, 00:01.00 or a raw id such as 0x8.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RequesterId id)
    {
        id = default;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (!ushort.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort raw)) return false;
            id = new(raw);
            return true;
        }
        int dot = text.LastIndexOf('.');
        if (dot < 0) return false;
        ReadOnlySpan<char> head = text[..dot];
        int colon = head.LastIndexOf(':');
        if (colon < 0) return false;
        ReadOnlySpan<char> bus = head[..colon];
        int segment = bus.LastIndexOf(':');
        if (segment >= 0) bus = bus[(segment + 1)..];
        if (!Hex(bus, 255, out int b) || !Hex(head[(colon + 1)..], 31, out int d) || !Hex(text[(dot + 1)..], 7, out int f)) return false;
        id = Of(b, d, f);
        return true;

        static bool Hex(ReadOnlySpan<char> part, int most, out int value) =>
            int.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0 && value <= most;
    }

    /// <inheritdoc/>
    public int CompareTo(RequesterId other) => Value.CompareTo(other.Value);
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Bus:x2}:{(Value >> 3) & 31:x2}.{Value & 7}");
}

/// <summary>A process address space id, 20 bits. PCIe 6.0 §6.20.</summary>
public readonly record struct Pasid(uint Value)
{
    /// <summary>The largest PASID, 2^20 - 1.</summary>
    public const uint MaxValue = 0xFFFFF;
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The tag that the IOMMU's caches put on translations of one domain, 16 bits.</summary>
public readonly record struct DomainId(ushort Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
