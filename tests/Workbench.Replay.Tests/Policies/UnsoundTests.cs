using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Policies;

/// <summary>
/// Each step done wrongly, on the smallest trace that loses a page by it, to the nanosecond; and the same trace done rightly, which loses none. A leaf of
/// 2 MiB is mapped at 0, and tracking begins at <see cref="Tracking"/>, where eager splitting reads it. Costs of the profile "assumed": an entry
/// read 8 ns, an entry written 16, a table taken 150, a table freed 50, an invalidation 1000.
/// </summary>
public class UnsoundTests
{
    private const long Tracking = 1000;
    /// <summary>When a split that read at <see cref="Tracking"/> stores its entry: one entry read, 512 written, a table taken.</summary>
    internal const long SplitInstalls = Tracking + 8 + (512 * 16) + 150;
    /// <summary>When the migration is given up and collapses read.</summary>
    private const long Cancel = 200_000;
    /// <summary>When a collapse that read then stores its entry: the table's entry to find the leaf, that entry again, and 512 leaves.</summary>
    private const long CollapseInstalls = Cancel + (514 * 8);
    /// <summary>When its invalidation has completed and it looks for late D.</summary>
    private const long CollapseSettles = CollapseInstalls + 16 + 1000;

    private const long TableFree = 50;

    private static Experiment Eager => InIova with { FromMark = "begin", Policy = "eager" };
    private static Experiment EagerUntilCancel => Eager with { Collapse = "on-cancel", CancelAfter = $"{Cancel - Tracking}ns", HarvestEvery = "0" };

    private static TraceBuilder Trace() => new TraceBuilder().Attach(1).Map(0, Large).At(Tracking).Mark("begin");

    private static void AssertLoses(TraceBuilder trace, Experiment experiment, long missed, string cause)
    {
        ReplayResult result = trace.Run(experiment);
        Assert.Equal(missed, result.Missed4K);
        Assert.All(result.MissedPages, m => Assert.Contains(cause, m.Cause, StringComparison.Ordinal));
        ReplayResult sound = trace.Run(experiment with { Unsound = "" });
        Assert.Equal((0, result.TruthDigest), (sound.Missed4K, sound.TruthDigest));
    }

    [Theory]
    [InlineData(Tracking, 1)]
    [InlineData(SplitInstalls - 1, 1)]
    [InlineData(SplitInstalls, 0)]
    public void A_split_by_plain_store_loses_what_is_written_between_read_and_store(long timeNs, long missed) =>
        AssertLoses(Trace().At(timeNs).Write(5 * Page), Eager with { Unsound = "plain-store" }, missed, "split: plain store over a D set meanwhile");

    [Theory]
    [InlineData(Tracking, 1)]
    [InlineData(SplitInstalls - 1, 1)]
    [InlineData(SplitInstalls, 0)]
    public void A_split_that_ignores_late_dirt_loses_what_is_written_between_read_and_store(long timeNs, long missed)
    {
        TraceBuilder trace = Trace().At(timeNs).Write(5 * Page);
        AssertLoses(trace, Eager with { Unsound = "ignore-late" }, missed, "split: late D ignored");
        Assert.Equal(missed, trace.Run(Eager).LeafChanges.LateDirty);
    }

    // A harvest ends when its invalidation has completed; the leaf it found dirty is read for the split at that moment.
    [Theory]
    [InlineData(Begin + (1024 * 5) + 15 + 1000 - 1, 0)]
    [InlineData(Begin + (1024 * 5) + 15 + 1000, 1)]
    public void A_split_on_dirty_reads_when_the_harvest_is_complete(long timeNs, long missed) =>
        AssertLoses(new TraceBuilder().Attach(1).Map(0, Large).At(1000).Write(0).At(timeNs).Write(7 * Page), InIova with { Policy = "on-dirty", Unsound = "plain-store" }, missed, "plain store");

    // The first chunk is split when tracking begins, the second after the first harvest. That looks at the second leaf after the two entries
    // above the first table, its 512 and one more, finds all clean, and ends after 1536.
    [Theory]
    [InlineData(Begin + (514 * 5) - 1, 0)]
    [InlineData(Begin + (514 * 5), 1)]
    [InlineData(Begin + (1536 * 5) - 1, 1)]
    [InlineData(Begin + (1536 * 5) + 8 + (512 * 16) + 150, 0)]
    public void A_split_that_drops_dirt_loses_what_was_written_after_the_last_look_at_the_leaf(long timeNs, long missed) =>
        AssertLoses(new TraceBuilder().Attach(1).Map(0, 2 * Large).At(0).Mark("begin").At(timeNs).Write(Large + Page),
            InIova with { FromMark = "begin", Policy = "eager-chunked:2M", Unsound = "drop-dirty" }, missed, "split: D not carried");

