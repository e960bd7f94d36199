namespace Workbench.Iommu;

/// <summary>Bit fields of hardware words. The one place where masks are built: C# masks shift counts, specifications do not.</summary>
public static class Bits
{
    /// <summary>A mask of the low <paramref name="width"/> bits; width 0 to 64.</summary>
    public static ulong Mask(int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 64);
        return width == 64 ? ulong.MaxValue : (1UL << width) - 1;
    }

    extension(ulong word)
    {
        /// <summary>Bits high:low of the word, right-aligned; 63 ≥ high ≥ low ≥ 0.</summary>
        public ulong Field(int high, int low) => (word >> low) & Mask(high - low + 1);

        /// <summary>One bit of the word, 0 to 63.</summary>
        public bool Bit(int index) => ((word >> index) & 1) != 0;

        /// <summary>The word with bits high:low replaced. The value must fit the field.</summary>
        public ulong WithField(int high, int low, ulong value)
        {
            ulong mask = Mask(high - low + 1);
            if ((value & ~mask) != 0)
                throw new ArgumentOutOfRangeException(nameof(value), $"0x{value:x} does not fit bits {high}:{low}, which hold at most 0x{mask:x}.");
            return (word & ~(mask << low)) | (value << low);
        }

        /// <summary>The word with one bit set or cleared.</summary>
        public ulong WithBit(int index, bool value) => value ? word | (1UL << index) : word & ~(1UL << index);
    }
}
