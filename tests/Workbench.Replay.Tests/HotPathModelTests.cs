using CsCheck;
using Workbench.Iommu;
using Workbench.Replay.Tests.Models;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests;

/// <summary>
/// What a replay does with many events at once, and only after it has seen many: it must be what one event after the other does. Traces are long enough for whatever
/// looks ahead to begin and to end again (<see cref="LongTraces"/>).
/// </summary>
public class HotPathModelTests
{
    private static readonly string[] Geometries =
        ["1x1", "1x64", "1x1024", "assumed-4096", "haswell-128", "qemu-vtd", "16x4:fifo", "64x4:random:hash", "8x8:round-robin:hash:7", "1x16:flush-when-full", "4x2:random:modulo:3", "1x64:lru:modulo:1:no-walk-caches"];

    private static bool HasPasids(string model) => model is not ("amd" or "smmu-s2" or "riscv-g");

    public static TheoryData<string> Models => [.. IommuCatalogue.Models.Select(m => m.Name)];

    private static Gen<Experiment> Experiments(string model) =>
        from geometry in Gen.OneOf(Geometries)
        from pageSize in Gen.OneOf("4K", "4K", "2M", "as-mapped")
        from flush in Gen.OneOf(FlushStrategy.After, FlushStrategy.None, FlushStrategy.PerRun, FlushStrategy.Domain)
        from invalidations in Gen.OneOf(InvalidationSource.Recorded, InvalidationSource.Strict)
        from atomic in Gen.Bool
        from every in Gen.OneOf("0", "30us", "200us")
        from deviceTlb in Gen.OneOf(0, 0, 4)
        from bits in Gen.OneOf(39, 48, 57)
        select new Experiment
        {
            Iommu = model, Iotlb = geometry, PageSize = pageSize, Flush = flush, Invalidations = invalidations, AtomicHarvest = atomic, HarvestEvery = every, View = View.Iova,
            DeviceTlb = deviceTlb, AddressBits = IommuCatalogue.Find(model)!.AddressBits.Contains(bits) ? bits : 48,
        };

