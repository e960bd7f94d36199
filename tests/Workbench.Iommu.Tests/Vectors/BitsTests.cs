using CsCheck;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

public sealed class BitsTests
{
    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(1, 1UL)]
    [InlineData(63, 0x7FFF_FFFF_FFFF_FFFFUL)]
    [InlineData(64, 0xFFFF_FFFF_FFFF_FFFFUL)]
    public void Mask_has_as_many_ones_as_its_width(int width, ulong mask) => Assert.Equal(mask, Bits.Mask(width));

    [Theory]
    [InlineData(-1)]
    [InlineData(65)]
    public void Mask_of_an_impossible_width_is_refused(int width) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Bits.Mask(width));

    [Theory]
    [InlineData(0, 0, 1UL)] // width 1 at the bottom
    [InlineData(63, 63, 1UL)] // width 1 at the top
    [InlineData(62, 0, 0x7EDC_BA98_7654_3211UL)] // width 63
    [InlineData(63, 1, 0x7F6E_5D4C_3B2A_1908UL)] // width 63, shifted
    [InlineData(63, 0, 0xFEDC_BA98_7654_3211UL)] // width 64
    public void Field_reads_right_aligned(int high, int low, ulong value) =>
        Assert.Equal(value, 0xFEDC_BA98_7654_3211UL.Field(high, low));

    [Theory]
    [InlineData(0, 0, 1UL, 0x1UL)]
    [InlineData(63, 63, 1UL, 0x8000_0000_0000_0000UL)]
    [InlineData(62, 0, 0x7FFF_FFFF_FFFF_FFFFUL, 0x7FFF_FFFF_FFFF_FFFFUL)]
    [InlineData(63, 0, 0xFFFF_FFFF_FFFF_FFFFUL, 0xFFFF_FFFF_FFFF_FFFFUL)]
    public void WithField_writes_only_the_field(int high, int low, ulong value, ulong word)
    {
        Assert.Equal(word, 0UL.WithField(high, low, value));
        Assert.Equal(~word, ulong.MaxValue.WithField(high, low, 0));
    }

    [Theory]
    [InlineData(0, 0, 2UL)]
    [InlineData(63, 63, 2UL)]
    [InlineData(62, 0, 0x8000_0000_0000_0000UL)]
    public void WithField_refuses_a_value_that_does_not_fit(int high, int low, ulong value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => 0UL.WithField(high, low, value));

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    public void WithBit_sets_and_clears_one_bit(int index)
    {
        Assert.True(0UL.WithBit(index, true).Bit(index));
        Assert.Equal(0UL, 0UL.WithBit(index, true).WithBit(index, false));
    }

    [Fact]
    public void What_is_written_to_a_field_is_read_back_and_the_rest_stays() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 63], Gen.Int[0, 63]).Sample((word, value, a, b) =>
        {
            (int high, int low) = (Math.Max(a, b), Math.Min(a, b));
            ulong field = value & Bits.Mask(high - low + 1);
            ulong changed = word.WithField(high, low, field);
            Assert.Equal(field, changed.Field(high, low));
            Assert.Equal(word, changed.WithField(high, low, word.Field(high, low)));
        }, iter: 10_000);
}
