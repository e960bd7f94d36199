using Workbench.Iommu;
using Xunit;

namespace Workbench.Traces.Tests;

public class TraceEventTests
{
    [Fact]
    public void An_event_can_be_printed_whatever_its_target() =>
        Assert.Contains("Iova = 4096", TraceEvent.Map(1, new(8), 4096, 4096, 0x1_2345_6000, Permission.Read).ToString(), StringComparison.Ordinal);
}
