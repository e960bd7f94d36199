using CsCheck;
using Workbench.Iommu.Invalidation;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>Ranges cut into aligned powers of two: exactly and with few pieces, or in equal steps.</summary>
public sealed class AlignedRangeModelTests
{
    // First and last page: small spaces so that borders are met, and the ends of the 64-bit space.
    private static readonly Gen<(ulong First, ulong Last)> Pages =
        from place in Gen.OneOf(0UL, 0x7F_F000UL, 1UL << 40, (1UL << 52) - 4096)
        from a in Gen.OneOf(Gen.ULong[0, 63], Gen.ULong[0, 4095])
        from b in Gen.OneOf(Gen.ULong[0, 63], Gen.ULong[0, 4095])
        select (place + Math.Min(a, b), place + Math.Max(a, b));

    private static AlignedRange[] Exactly((ulong First, ulong Last) pages) => [.. AlignedRange.Exactly(pages.First << 12, pages.Last << 12 | 0xFFF)];

    /// <summary>Pages that ranges hold, in the ranges' order.</summary>
    private static IEnumerable<ulong> PagesOf(IEnumerable<AlignedRange> ranges)
    {
        foreach (AlignedRange range in ranges)
            for (ulong i = 0; i < 1UL << range.AddressMask; i++) yield return (range.Base >> 12) + i;
    }

    private static IEnumerable<ulong> PagesOf((ulong First, ulong Last) pages)
    {
        for (ulong page = pages.First; page <= pages.Last; page++) yield return page;
    }

    [Fact]
    public void Exactly_covers_every_page_once_in_order() => Pages.Sample(pages => Assert.Equal(PagesOf(pages), PagesOf(Exactly(pages))), iter: 300);

    // The fewest pieces that end at page n - 1, by trying every aligned piece that may be the last one.
    [Fact]
    public void Exactly_needs_the_fewest_pieces() => Gen.Select(Gen.ULong[0, 70], Gen.ULong[0, 70]).Sample((a, b) =>
    {
        ulong first = Math.Min(a, b), end = Math.Max(a, b) + 1;
        Dictionary<ulong, int> fewest = new() { [first] = 0 };
        for (ulong n = first + 1; n <= end; n++)
        {
            fewest[n] = int.MaxValue;
            for (int log2 = 0; log2 < 8; log2++)
            {
                ulong size = 1UL << log2;
                if (n >= size && n - size >= first && (n - size) % size == 0) fewest[n] = Math.Min(fewest[n], fewest[n - size] + 1);
            }
        }
        Assert.Equal(fewest[end], Exactly((first, end - 1)).Length);
    });

    [Theory]
    [InlineData(0UL, ulong.MaxValue, 1)]
    [InlineData(0UL, 0xFFFUL, 1)]
    [InlineData(0x1000UL, ulong.MaxValue, 52)] // 2^12, 2^13 … 2^63
    [InlineData(0UL, 0xFFFF_FFFF_FFFF_EFFFUL, 52)]
    [InlineData(0x1000UL, 0xFFFF_FFFF_FFFF_EFFFUL, 102)]
    [InlineData(0xFFFF_FFFF_FFFF_F000UL, ulong.MaxValue, 1)]
    public void Exactly_reaches_the_ends_of_the_space(ulong first, ulong last, int pieces)
    {
        AlignedRange[] ranges = [.. AlignedRange.Exactly(first, last)];
        Assert.Equal(pieces, ranges.Length);
        Assert.Equal((first, last), (ranges[0].Base, ranges[^1].LastByte));
        for (int i = 1; i < ranges.Length; i++) Assert.Equal(unchecked(ranges[i - 1].LastByte + 1), ranges[i].Base);
    }

    [Fact]
    public void Steps_are_equal_ascending_and_all_needed() =>
        Gen.Select(Pages, Gen.Int[12, 24], Gen.ULong[0, 0xFFF], Gen.ULong[0, 0xFFF]).Sample((pages, size, inFirst, inLast) =>
        {
            ulong first = pages.First << 12 | inFirst, last = pages.Last << 12 | inLast;
            if (first > last) (first, last) = (last, first);
            AlignedRange[] steps = [.. AlignedRange.InSteps(first, last, size)];
            Assert.All(steps, step => Assert.Equal(size, step.SizeLog2));
            Assert.All(steps, step => Assert.True(step.Overlaps(first, last)));
            for (int i = 1; i < steps.Length; i++) Assert.Equal(steps[i - 1].Base + (1UL << size), steps[i].Base);
            Assert.True(steps[0].Contains(first) && steps[^1].Contains(last));
        }, iter: 500);

    [Theory]
    [InlineData(0UL, ulong.MaxValue, 64, 1)]
    [InlineData(0x5000UL, ulong.MaxValue, 63, 2)]
    [InlineData(0xFFFF_FFFF_FFFF_0000UL, ulong.MaxValue, 12, 16)]
    [InlineData(0x7FFF_FFFF_FFFF_FFFFUL, 0x8000_0000_0000_0000UL, 63, 2)]
    public void Steps_reach_the_end_of_the_space(ulong first, ulong last, int size, int count)
    {
        AlignedRange[] steps = [.. AlignedRange.InSteps(first, last, size)];
        Assert.Equal(count, steps.Length);
        Assert.True(steps[0].Contains(first) && steps[^1].Contains(last));
    }
}
