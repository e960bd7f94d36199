using Workbench.Iommu.RiscV;

namespace Workbench.Iommu.Tests.Contracts;

public sealed class RiscVSecondStageFormatTests : PageTableFormatContract<RiscVSecondStageFormat>
{
    protected override int PhysicalBits => 56;
}