    [Theory]
    [InlineData(Cancel - 1, 1)]
    [InlineData(Cancel, 0)]
    public void A_collapse_that_drops_dirt_loses_what_was_dirty_when_it_read(long timeNs, long missed) =>
        AssertLoses(Trace().At(timeNs).Write(3 * Page), EagerUntilCancel with { Unsound = "drop-dirty" }, missed, "collapse: D not carried");

    /// <summary>
    /// D in one member of a run speaks for the whole leaf: the write to page 4 sets it there, and the later one to page 0 finds the leaf cached and dirty,
    /// and sets none. Whoever throws that D away loses both.
    /// </summary>
    [Theory]
    [InlineData("riscv", 39, "drop-dirty", Cancel - 1, "collapse: D not carried")]
    [InlineData("riscv", 39, "ignore-late", CollapseInstalls - 1, "collapse: late D ignored")]
    [InlineData("riscv", 39, "free-early", CollapseInstalls, "collapse: tables freed before the flush")]
    [InlineData("amd", 48, "drop-dirty", Cancel - 1, "collapse: D not carried")]
    public void A_collapse_that_loses_one_members_dirty_bit_loses_what_was_written_all_over_the_run(string model, int bits, string unsound, long timeNs, string cause) =>
        AssertLoses(Trace().At(timeNs - 1000).Read(100 * Page).At(timeNs).Write(4 * Page).Write(0),
            EagerUntilCancel with { Iommu = model, AddressBits = bits, SplitTo = "64K", Unsound = unsound }, 2, cause);

    [Theory]
    [InlineData(Cancel - 1, 0, true)]
    [InlineData(Cancel, 1, true)]
    [InlineData(CollapseInstalls - 1, 1, false)]
    [InlineData(CollapseInstalls, 0, false)]
    [InlineData(CollapseSettles - 1, 1, true)]
    [InlineData(CollapseSettles, 0, true)]
    public void A_collapse_that_ignores_late_dirt_loses_what_is_written_through_the_old_table(long timeNs, long missed, bool cachesWalks)
    {
        // A read of another page leaves the old table in the paging-structure cache, if there is one.
        TraceBuilder trace = Trace().At(Cancel - 1000).Read(100 * Page).At(timeNs).Write(3 * Page);
        AssertLoses(trace, EagerUntilCancel with { Unsound = "ignore-late", Iotlb = cachesWalks ? "1x64" : "1x64:lru:modulo:1:no-walk-caches" }, missed, "collapse: late D ignored");
    }

    [Theory]
    [InlineData(CollapseInstalls, 1)]
    [InlineData(CollapseSettles + TableFree - 1, 1)]
    [InlineData(CollapseSettles + TableFree, 0)]
    public void A_collapse_that_frees_its_table_early_loses_what_is_written_through_it_before_the_invalidation_has_completed(long timeNs, long missed) =>
        AssertLoses(Trace().At(Cancel - 1000).Read(100 * Page).At(timeNs).Write(3 * Page), EagerUntilCancel with { Unsound = "free-early" }, missed, "collapse: tables freed before the flush");

    // 100 µs later the old table is still in the paging-structure cache: walks set D where nobody looks.
    [Theory]
    [InlineData("vtd")]
    [InlineData("vtd-fs")]
    [InlineData("amd")]
    [InlineData("amd-v2")]
    [InlineData("smmu")]
    [InlineData("smmu-s2")]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void A_collapse_that_is_not_invalidated_loses_what_is_written_through_the_old_table(string model) =>
        AssertLoses(Trace().At(Cancel - 1000).Read(100 * Page).At(Cancel + 100_000).Write(3 * Page), EagerUntilCancel with { Iommu = model, AddressBits = 48, Unsound = "no-flush" }, 1, "split or collapsed and not invalidated");

    /// <summary>
    /// The old leaf stays cached, believed dirty, and covers pages whose new leaves a harvest has cleared. On SMMUv3 the harvest's TLBI names the level of
    /// the new leaves and so leaves the old one where it is. The other parts' commands drop whatever their range touches, so a harvest that cleared a page of the
    /// old leaf has dropped that as well, and a split alone loses nothing there.
    /// </summary>
    [Theory]
    [InlineData("vtd", 0)]
    [InlineData("amd", 0)]
    [InlineData("riscv", 0)]
    [InlineData("smmu", 1)]
    [InlineData("smmu-s2", 1)]
    public void A_split_that_is_not_invalidated_loses_what_is_written_through_the_old_leaf_if_harvests_name_the_new_level(string model, long missed) =>
        AssertLoses(Trace().At(Tracking + 100).Write(0).At(Tracking + Begin + 400_000).Write(9 * Page), Eager with { Iommu = model, AddressBits = 48, Unsound = "no-flush" }, missed, "split or collapsed and not invalidated");
}
