namespace Workbench.Iommu.Vtd;

/// <summary>Depth of a second-stage table: the AW field, bits 4:2 of a PASID-table entry, and the bit number in CAP.SAGAW. [L][S*]</summary>
public enum VtdAddressWidth : byte
{
    /// <summary>Not a width of scalable mode: 0 and 4 to 7 are reserved.</summary>
    Reserved = 0,
    /// <summary>39-bit addresses, 3 levels.</summary>
    Bits39 = 1,
    /// <summary>48-bit addresses, 4 levels.</summary>
    Bits48 = 2,
    /// <summary>57-bit addresses, 5 levels.</summary>
    Bits57 = 3,
}

/// <summary>What an address width code means in levels and bits.</summary>
public static class VtdAddressWidthExtensions
{
    extension(VtdAddressWidth width)
    {
        /// <summary>Whether the code is none of the three widths of scalable mode.</summary>
        public bool IsReserved => width is < VtdAddressWidth.Bits39 or > VtdAddressWidth.Bits57;

        /// <summary>Number of table levels: 3, 4 or 5; 0 for a reserved code.</summary>
        public int Levels => width.IsReserved ? 0 : 2 + (int)width;

        /// <summary>Number of input address bits: 39, 48 or 57; 0 for a reserved code.</summary>
        public int AddressBits => width.IsReserved ? 0 : 30 + (9 * (int)width);
    }
}
