using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Tests.Contracts;

public sealed class X64FormatTests : PageTableFormatContract<X64Format>
{
    protected override int PhysicalBits => 52;
}
