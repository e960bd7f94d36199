using System.Diagnostics.CodeAnalysis;

namespace Workbench.Iommu.Amd;

/// <summary>What every AMD structure shares: 52-bit table pointers in bits 51:12 and checks of word spans.</summary>
internal static class AmdWords
{
    private const ulong PageAddressMask = 0x000F_FFFF_FFFF_F000;

    extension(ulong word)
    {
        /// <summary>The 4 KiB aligned address in bits 51:12.</summary>
        internal ulong PageAddress => word & PageAddressMask;

        /// <summary>The word with bits 51:12 replaced by a 4 KiB aligned address below 2^52.</summary>
        internal ulong WithPageAddress(ulong address)
        {
            RequirePageAddress(address);
            return (word & ~PageAddressMask) | address;
        }
    }

    /// <summary>Refuses an address that no 4 KiB aligned 52-bit pointer can hold.</summary>
    internal static void RequirePageAddress(ulong address)
    {
        if ((address & ~PageAddressMask) != 0)
            ThrowAddress(address);
    }

    [DoesNotReturn]
    private static void ThrowAddress(ulong address) =>
        throw new ArgumentOutOfRangeException(nameof(address), $"Address 0x{address:x} does not fit bits 51:12; AMD tables start on a 4 KiB page below 2^52.");
}
