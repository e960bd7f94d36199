using CsCheck;
using Workbench.Replay.Policies;
using Xunit;

namespace Workbench.Replay.Tests.Policies;

/// <summary>What each policy plans, harvest by harvest, each threshold at n-1 and n.</summary>
public class PolicyTests
{
    private const ulong Page = 4096, Large = 1UL << 21, Huge = 1UL << 30;
    private static readonly Leaf Region = new(4 * Large, 21);

    private static Leaf[] Pages(ulong first, int count) => [.. Enumerable.Range(0, count).Select(i => new Leaf(first + ((ulong)i * Page), 12))];

    private static ILeafPolicy Named(string split, string collapse = "never") => Assert.Single(PolicyCatalogue.Create(split, collapse));

    [Fact]
    public void On_dirty_splits_exactly_the_dirty_leaves_that_are_larger_than_the_target() =>
        Gen.Select(Gen.OneOf(12, 21, 30), Gen.Int[0, 15].Array[0, 8].Select(a => a.Distinct().Order().ToArray()), Gen.OneOf(12, 21, 30).Array[16]).Sample((target, places, sizes) =>
        {
            using PolicyRig rig = new(Named("on-dirty"), target);
            Leaf[] dirty = [.. places.Select(p => new Leaf((ulong)p << 30, sizes[p]))];
            Assert.Empty(rig.Begin().Splits);
            Assert.Equal(dirty.Where(l => l.SizeLog2 > target).Select(l => l.Address), rig.Harvest(dirty).Splits);
        });

    [Theory]
    [InlineData(12, new ulong[] { Large, Huge })]
    [InlineData(21, new ulong[] { Huge })]
    [InlineData(30, new ulong[0])]
    public void Eager_splits_everything_that_is_larger_than_the_target_and_maps_no_larger_from_then_on(int target, ulong[] splits)
    {
        using PolicyRig rig = new(Named("eager"), target);
        rig.Map(0, Page);
        rig.Map(Large, Large);
        rig.Map(Huge, Huge);
        Assert.Equal(63, rig.LargestNewLeafLog2);
        Assert.Equal(splits, rig.Begin().Splits);
        Assert.Equal(target, rig.LargestNewLeafLog2);
        Assert.Empty(rig.Harvest(new Leaf(Large, 21)).Splits);
    }

    [Fact]
    public void Eager_chunked_splits_a_chunk_when_tracking_begins_and_one_after_each_harvest_until_all_is_split() =>
        Gen.Select(Gen.Int[1, 12], Gen.OneOf("1M", "2M", "4M", "8M", "64M")).Sample((count, size) =>
        {
            using PolicyRig rig = new(Named("eager-chunked:" + size));
            for (int i = 0; i < count; i++) rig.Map((ulong)(2 * i) * Large, Large);
            // A leaf larger than the chunk is a chunk.
            int inChunk = (int)Math.Max(1, (1UL << PageSizes.Log2Of(size)!.Value) / Large), chunks = (count + inChunk - 1) / inChunk;
            List<ulong> all = [];
            for (int i = 0; i < chunks + 2; i++)
            {
                IReadOnlyList<ulong> splits = (i == 0 ? rig.Begin() : rig.Harvest()).Splits;
                Assert.Equal(Math.Clamp(count - (i * inChunk), 0, inChunk), splits.Count);
                all.AddRange(splits);
            }
            Assert.Equal(Enumerable.Range(0, count).Select(i => (ulong)(2 * i) * Large), all);
            Assert.Equal(12, rig.LargestNewLeafLog2);
        });

    [Fact]
    public void Eager_chunked_counts_small_leaves_too()
    {
        using PolicyRig rig = new(Named("eager-chunked:2M"));
        rig.Map(0, Page);
        rig.Map(Page, Large - Page);
        rig.Map(Large, 2 * Large);
        Assert.Empty(rig.Begin().Splits);
        Assert.Equal([Large], rig.Harvest().Splits);
        Assert.Equal([2 * Large], rig.Harvest().Splits);
    }

    [Fact]
    public void Eager_chunked_begins_anew_when_memory_below_becomes_known_late()
    {
        using PolicyRig rig = new(Named("eager-chunked:1G"));
        rig.Map(Huge, Large);
        Assert.Equal([Huge], rig.Begin().Splits);
        rig.Map(0, Large);
        Assert.Contains(0UL, rig.Begin().Splits);
    }

    [Fact]
    public void Seen_dirty_splits_what_was_written_before_tracking_began_and_nothing_later()
    {
        ILeafPolicy policy = Named("seen-dirty");
        Assert.True(policy.TracksFromProvisioning);
        using PolicyRig rig = new(policy);
        Assert.Equal([Large, Huge], rig.Begin(new(0, 12), new(Large, 21), new(Huge, 30)).Splits);
        Assert.Empty(rig.Harvest(new Leaf(2 * Huge, 30)).Splits);
    }

    [Theory]
    [InlineData("d", 0)]
    [InlineData("dd", 2)]
    [InlineData("d-d", 0)]
    [InlineData("d-dd", 4)]
    [InlineData("--dd", 4)]
    public void Adaptive_splits_a_leaf_that_is_dirty_in_two_harvests_running(string harvests, int splitAfter)
    {
        using PolicyRig rig = new(Named("adaptive"));
        for (int i = 0; i < harvests.Length; i++)
            Assert.Equal(i + 1 == splitAfter ? [Region.Address] : (ulong[])[], rig.Harvest(harvests[i] == 'd' ? [Region] : []).Splits);
    }

