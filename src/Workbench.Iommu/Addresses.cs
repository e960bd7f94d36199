using System.Globalization;

namespace Workbench.Iommu;

/// <summary>An I/O virtual address in bytes: what a device puts on the bus.</summary>
public readonly record struct Iova(ulong Value) : IComparable<Iova>
{
    /// <summary>The number of the 4 KiB page that holds the address.</summary>
    public ulong Page => Value >> 12;
    /// <inheritdoc/>
    public int CompareTo(Iova other) => Value.CompareTo(other.Value);
    /// <inheritdoc/>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>A guest-physical (intermediate physical) address in bytes.</summary>
public readonly record struct Gpa(ulong Value)
{
    /// <inheritdoc/>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>A system physical address in bytes: what the IOMMU puts on the memory bus.</summary>
public readonly record struct Spa(ulong Value)
{
    /// <inheritdoc/>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
