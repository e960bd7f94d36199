using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

public sealed class RiscVFirstStageFormatTests : PageTableFormatContract<RiscVFirstStageFormat>
{
    protected override int PhysicalBits => 56;

    // hardware.md 4.1: a leaf at every level, and 64 KiB runs (Svnapot) at the lowest.
    [Fact]
    public void Leaves_have_six_sizes() =>
        Assert.Equal([0x1_1000UL, 1UL << 21, 1UL << 30, 1UL << 39, 1UL << 48], Enumerable.Range(0, 5).Select(RiscVFirstStageFormat.LeafSizes));

    [Fact]
    public void The_first_stage_is_signed() => Assert.True(RiscVFirstStageFormat.IsSigned);

    [Fact]
    public void Tables_are_never_marked_accessed() => Assert.False(RiscVFirstStageFormat.MarksTablesAccessed);
}
