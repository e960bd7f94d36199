using System.Diagnostics.CodeAnalysis;

namespace Workbench.Iommu.Vtd;

/// <summary>What every VT-d structure shares: page pointers in bits 63:12 and checks of word spans.</summary>
internal static class VtdWords
{
    /// <summary>The offset bits of a 4 KiB page.</summary>
    internal const ulong PageOffset = 0xFFF;

    extension(ulong word)
    {
        /// <summary>The 4 KiB aligned address in bits 63:12.</summary>
        internal ulong PageAddress => word & ~PageOffset;

        /// <summary>The word with bits 63:12 replaced by a 4 KiB aligned address.</summary>
        internal ulong WithPageAddress(ulong address)
        {
            if ((address & PageOffset) != 0)
                ThrowUnaligned(address);
            return (word & PageOffset) | address;
        }
    }

    /// <summary>The bits of a page pointer that lie at or above the host address width, which hardware treats as reserved.</summary>
    internal static ulong AboveHostWidth(int hostAddressBits)
    {
        if (hostAddressBits is < 12 or > 64)
            ThrowHostWidth(hostAddressBits);
        return ~Bits.Mask(hostAddressBits);
    }

    [DoesNotReturn]
    private static void ThrowUnaligned(ulong address) =>
        throw new ArgumentOutOfRangeException(nameof(address), $"Address 0x{address:x} has bits below 12 set; VT-d tables start on a 4 KiB page.");

    [DoesNotReturn]
    private static void ThrowHostWidth(int hostAddressBits) =>
        throw new ArgumentOutOfRangeException(nameof(hostAddressBits), $"A host address width of {hostAddressBits} bits is none; 12 to 64.");
}
