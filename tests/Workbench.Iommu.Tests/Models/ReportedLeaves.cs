using Workbench.Iommu.Dirty;

namespace Workbench.Iommu.Tests.Models;

/// <summary>Writes down what a scan or an unmap reports, in order.</summary>
internal sealed class ReportedLeaves : IDirtySink
{
    public List<(ulong FirstPage, int SizeLog2)> All { get; } = [];

    public void Report(ulong firstPage, int leafLog2) => All.Add((firstPage, leafLog2));
}