    [Theory]
    [InlineData(256, 256, 2)]
    [InlineData(255, 512, 3)]
    [InlineData(255, 255, 0)]
    public void Adaptive_collapses_a_region_half_of_which_is_dirty_in_two_harvests_running(int first, int later, int collapsedAfter)
    {
        using PolicyRig rig = new(Named("adaptive"));
        rig.HasSplit(Region);
        for (int harvest = 1; harvest <= 6; harvest++)
        {
            // A page before and one behind the region, which do not count.
            Leaf[] dirty = [new(Region.Address - Page, 12), .. Pages(Region.Address, harvest == 1 ? first : later), new(Region.Address + Large, 12)];
            Assert.Equal(harvest == collapsedAfter ? [Region] : (Leaf[])[], rig.Harvest(dirty).Collapses);
        }
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1, 9)]
    [InlineData(7, 15)]
    [InlineData(8, 8)]
    public void Adaptive_collapses_a_region_that_is_clean_in_eight_harvests_running(int dirtyIn, int collapsedAfter)
    {
        using PolicyRig rig = new(Named("adaptive"));
        rig.HasSplit(Region);
        for (int harvest = 1; harvest < collapsedAfter; harvest++) Assert.Empty(rig.Harvest(harvest == dirtyIn ? Pages(Region.Address, 1) : []).Collapses);
        // In the harvest in which it would be the eighth, one page keeps it.
        Assert.Equal(dirtyIn == collapsedAfter ? [] : [Region], rig.Harvest(dirtyIn == collapsedAfter ? Pages(Region.Address, 1) : []).Collapses);
    }

    [Fact]
    public void Adaptive_leaves_alone_for_sixteen_harvests_what_it_collapsed_because_it_was_dense()
    {
        using PolicyRig rig = new(Named("adaptive"));
        rig.HasSplit(Region);
        rig.Harvest(Pages(Region.Address, 512));
        Assert.Equal([Region], rig.Harvest(Pages(Region.Address, 512)).Collapses);
        for (int later = 1; later < 16; later++) Assert.Empty(rig.Harvest(Region).Splits);
        Assert.Equal([Region.Address], rig.Harvest(Region).Splits);
    }

    [Fact]
    public void Adaptive_may_split_again_at_once_what_it_collapsed_because_it_was_cold()
    {
        using PolicyRig rig = new(Named("adaptive"));
        rig.HasSplit(Region);
        for (int i = 1; i < 8; i++) rig.Harvest();
        Assert.Equal([Region], rig.Harvest().Collapses);
        Assert.Empty(rig.Harvest(Region).Splits);
        Assert.Equal([Region.Address], rig.Harvest(Region).Splits);
    }

    [Fact]
    public void When_cold_collapses_after_so_many_clean_harvests_running() => Gen.Select(Gen.Int[1, 6], Gen.Bool.Array[1, 30]).Sample((harvests, dirty) =>
    {
        using PolicyRig rig = new(Named("never", $"when-cold:{harvests}"));
        rig.HasSplit(Region);
        int running = 0;
        bool isSplit = true;
        foreach (bool isDirty in dirty)
        {
            running = isDirty ? 0 : running + 1;
            bool collapses = isSplit && running == harvests;
            Assert.Equal(collapses ? [Region] : (Leaf[])[], rig.Harvest(isDirty ? Pages(Region.Address + Large - Page, 1) : [new(Region.Address + Large, 21)]).Collapses);
            isSplit &= !collapses;
        }
    });

    [Fact]
    public void At_stop_and_on_cancel_collapse_every_region_that_was_split_and_only_then()
    {
        foreach ((string name, Func<PolicyRig, LeafPlan> then, Func<PolicyRig, LeafPlan> other) in new (string, Func<PolicyRig, LeafPlan>, Func<PolicyRig, LeafPlan>)[]
        {
            ("at-stop", r => r.Stop(), r => r.Cancel()), ("on-cancel", r => r.Cancel(), r => r.Stop()),
        })
        {
            using PolicyRig rig = new(Named("never", name));
            rig.Map(0, Large);
            rig.HasSplit(Region, new(0, 21), new(Huge, 30));
            Assert.Empty(rig.Begin().Collapses);
            Assert.Empty(rig.Harvest().Collapses);
            Assert.Empty(other(rig).Collapses);
            Assert.Equal([new(0, 21), Region, new(Huge, 30)], then(rig).Collapses);
            Assert.Empty(then(rig).Collapses);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("eager-chunked:3M")]
    [InlineData("eager-chunked:")]
    [InlineData("Eager")]
    public void A_split_policy_of_another_name_is_refused_with_the_names_there_are(string name) =>
        Assert.Contains(new Experiment { Policy = name }.Validate(), p => p.Contains(PolicyCatalogue.SplitNames, StringComparison.Ordinal));

    [Theory]
    [InlineData("when-cold:0")]
    [InlineData("when-cold:-1")]
    [InlineData("when-cold:1000001")]
    [InlineData("when-cold")]
    public void A_collapse_policy_of_another_name_is_refused_with_the_names_there_are(string name) =>
        Assert.Contains(new Experiment { Collapse = name }.Validate(), p => p.Contains(PolicyCatalogue.CollapseNames, StringComparison.Ordinal));
}
