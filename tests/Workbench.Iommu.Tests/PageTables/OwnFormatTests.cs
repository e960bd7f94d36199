using Workbench.Iommu.Tests.Contracts;

namespace Workbench.Iommu.Tests.PageTables;

/// <summary>The contract on runs, at 4 KiB.</summary>
public sealed class RunFormatTests : PageTableFormatContract<RunFormat>
{
    protected override int PhysicalBits => 52;
}

/// <summary>The contract on tables of 64 KiB, replicas and dirty coded as permission.</summary>
public sealed class WideFormatTests : PageTableFormatContract<WideFormat>
{
    protected override int PhysicalBits => 48;
}

/// <summary>The contract on leaves of any power of two, at 64 bits.</summary>
public sealed class ReplicaFormatTests : PageTableFormatContract<ReplicaFormat>
{
    protected override int PhysicalBits => 52;
}
