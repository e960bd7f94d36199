using System.Diagnostics.CodeAnalysis;

namespace Workbench.Iommu.Smmu;

/// <summary>What every SMMU structure shares: address fields, 32-bit register words and checks of word spans.</summary>
internal static class SmmuWords
{
    extension(ulong word)
    {
        /// <summary>The address whose bits high:low stand in bits high:low of the word; other bits are 0.</summary>
        internal ulong Address(int high, int low) => word & FieldMask(high, low);

        /// <summary>The word with bits high:low replaced by those of an address, which must have no other bits.</summary>
        internal ulong WithAddress(int high, int low, ulong address)
        {
            ulong mask = FieldMask(high, low);
            if ((address & ~mask) != 0)
                ThrowAddress(address, high, low);
            return (word & ~mask) | address;
        }
    }

    extension(uint register)
    {
        /// <summary>Bits high:low of a 32-bit register, right-aligned.</summary>
        internal uint Field(int high, int low) => (uint)((ulong)register).Field(high, low);

        /// <summary>One bit of a 32-bit register.</summary>
        internal bool Bit(int index) => ((ulong)register).Bit(index);

        /// <summary>The register with bits high:low replaced. The value must fit the field.</summary>
        internal uint WithField(int high, int low, int value) => (uint)((ulong)register).WithField(high, low, unchecked((ulong)value));

        /// <summary>The register with one bit set or cleared.</summary>
        internal uint WithBit(int index, bool value) => (uint)((ulong)register).WithBit(index, value);
    }

    /// <summary>Ones in bits high:low.</summary>
    internal static ulong FieldMask(int high, int low) => Bits.Mask(high - low + 1) << low;

    [DoesNotReturn]
    private static void ThrowAddress(ulong address, int high, int low) =>
        throw new ArgumentOutOfRangeException(nameof(address), $"Address 0x{address:x} has bits outside {high}:{low}, all that the field holds.");
}
