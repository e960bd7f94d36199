using CsCheck;
using Workbench.Analysis.Passes;
using Workbench.Replay;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class PassTests
{
    public static TheoryData<string, View> Recorded
    {
        get
        {
            TheoryData<string, View> data = [];
            foreach (string name in TraceFolder.All(Repository.Root))
                foreach (View view in (View[])[View.Gpa, View.Iova]) data.Add(name, view);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void A_pass_sees_the_pages_that_a_replay_calls_written(string name, View view)
    {
        Recording recording = Recording.Open(Repository.PathOf("data", "traces", name + ".dmat"));
        HashSet<(int, ulong)> pages = [];
        WritePass.Run(recording, view, write =>
        {
            for (ulong page = write.FirstPage; page <= write.LastPage; page++) pages.Add((write.Space, page));
        });
        ReplayRun run = recording.Replay(new() { View = view, Tracker = "footprint", HarvestEvery = "0" });
        Assert.Equal(run.Result.DistinctTrue4K, pages.Count);
    }

    [Fact]
    public void A_footprint_is_the_average_over_all_windows()
    {
        SmallRecordings.Writes.Where(w => w.Length > 0).Sample(writes =>
        {
            long end = writes[^1].TimeNs;
            FootprintCounter counter = new(12), pairs = new(13);
            foreach ((long timeNs, int page, int pages) in writes)
            {
                PageWrite write = new(timeNs, 0, (ulong)page, (ulong)(page + pages - 1));
                counter.Add(write, 0);
                pairs.Add(write, 0);
            }
            Check(counter.Finish(0, end), 0);
            Check(pairs.Finish(0, end), 1);

            void Check(IReadOnlyList<(long WindowNs, double Regions)> curve, int shift)
            {
                Assert.Equal(end + 1, curve[^1].WindowNs);
                foreach ((long window, double regions) in curve)
                {
                    double sum = 0;
                    for (long from = 0; from + window <= end + 1; from++)
                        sum += writes.Where(w => w.TimeNs >= from && w.TimeNs < from + window).SelectMany(w => Enumerable.Range(w.Page, w.Pages)).Select(p => p >> shift).Distinct().Count();
                    Assert.Equal(sum / (end + 1 - window + 1), regions, 9);
                }
            }
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void Writes_of_what_is_not_mapped_or_may_not_be_written_do_not_count()
    {
        Recording recording = SmallRecordings.Begin().Map(0x100_000, SmallRecordings.Page, permission: Iommu.Permission.Read)
            .Write(0).Write(0x100_000).Write(0x200_000).Write((SmallRecordings.MappedPages * SmallRecordings.Page) - 64, 128).Unmap(0, SmallRecordings.Page).Write(64)
            .Write(SmallRecordings.Page, 64, EventFlags.Interrupt).Record();
        List<PageWrite> iova = [], gpa = [];
        WritePass.Run(recording, View.Iova, iova.Add);
        WritePass.Run(recording, View.Gpa, gpa.Add);
        Assert.Equal([0UL, SmallRecordings.MappedPages - 1, 1], iova.Select(w => w.FirstPage));
        // Guest memory may be written whatever the mapping allows; an interrupt goes to no memory.
        Assert.Equal([0UL, 0x100_100, SmallRecordings.MappedPages - 1], gpa.Select(w => w.FirstPage));
    }
}
