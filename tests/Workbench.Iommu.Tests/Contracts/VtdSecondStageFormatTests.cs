using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

public sealed class VtdSecondStageFormatTests : PageTableFormatContract<VtdSecondStageFormat>
{
    protected override int PhysicalBits => 52;

    // hardware.md 2a: PS exists at PDE and PDPTE level only.
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void The_page_size_bit_is_reserved_above_level_2(int level, bool isReserved) =>
        Assert.Equal(isReserved, VtdSecondStageFormat.HasReservedBits(VtdSecondStageFormat.PageSizeBit | 3, level));

    [Theory]
    [InlineData(1, 0x1000UL, true)]
    [InlineData(1, 0x10_0000UL, true)]
    [InlineData(1, 0x20_0000UL, false)]
    [InlineData(2, 0x20_0000UL, true)]
    [InlineData(2, 0x2000_0000UL, true)]
    [InlineData(2, 0x4000_0000UL, false)]
    public void A_large_page_is_aligned_to_its_size(int level, ulong address, bool isReserved) =>
        Assert.Equal(isReserved, VtdSecondStageFormat.HasReservedBits(address | VtdSecondStageFormat.PageSizeBit | 3, level));

    // hardware.md 2a [S*]: 4 KiB, 2 MiB and 1 GiB are the only leaves.
    [Fact]
    public void Leaves_have_three_sizes() =>
        Assert.Equal([0x1000UL, 0x20_0000UL, 0x4000_0000UL, 0UL, 0UL], Enumerable.Range(0, 5).Select(VtdSecondStageFormat.LeafSizes));
}
