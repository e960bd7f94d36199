using System.Numerics;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.Ats;

/// <summary>
/// The address of a device-TLB invalidation with its size coded in the address itself: without S one 4 KiB page; with S
/// 2^(12+k) bytes, where the k-1 bits from bit 12 are 1 and the next is 0. PCIe ATS; VT-d, AMD and RISC-V commands use the same code.
/// </summary>
public readonly record struct AtsAddress(ulong Address, bool HasSize)
{
    private const ulong PageOffset = 0xFFF;

    /// <summary>Codes a range. The whole address space is 0x7ffffffffffff000 with S.</summary>
    public static AtsAddress Encode(AlignedRange range) =>
        range.AddressMask == 0
            ? new(range.Base, false)
            : new(range.Base | (Bits.Mask(range.SizeLog2 - 1) & ~PageOffset), true);

    /// <summary>Reads the range back. False if every address bit is 1 with S set, which is no size.</summary>
    public bool TryDecode(out AlignedRange range)
    {
        if (!HasSize)
        {
            range = new(Address & ~PageOffset, 0);
            return true;
        }
        int ones = BitOperations.TrailingZeroCount(~(Address >> 12));
        if (ones >= AlignedRange.MaximumAddressMask)
        {
            range = default;
            return false;
        }
        int addressMask = ones + 1;
        range = new(Address & ~Bits.Mask(12 + addressMask), addressMask);
        return true;
    }
}
