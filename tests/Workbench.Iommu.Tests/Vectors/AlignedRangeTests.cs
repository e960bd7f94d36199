using CsCheck;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Invalidation;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Aligned ranges and the ATS size code. VT-d §6.5.2.3 and §6.5.2.5; hardware.md 2f.</summary>
public sealed class AlignedRangeTests
{
    [Theory]
    [InlineData(0x0UL, 0x0UL, 0x0UL, 0)]
    [InlineData(0x1000UL, 0x1FFFUL, 0x1000UL, 0)]
    [InlineData(0x1FFFUL, 0x2000UL, 0x0UL, 2)] // two bytes across 8 KiB need 16 KiB
    [InlineData(0xFFE7_4000UL, 0xFFE7_7FFFUL, 0xFFE7_4000UL, 2)]
    [InlineData(0x0UL, 0x7FFF_FFFF_FFFF_FFFFUL, 0x0UL, 51)] // lower half, mask 2^63
    [InlineData(0x8000_0000_0000_0000UL, 0xFFFF_FFFF_FFFF_FFFFUL, 0x8000_0000_0000_0000UL, 51)]
    [InlineData(0x7FFF_FFFF_FFFF_FFFFUL, 0x8000_0000_0000_0000UL, 0x0UL, 52)] // two bytes across 2^63 need everything
    [InlineData(0x0UL, 0xFFFF_FFFF_FFFF_FFFFUL, 0x0UL, 52)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFFUL, 0xFFFF_FFFF_FFFF_FFFFUL, 0xFFFF_FFFF_FFFF_F000UL, 0)]
    public void Enclosing_is_exact(ulong first, ulong last, ulong baseAddress, int addressMask)
    {
        AlignedRange range = AlignedRange.Enclosing(first, last);
        Assert.Equal(new AlignedRange(baseAddress, addressMask), range);
        Assert.True(range.Contains(first));
        Assert.True(range.Contains(last));
    }

    [Fact]
    public void Enclosing_equals_the_first_mask_that_holds_both_ends() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 63]).Sample((a, b, shift) =>
        {
            (ulong first, ulong last) = (Math.Min(a >> shift, b >> shift), Math.Max(a >> shift, b >> shift));
            int expected = 0;
            while (expected < 52 && first >> (12 + expected) != last >> (12 + expected)) expected++;
            AlignedRange range = AlignedRange.Enclosing(first, last);
            Assert.Equal(expected, range.AddressMask);
            Assert.True(range.Base <= first && range.LastByte >= last);
        }, iter: 20_000);

    [Fact]
    public void An_empty_range_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AlignedRange.Enclosing(1, 0));

    [Theory]
    [InlineData(0x1000UL, 1)]
    [InlineData(0x800UL, 0)]
    [InlineData(0x8000_0000_0000_0000UL, 52)]
    [InlineData(0UL, 53)]
    [InlineData(0UL, -1)]
    public void A_range_off_its_size_is_refused(ulong baseAddress, int addressMask) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AlignedRange(baseAddress, addressMask));

    [Fact]
    public void Overlap_counts_both_ends()
    {
        AlignedRange range = new(0x4000, 2);
        Assert.True(range.Overlaps(0x0, 0x4000));
        Assert.True(range.Overlaps(0x7FFF, 0x8000));
        Assert.False(range.Overlaps(0x0, 0x3FFF));
        Assert.False(range.Overlaps(0x8000, ulong.MaxValue));
        Assert.True(range.Overlaps(0, ulong.MaxValue));
        Assert.True(new AlignedRange(0, 52).Overlaps(ulong.MaxValue, ulong.MaxValue));
    }

    // hardware.md 2f [L]: bits [12+k-2:12] = 1, bit 12+k-1 = 0, S = 1.
    [Theory]
    [InlineData(0x5000UL, 0, 0x5000UL, false)]
    [InlineData(0x4000UL, 1, 0x4000UL, true)]
    [InlineData(0x1_0000UL, 4, 0x1_7000UL, true)]
    [InlineData(0x20_0000UL, 9, 0x2F_F000UL, true)]
    [InlineData(0UL, 52, 0x7FFF_FFFF_FFFF_F000UL, true)]
    [InlineData(0x8000_0000_0000_0000UL, 51, 0xBFFF_FFFF_FFFF_F000UL, true)]
    public void A_device_tlb_size_is_trailing_ones(ulong baseAddress, int addressMask, ulong address, bool hasSize)
    {
        AtsAddress coded = AtsAddress.Encode(new(baseAddress, addressMask));
        Assert.Equal(new AtsAddress(address, hasSize), coded);
        Assert.True(coded.TryDecode(out AlignedRange range));
        Assert.Equal(new AlignedRange(baseAddress, addressMask), range);
    }

    [Fact]
    public void All_ones_with_a_size_is_no_size() =>
        Assert.False(new AtsAddress(0xFFFF_FFFF_FFFF_F000, true).TryDecode(out _));

    [Fact]
    public void Device_tlb_sizes_round_trip() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 52]).Sample((address, addressMask) =>
        {
            AlignedRange range = new(address & ~Bits.Mask(12 + addressMask), addressMask);
            Assert.True(AtsAddress.Encode(range).TryDecode(out AlignedRange back));
            Assert.Equal(range, back);
        }, iter: 10_000);
}
