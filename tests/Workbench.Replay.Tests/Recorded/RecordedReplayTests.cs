using Workbench.Iommu;
using Workbench.Traces;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Recorded;

/// <summary>What replays of the recordings must come to.</summary>
public class RecordedReplayTests
{
    public static TheoryData<string> Names => [.. RecordedTraces.Names];

    private static ReplayResult Replay(string name, Experiment experiment)
    {
        using DmatReader reader = RecordedTraces.Open(name);
        return Replayer.Run(experiment, new DmatSource(reader), cancellation: TestContext.Current.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_page_is_lost_in_the_iova_view(string name)
    {
        ReplayResult result = Replay(name, new() { View = View.Iova, HarvestEvery = "100ms" });
        Assert.Equal(0, result.Missed4K);
        Assert.True(result.DistinctTrue4K > 0 && result.Harvests.Count > 10);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_page_is_lost_in_the_gpa_view(string name)
    {
        ReplayResult result = Replay(name, new() { View = View.Gpa, HarvestEvery = name == "intel-vfio-nested" ? "1s" : "100ms" });
        Assert.Equal((0, 0), (result.Missed4K, result.Counters.Faults));
        Assert.True(result.DistinctTrue4K > 0 && result.Harvests.Count > 10);
        Assert.Contains("All guest memory of the recording is mapped.", result.Notes);
    }

    [Fact]
    public void Without_invalidation_the_nested_guest_loses_pages()
    {
        ReplayResult result = Replay("intel-vfio-nested", new() { Flush = FlushStrategy.None });
        Assert.True(result.Missed4K > 0);
        Assert.All(result.MissedPages, m => Assert.True(m.TimeNs > 0 && m.Device == RequesterId.Of(0, 1, 0) && m.Cause.Contains("did not invalidate", StringComparison.Ordinal), m.ToString()));
    }

    [Fact]
    public void A_migration_of_the_nested_guest_tracks_iovas() => Assert.Equal(View.Iova, Replay("intel-vfio-nested", new() { HarvestEvery = "0" }).View);

    [Fact]
    public void The_nested_guest_writes_the_pages_an_independent_count_finds()
    {
        HashSet<ulong> recorded = [], inferred = [];
        using (DmatReader reader = RecordedTraces.Open("intel-vfio-nested"))
        {
            bool inWindow = false;
            TraceEvent[] batch = new TraceEvent[1024];
            for (int got; (got = reader.Read(batch)) > 0;)
            {
                for (int i = 0; i < got; i++)
                {
                    TraceEvent e = batch[i];
                    if (e.Kind == EventKind.Mark) inWindow = reader.TextOf(e) switch { "mark 2" => true, "mark 9" => false, _ => inWindow };
                    if (!inWindow || !e.IsData || e.Kind != EventKind.Write) continue;
                    for (ulong page = e.Iova >> 12; page <= (e.Iova + e.Length - 1) >> 12; page++) ((e.Flags & EventFlags.DirectionInferred) != 0 ? inferred : recorded).Add(page);
                }
            }
        }
        Assert.Equal(568, recorded.Count);
        ReplayResult result = Replay("intel-vfio-nested", new() { View = View.Iova, FromMark = "mark 2", ToMark = "mark 9" });
        Assert.Equal(recorded.Union(inferred).Count(), result.DistinctTrueData4K);
        Assert.InRange(result.DistinctTrueData2M, 1, 15);
        Assert.Equal(recorded.Union(inferred).Select(page => page >> 9).Distinct().Count(), result.DistinctTrueData2M);
    }
}
