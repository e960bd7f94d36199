using Microsoft.Data.Analysis;
using Workbench.Replay;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class RecordingTests
{
    private static string PathOf(string name) => Repository.PathOf("data", "traces", name + ".dmat");

    [Fact]
    public void A_bare_name_is_found_in_data_traces_of_a_folder_above()
    {
        Assert.Equal(PathOf("intel-vfio-nested"), TraceFolder.Find("intel-vfio-nested", Repository.PathOf("docs", "images")));
        Assert.Equal(PathOf("intel-vfio-nested"), TraceFolder.Find("data/traces/intel-vfio-nested.dmat", Repository.Root));
        Assert.Equal(Directory.EnumerateFiles(Repository.PathOf("data", "traces"), "*.dmat").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal), TraceFolder.All(Repository.PathOf("tests")));
    }

    [Fact]
    public void A_name_that_is_not_there_is_answered_with_where_was_looked_and_what_there_is()
    {
        TraceFormatException e = Assert.Throws<TraceFormatException>(() => TraceFolder.Find("intel-vfio-nestet", Repository.PathOf("docs")));
        Assert.Contains("'intel-vfio-nestet'", e.Message, StringComparison.Ordinal);
        Assert.Contains(Repository.PathOf("data", "traces"), e.Message, StringComparison.Ordinal);
        foreach (string name in TraceFolder.All(Repository.Root)) Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.Contains("no folder data/traces", Assert.Throws<TraceFormatException>(() => TraceFolder.Find("anything", Path.GetPathRoot(Repository.Root)!)).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<TraceFormatException>(() => TraceFolder.Find("nowhere/x.dmat", Repository.Root)).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<TraceFormatException>(() => TraceFolder.Find("data/traces", Repository.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_is_what_a_pass_over_the_events_counts()
    {
        RecordingInfo info = Recording.Open(PathOf("intel-vfio-nested")).Info;
        using DmatReader reader = DmatFile.Open(PathOf("intel-vfio-nested"));
        TraceEvent[] events = AllOf(reader);
        Assert.Equal(events.Length, info.Events);
        Assert.Equal(events.Count(e => e.Kind == EventKind.Read), info.Reads);
        Assert.Equal(events.Count(e => e.Kind == EventKind.Write && (e.Flags & EventFlags.Interrupt) == 0), info.Writes);
        Assert.Equal(events.Where(e => e.Kind == EventKind.Write && e.IsData).Aggregate(0UL, (sum, e) => sum + e.Length), info.BytesWritten);
        Assert.Equal((events[^1].TimeNs - events[0].TimeNs) / 1e9, info.DurationSeconds);
        Assert.Equal("iova", info.MigrationView);
        Assert.Contains(info.Title, info.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_replay_is_the_replayers_own_and_says_what_ran()
    {
        Experiment experiment = new() { PageSize = "2M", HarvestEvery = "1s" };
        Recording recording = Recording.Open(PathOf("intel-vfio-nested"));
        ReplayRun run = recording.Replay(experiment);
        using DmatReader reader = DmatFile.Open(PathOf("intel-vfio-nested"));
        ReplayResult direct = Replayer.Run(experiment, new DmatSource(reader), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(direct.Harvests, run.Result.Harvests);
        Assert.Equal(direct.TruthDigest, run.Result.TruthDigest);
        Assert.Equal("vtd 2M", run.Label);
        Assert.Equal(("intel-vfio-nested", "intel-vfio-nested.dmat"), (run.Trace, run.Manifest.Trace));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(PathOf("intel-vfio-nested")))), run.Manifest.TraceSha256);
        Assert.Equal(direct.Missed4K, run.Summary.Missed4K);
        Assert.Equal("mine", (run with { Label = "mine" }).Label);
    }

    [Fact]
    public void Replays_at_the_same_time_do_not_disturb_each_other()
    {
        Recording recording = Recording.Generate("nic1024", 20_000, nsPerEvent: 1000);
        string alone = recording.Replay(new() { HarvestEvery = "1ms" }).ToString();
        string[] together = new string[4];
        Parallel.For(0, together.Length, i => together[i] = recording.Replay(new() { HarvestEvery = "1ms" }).ToString());
        Assert.All(together, run => Assert.Equal(alone, run));
    }

    [Fact]
    public void Compare_leaves_out_by_name_what_a_model_lacks()
    {
        ResultList<ReplayRun> runs = Recording.Open(PathOf("intel-vfio-nested")).Compare(["vtd", "smmu", "amd"], new() { DirtyOrder = "may-lag", HarvestEvery = "1s" });
        Assert.Equal(["smmu"], runs.Select(r => r.Experiment.Iommu));
        Assert.Equal(2, runs.LeftOut.Count);
        Assert.StartsWith("vtd: ", runs.LeftOut[0], StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Recording.Open(PathOf("intel-vfio-nested")).Compare(["vtx"]));
    }

    [Fact]
    public void Policies_are_the_cells_of_the_grid()
    {
        ResultList<PolicyRow> rows = Recording.Open(PathOf("intel-vfio-nested")).Policies(["vtd", "amd"], ["4K", "2M"], ["never", "on-dirty"], [FlushStrategy.After, FlushStrategy.None], new() { View = View.Gpa, HarvestEvery = "1s" });
        Assert.Equal(12, rows.Count);
        Assert.Equal([("vtd", "4K", "never"), ("vtd", "2M", "never"), ("vtd", "2M", "on-dirty"), ("amd", "4K", "never"), ("amd", "2M", "never"), ("amd", "2M", "on-dirty")],
            rows.Where(r => r.Flush == FlushStrategy.After).Select(r => (r.Iommu, r.Granule, r.Policy)));
        Assert.Empty(rows.LeftOut);
        ReplayRun one = Recording.Open(PathOf("intel-vfio-nested")).Replay(new() { View = View.Gpa, HarvestEvery = "1s", PageSize = "2M", Flush = FlushStrategy.None });
        Assert.Equal(one.Result.Missed4K, rows.Single(r => r is { Iommu: "vtd", Granule: "2M", Policy: "never", Flush: FlushStrategy.None }).Missed4K);
    }

    [Fact]
    public void Events_come_in_the_window_asked_for()
    {
        Recording recording = Recording.Open(PathOf("intel-vfio-nested"));
        using DmatReader reader = DmatFile.Open(PathOf("intel-vfio-nested"));
        TraceEvent[] events = AllOf(reader);
        DataFrame all = recording.Events(max: int.MaxValue);
        Assert.Equal(events.Length, all.Rows.Count);
        for (int i = 0; i < events.Length; i++)
        {
            TraceEvent e = events[i];
            Assert.Equal(e.TimeNs, all["time_ns"][i]);
            Assert.Equal(Words.Of(e.Kind), all["kind"][i]);
            Assert.Equal(e.Kind is EventKind.Mark or EventKind.Attach or EventKind.InvalidateDomain or EventKind.InvalidateAll ? null : (object)e.Iova, all["address"][i]);
            Assert.Equal(e.Kind == EventKind.Write ? "write" : e.Kind == EventKind.Read ? "read" : all["direction"][i], all["direction"][i]);
        }
        TraceEvent mark = events.First(e => e.Kind == EventKind.Mark);
        Assert.Equal(mark.TimeNs, recording.Events(from: recording.Info.Marks[0].Text, max: 1)["time_ns"][0]);
        long fromNs = events[events.Length / 2].TimeNs;
        DataFrame window = recording.Events(from: $"{fromNs}ns", to: $"{fromNs + 1_000_000}ns", max: 100_000, EventKind.Write);
        Assert.Equal(events.Where(e => e.Kind == EventKind.Write && e.TimeNs >= fromNs && e.TimeNs < fromNs + 1_000_000).Select(e => (object)e.Length), window["length"].Cast<object>());
        Assert.Equal(7, recording.Events(max: 7).Rows.Count);
        Assert.Contains("neither a time", Assert.Throws<ArgumentException>(() => recording.Events(from: "noon")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_generated_recording_is_the_same_every_time_and_says_how_to_make_it()
    {
        Recording first = Recording.Generate("uni1g", 5000, seed: 7), again = Recording.Generate("uni1g", 5000, seed: 7);
        Assert.Equal(first.Sha256, again.Sha256);
        Assert.NotEqual(first.Events(max: 50)["address"].Cast<object>(), Recording.Generate("uni1g", 5000, seed: 8).Events(max: 50)["address"].Cast<object>());
        Assert.Contains("--events 5000 --seed 7", first.Provenance.HowMade, StringComparison.Ordinal);
        Assert.True(first.EventCount > 5000);
        using TemporaryFolder folder = new();
        string path = folder["saved.dmat"];
        first.Save(path);
        Assert.Equal(first.Sha256, Recording.Open(path).Sha256);
        Assert.Throws<ArgumentOutOfRangeException>(() => Recording.Generate("uni1g", 0));
    }

    [Fact]
    public void Raw_logs_of_both_sides_are_joined()
    {
        Recording joined = Recording.Import(Repository.PathOf("tests", "data", "excerpts", "qemu", "intel-vfio-nested.qemu.log"), Repository.PathOf("tests", "data", "excerpts", "intel-vfio-nested.ftrace.txt"), "an excerpt", "iova", skipBad: true);
        Assert.Equal("an excerpt", joined.Title);
        Assert.Equal(2, joined.Provenance.Sources.Count);
        Assert.NotNull(joined.Provenance.Join);
        Assert.Equal(joined.EventCount, joined.Info.Events);
    }

    private static TraceEvent[] AllOf(DmatReader reader)
    {
        TraceEvent[] events = new TraceEvent[reader.EventCount];
        for (int at = 0, got; (got = reader.Read(events.AsSpan(at))) > 0;) at += got;
        return events;
    }
}
