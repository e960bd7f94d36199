using Workbench.Replay.Footprints;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Synthetic;
using Xunit;

namespace Workbench.Replay.Tests.Footprints;

public sealed class FootprintAllocationTests
{
    [Theory]
    [InlineData("nic1024", View.Iova)]
    [InlineData("nic1024", View.Gpa)]
    [InlineData("uni1g", View.Iova)]
    public void A_warm_pass_allocates_nothing(string workload, View view)
    {
        SyntheticStream stream = SyntheticWorkload.Find(workload).Begin();
        TraceEvent[] batch = new TraceEvent[4096];
        FootprintPass pass = new(view, ["4K", "64K", "2M"]);
        long events = 0;
        // All 262,144 pages of the uniform stream are written by then, but for a few in a thousand.
        Feed(workload == "uni1g" ? 4_000_000 : 200_000);
        AllocationMeter meter = AllocationMeter.Start();
        Feed(events + 500_000);
        Assert.Equal(0, meter.Bytes);
        Assert.Equal(events, pass.Finish().Events);

        void Feed(long upTo)
        {
            for (; events < upTo; events += batch.Length)
            {
                stream.Fill(batch);
                pass.Feed(batch);
            }
        }
    }
}
