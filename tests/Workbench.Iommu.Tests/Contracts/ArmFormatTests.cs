using Workbench.Iommu.PageTables;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

public sealed class ArmStage1Format4KTests : PageTableFormatContract<ArmStage1Format<Granule4K>>
{
    protected override int PhysicalBits => 48;

    [Fact]
    public void Leaves_have_six_sizes() => Assert.Equal([12, 16, 21, 25, 30, 34], ArmFormats.Sizes<ArmStage1Format<Granule4K>>());
}

public sealed class ArmStage1Format16KTests : PageTableFormatContract<ArmStage1Format<Granule16K>>
{
    protected override int PhysicalBits => 48;

    [Fact]
    public void Leaves_have_four_sizes() => Assert.Equal([14, 21, 25, 30], ArmFormats.Sizes<ArmStage1Format<Granule16K>>());
}

public sealed class ArmStage1Format64KTests : PageTableFormatContract<ArmStage1Format<Granule64K>>
{
    protected override int PhysicalBits => 52;

    [Fact]
    public void Leaves_have_four_sizes() => Assert.Equal([16, 21, 29, 34], ArmFormats.Sizes<ArmStage1Format<Granule64K>>());
}

public sealed class ArmStage2Format4KTests : PageTableFormatContract<ArmStage2Format<Granule4K>>
{
    protected override int PhysicalBits => 48;

    [Fact]
    public void Leaves_have_six_sizes() => Assert.Equal([12, 16, 21, 25, 30, 34], ArmFormats.Sizes<ArmStage2Format<Granule4K>>());
}

public sealed class ArmStage2Format16KTests : PageTableFormatContract<ArmStage2Format<Granule16K>>
{
    protected override int PhysicalBits => 48;

    [Fact]
    public void Leaves_have_four_sizes() => Assert.Equal([14, 21, 25, 30], ArmFormats.Sizes<ArmStage2Format<Granule16K>>());
}

public sealed class ArmStage2Format64KTests : PageTableFormatContract<ArmStage2Format<Granule64K>>
{
    protected override int PhysicalBits => 52;

    [Fact]
    public void Leaves_have_four_sizes() => Assert.Equal([16, 21, 29, 34], ArmFormats.Sizes<ArmStage2Format<Granule64K>>());
}

/// <summary>Arm DDI 0487, table D8-104 and D8.3: natural sizes and contiguous runs.</summary>
internal static class ArmFormats
{
    public static IEnumerable<int> Sizes<TFormat>() where TFormat : struct, IPageTableFormat
    {
        ulong sizes = IommuModel.LeafSizesOf<TFormat>();
        return Enumerable.Range(0, 64).Where(log2 => ((sizes >> log2) & 1) != 0);
    }
}
