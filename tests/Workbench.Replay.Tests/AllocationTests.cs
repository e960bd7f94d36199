using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Synthetic;
using Xunit;

namespace Workbench.Replay.Tests;

/// <summary>The path of an event allocates nothing once caches and sets have their size.</summary>
public class AllocationTests
{
    /// <summary>A workload without end, cut off; notes what the thread had allocated when it was warm and when it ended.</summary>
    private sealed class MeteredSource(SyntheticStream stream, int warmUp, int measured, TraceProvenance provenance) : ITraceSource
    {
        private readonly TraceEvent[] buffer = new TraceEvent[256];
        private int done;
        private AllocationMeter meter;

        public TraceProvenance Provenance => provenance;
        public long EventCount => -1;
        public long AllocatedBytes { get; private set; } = -1;

        public ReadOnlySpan<TraceEvent> Next()
        {
            if (done == warmUp) meter = AllocationMeter.Start();
            if (done >= warmUp + measured)
            {
                AllocatedBytes = meter.Bytes;
                return [];
            }
            stream.Fill(buffer);
            done += buffer.Length;
            return buffer;
        }

        public string TextOf(in TraceEvent mark) => "";
    }

    public static TheoryData<string, View, string, FlushStrategy> Machines
    {
        get
        {
            TheoryData<string, View, string, FlushStrategy> machines = [];
            foreach (string model in IommuCatalogue.Models.Select(m => m.Name))
            {
                machines.Add(model, View.Iova, "assumed-64", FlushStrategy.After);
                machines.Add(model, View.Iova, "haswell-128", FlushStrategy.None);
                machines.Add(model, View.Gpa, "assumed-64", FlushStrategy.After);
            }
            return machines;
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void A_warm_replay_allocates_nothing(string model, View view, string iotlb, FlushStrategy flush)
    {
        SyntheticStream stream = SyntheticWorkload.Find("nic1024").Begin();
        // Whole batches, so that the two readings are taken between the same steps.
        MeteredSource source = new(stream, 200 * 1024, 1000 * 1024, new());
        ReplayResult result = Replayer.Run(new() { Iommu = model, View = view, PageSize = "2M", Iotlb = iotlb, Flush = flush, HarvestEvery = "0" }, source, cancellation: TestContext.Current.CancellationToken);
        Assert.True(result.DistinctTrue4K >= 1024 && result.Accesses > 1_000_000);
        Assert.Equal(0, source.AllocatedBytes);
    }
}