    /// <summary>Every number, fault, lost page and leaf's word, on every model and geometry: of a source that hands out one event at a time, many, all, and of a replay that is fed.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Batches_of_any_length_are_the_same_as_one_event_after_the_other(string model) => Gen.Select(Experiments(model), Gen.Int[0, int.MaxValue], Gen.Int[2, 700]).Sample((experiment, seed, most) =>
    {
        Outcome expected = Outcome.Of(experiment, LongTraces.Make(seed, HasPasids(model), mostAtOnce: 1), feeds: null);
        expected.AssertSame(Outcome.Of(experiment, LongTraces.Make(seed, HasPasids(model), most), feeds: null));
        expected.AssertSame(Outcome.Of(experiment, LongTraces.Make(seed, HasPasids(model)), feeds: null));
        expected.AssertSame(Outcome.Of(experiment, LongTraces.Make(seed, HasPasids(model)), feeds: new Random(seed)));
    }, iter: 6, print: c => $"seed {c.Item2}, batches of {c.Item3}: {c.Item1}");

    /// <summary>On the models whose invalidations and tags the naive machine words alike (<see cref="ReplayerModelTests"/>), and the geometries that it does exactly.</summary>
    [Theory]
    [InlineData("vtd")]
    [InlineData("vtd-fs")]
    [InlineData("amd")]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void A_long_replay_is_that_of_the_reference(string model) => Gen.Select(SmallTraces.ExactIotlb, Gen.Int[0, int.MaxValue], Gen.OneOf("0", "30us", "100us"), Gen.OneOf(FlushStrategy.After, FlushStrategy.Domain), Gen.OneOf(InvalidationSource.Recorded, InvalidationSource.Strict), Gen.OneOf(1, 7, 300, int.MaxValue)).Sample((geometry, seed, every, flush, invalidations, most) =>
    {
        Experiment experiment = new() { Iommu = model, Iotlb = geometry, PageSize = model is "vtd" or "vtd-fs" && seed % 3 == 0 ? "2M" : "4K", View = View.Iova, AddressBits = 48, AtomicHarvest = true, HarvestEvery = every, Flush = flush, Invalidations = invalidations };
        ListTrace trace = LongTraces.Make(seed, hasPasids: model == "vtd", most);
        PlainReplay expected = PlainReplay.Run(experiment, trace);
        ReplayResult actual = Replayer.Run(experiment, trace.Again(), cancellation: TestContext.Current.CancellationToken);
        NaiveMachine machine = expected.Machine;
        Assert.Equal((machine.Hits, machine.Misses, machine.Rewalks, machine.Faults), (actual.Counters.IotlbHits, actual.Counters.IotlbMisses, actual.Counters.DirtyRewalks, actual.Counters.Faults));
        Assert.Equal((machine.Misses + machine.Rewalks, machine.DirtyUpdates, machine.Dropped), (actual.Counters.Walks, actual.Counters.DirtyUpdates, actual.Counters.EntriesInvalidated));
        Assert.Equal(expected.Harvests, actual.Harvests.Select(h => (h.BeginNs, h.True4K, h.EntriesCleared)));
        Assert.Equal((expected.DistinctTrue4K, machine.Domains.Sum(d => d.Table.Leaves)), (actual.DistinctTrue4K, actual.Leaves));
    }, iter: 8);

    /// <summary>All that a replay leaves behind.</summary>
    private sealed record Outcome(ReplayResult Result, List<(DomainId Domain, ulong Address, int SizeLog2, ulong Word)> Words)
    {
        public static Outcome Of(Experiment experiment, ListTrace trace, Random? feeds)
        {
            using Replayer replayer = Replayer.Begin(experiment, trace, cancellation: TestContext.Current.CancellationToken);
            for (ReadOnlySpan<TraceEvent> next; !(next = trace.Next()).IsEmpty;)
                while (!next.IsEmpty)
                {
                    int count = feeds is null ? next.Length : Math.Min(next.Length, feeds.Next(1, 500));
                    Assert.True(replayer.Feed(next[..count]));
                    next = next[count..];
                }
            ReplayResult result = replayer.Finish();
            List<(DomainId, ulong, int, ulong)> words = [];
            foreach (Domain domain in replayer.Domains)
                for (ulong? at = domain.Table.NextLeaf(0, out int log2); at is { } leaf; at = domain.Table.NextLeaf(leaf + (1UL << log2), out log2))
                    for (ulong member = 0; member < 1UL << log2; member += Math.Max(4096, 1UL << log2 >> 7))
                        if (domain.Table.TryGetLeaf(leaf + member, out ulong word, out _)) words.Add((domain.Id, leaf + member, log2, word));
            return new(result, words);
        }

        public void AssertSame(Outcome other)
        {
            ReplayResult expected = Result, actual = other.Result;
            Assert.Equal(expected.Counters, actual.Counters);
            Assert.Equal(expected.FirstFaults, actual.FirstFaults);
            Assert.Equal(expected.Harvests, actual.Harvests);
            Assert.Equal(expected.MissedPages, actual.MissedPages);
            Assert.Equal((expected.TruthDigest, expected.DistinctTrue4K, expected.DistinctReported4K, expected.Missed4K, expected.Leaves, expected.TableBytes), (actual.TruthDigest, actual.DistinctTrue4K, actual.DistinctReported4K, actual.Missed4K, actual.Leaves, actual.TableBytes));
            Assert.Equal((expected.Events, expected.Accesses, expected.BytesRead, expected.BytesWritten, expected.Commands, expected.DurationNs), (actual.Events, actual.Accesses, actual.BytesRead, actual.BytesWritten, actual.Commands, actual.DurationNs));
            Assert.True(Words.SequenceEqual(other.Words), "a leaf's word differs");
        }
    }
}
