using Workbench.Iommu.RiscV;

namespace Workbench.Iommu.Tests.Contracts;

public sealed class RiscVFirstStageFormatTests : PageTableFormatContract<RiscVFirstStageFormat>
{
    protected override int PhysicalBits => 56;
}
