using Workbench.Iommu.Amd;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

public sealed class AmdV1FormatTests : PageTableFormatContract<AmdV1Format>
{
    protected override int PhysicalBits => 52;

    // hardware.md §1.3: any power of two of a level; 512 GiB is left out, 2^51 is the largest, and the sixth level has none.
    [Theory]
    [InlineData(0, 12, 20)]
    [InlineData(1, 21, 29)]
    [InlineData(2, 30, 38)]
    [InlineData(3, 40, 47)]
    [InlineData(4, 48, 51)]
    public void Leaves_have_these_sizes(int level, int smallest, int largest) =>
        Assert.Equal(Bits.Mask(largest + 1) & ~Bits.Mask(smallest), AmdV1Format.LeafSizes(level));

    [Fact]
    public void The_sixth_level_has_no_leaves()
    {
        Assert.Equal(0UL, AmdV1Format.LeafSizes(5));
        Assert.True(AmdV1Format.HasReservedBits(0x6000_0000_0000_0001, 5));
        Assert.True(AmdV1Format.HasReservedBits(0x6000_0000_0000_0E01, 5));
        Assert.False(AmdV1Format.HasReservedBits(0x6000_0000_0000_0A01, 5));
    }
}
