using System.Numerics;

namespace Workbench.Iommu.Invalidation;

/// <summary>
/// A naturally aligned power-of-two range of addresses as an IOTLB invalidation names it: a base and AM, the log2 of
/// the number of 4 KiB pages. A size of 2^64 (AM 52) is the whole address space.
/// </summary>
public readonly record struct AlignedRange
{
    /// <summary>The largest AM that means something: 2^52 pages are all addresses.</summary>
    public const int MaximumAddressMask = 52;

    /// <summary>A range from its base address, which must be aligned to its size, and its AM, 0 to 52.</summary>
    public AlignedRange(ulong baseAddress, int addressMask)
    {
        if (addressMask is < 0 or > MaximumAddressMask)
            throw new ArgumentOutOfRangeException(nameof(addressMask), $"Address mask {addressMask} is none; 0 to {MaximumAddressMask}.");
        if ((baseAddress & Bits.Mask(12 + addressMask)) != 0)
            throw new ArgumentOutOfRangeException(nameof(baseAddress), $"Address 0x{baseAddress:x} is not aligned to 2^{12 + addressMask}, the size of address mask {addressMask}.");
        Base = baseAddress;
        AddressMask = addressMask;
    }

    /// <summary>Address of the first byte.</summary>
    public ulong Base { get; }

    /// <summary>Log2 of the number of 4 KiB pages, 0 to 52.</summary>
    public int AddressMask { get; }

    /// <summary>Log2 of the size in bytes, 12 to 64.</summary>
    public int SizeLog2 => 12 + AddressMask;

    /// <summary>Address of the last byte; exists even where base plus size does not fit 64 bits.</summary>
    public ulong LastByte => Base | Bits.Mask(SizeLog2);

    /// <summary>The smallest range that holds both bytes and everything between. Exact up to the whole 64-bit space.</summary>
    public static AlignedRange Enclosing(ulong firstByte, ulong lastByte)
    {
        if (firstByte > lastByte)
            throw new ArgumentOutOfRangeException(nameof(lastByte), $"Last byte 0x{lastByte:x} lies before first byte 0x{firstByte:x}; an empty range is not invalidated at all.");
        // The highest bit in which the ends differ must lie inside the range, all bits above it are the base.
        int differing = 64 - BitOperations.LeadingZeroCount(firstByte ^ lastByte);
        int sizeLog2 = Math.Max(12, differing);
        return new(firstByte & ~Bits.Mask(sizeLog2), sizeLog2 - 12);
    }

    /// <summary>Whether a byte lies in the range.</summary>
    public bool Contains(ulong address) => (address & ~Bits.Mask(SizeLog2)) == Base;

    /// <summary>Whether any byte of first to last, both included, lies in the range.</summary>
    public bool Overlaps(ulong firstByte, ulong lastByte) => firstByte <= LastByte && lastByte >= Base;

    /// <summary>The fewest ranges that cover first to last exactly, both on 4 KiB borders, in ascending order.</summary>
    public static IEnumerable<AlignedRange> Exactly(ulong firstByte, ulong lastByte)
    {
        for (ulong at = firstByte; ;)
        {
            ulong left = lastByte - at;
            // Limited by the alignment of the start, then by what is left.
            int sizeLog2 = Math.Min(64, at == 0 ? 64 : BitOperations.TrailingZeroCount(at));
            while (Bits.Mask(sizeLog2) > left) sizeLog2--;
            yield return new(at, sizeLog2 - 12);
            if (Bits.Mask(sizeLog2) == left) yield break;
            at += 1UL << sizeLog2;
        }
    }

    /// <summary>Ranges of 2^<paramref name="sizeLog2"/> bytes, 12 or more, that cover first to last, in ascending order.</summary>
    public static IEnumerable<AlignedRange> InSteps(ulong firstByte, ulong lastByte, int sizeLog2)
    {
        for (ulong at = firstByte & ~Bits.Mask(sizeLog2); ; at += 1UL << sizeLog2)
        {
            yield return new(at, sizeLog2 - 12);
            if ((at | Bits.Mask(sizeLog2)) >= lastByte) yield break;
        }
    }
}
