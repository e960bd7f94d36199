using System.Numerics;

namespace Workbench.Iommu.RiscV;

/// <summary>
/// Ranges coded in their own address: without S one 4 KiB page; with S 2^(X+1) pages, where X is the lowest address bit from 12
/// up that is 0. RISC-V IOMMU, "Address Range Invalidation Extension" [S]; PCIe ATS has the same code.
/// </summary>
internal static class RiscVNapot
{
    /// <summary>Codes an aligned range of 2^12 to 2^64 bytes.</summary>
    internal static (ulong Address, bool IsRange) Encode(ulong firstByte, int sizeLog2)
    {
        if (sizeLog2 is < 12 or > 64)
            throw new ArgumentOutOfRangeException(nameof(sizeLog2), $"A range of 2^{sizeLog2} bytes has no code; 12 to 64.");
        if ((firstByte & Bits.Mask(sizeLog2)) != 0)
            throw new ArgumentOutOfRangeException(nameof(firstByte), $"Address 0x{firstByte:x} is not aligned to 2^{sizeLog2}, the size of the range.");
        return sizeLog2 == 12 ? (firstByte, false) : (firstByte | (Bits.Mask(sizeLog2 - 1) & ~RiscVWords.PageOffset), true);
    }

    /// <summary>Whether every address bit is 1 with S set, which the specification leaves open.</summary>
    internal static bool IsUnspecified(ulong address, bool isRange) => isRange && SizeLog2(address) > 64;

    /// <summary>First and last byte of a code; the code of all ones is read as everything.</summary>
    internal static (ulong First, ulong Last) Decode(ulong address, bool isRange)
    {
        ulong offset = Bits.Mask(isRange ? Math.Min(64, SizeLog2(address)) : 12);
        return (address & ~offset, address | offset);
    }

    private static int SizeLog2(ulong address) => 13 + BitOperations.TrailingZeroCount(~(address >> 12));
}
