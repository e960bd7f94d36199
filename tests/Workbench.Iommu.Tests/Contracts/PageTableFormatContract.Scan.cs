using CsCheck;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>A scan picks entries by patterns, many at a time; what comes out is the same as one entry after the other.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    private const int MostSlices = 400;

    public readonly record struct ScanCase(Step[] Maps, ulong From, ulong Last, bool Clear, int ScanNs, int ClearNs, long Slice, double DirtyShare, int Seed);

    private Gen<ScanCase> AnyScan(ulong last) =>
        from maps in AnyStep(last).Array[1, 5]
        from at in Gen.OneOf(Gen.Const(0UL), Gen.OneOf(maps.Select(map => map.Iova).ToArray()), Gen.OneOf(maps.Select(map => map.Iova).ToArray()).Select(Gen.ULong[0, 1 << 24], (iova, more) => iova + Math.Min(more, last - iova)))
        from length in Gen.OneOf(Gen.Const(ulong.MaxValue), Gen.ULong[0, 40].Select(n => n * Granule), Gen.ULong[0, 1UL << 32])
        from clear in Gen.Bool
        from scanNs in Gen.OneOf(1, 1, 3, 0)
        from clearNs in Gen.OneOf(0, 1, 50)
        from slice in Gen.OneOf(Gen.Long[1, 40], Gen.Long[100, 5000], Gen.Const(long.MaxValue))
        from share in Gen.OneOf(0, 0.002, 0.05, 0.5, 1)
        from seed in Gen.Int[0, int.MaxValue]
        select new ScanCase(maps, at, length > ulong.MaxValue - at ? ulong.MaxValue : at + length, clear, scanNs, clearNs, slice, share, seed);

    [Fact]
    public void A_scan_is_the_same_as_one_entry_after_the_other() =>
        Assert.All(ShapesForRandomRuns, shape => AnyScan(shape.LastInput<TFormat>()).Sample(one => Run(shape, one), iter: 60));

    /// <summary>
    /// Groups of 64 entries with clean and dirty pages, runs with a dirty member anywhere, holes and words that are not present, in two tables; the budget ends at every
    /// entry once, and is unlimited then.
    /// </summary>
    [Theory]
    [InlineData(0.05, true)]
    [InlineData(0.5, true)]
    [InlineData(1, true)]
    [InlineData(0.5, false)]
    public void A_scan_may_be_cut_at_every_entry(double share, bool clear)
    {
        TableShape shape = TableShape.OfLevels<TFormat>(Math.Min(2, TFormat.MaxLevels));
        ulong table = Granule << TFormat.IndexBits;
        int largestRun = 63 - (int)ulong.LeadingZeroCount(TFormat.LeafSizes(0));
        Step Map(ulong iova, ulong granules, int largest) => new(Verb.Map, iova, iova & Bits.Mask(PhysicalBits - 1), granules * Granule, Permission.ReadWrite, largest, true, 0);
        Step[] maps = [Map(table - (150 * Granule), 300, TFormat.Shift(0)), Map(table + (256 * Granule), 256, largestRun), Map(table + (520 * Granule), 30, TFormat.Shift(0))];
        // From the first granule mapped but three on: what comes before is one entry after the other anyway.
        ScanCase one = new(maps, table - (153 * Granule), table + (560 * Granule), clear, ScanNs: 3, ClearNs: 5, Slice: long.MaxValue, share, Seed: 1);
        // Large tables take long to compare.
        for (long cut = 1; cut < 720 * 3; cut += 3L << (TFormat.IndexBits - 9)) Run(shape, one with { Seed = (int)(cut / 100) }, cut);
    }

    /// <summary>Scans in slices of one length; the first may be another.</summary>
    private static void Run(TableShape shape, ScanCase one, long firstSlice = 0)
    {
        using TableRig<TFormat> rig = new(shape), other = new(shape);
        rig.Table.HasRacingThreads = one.Seed % 4 == 3;
        NaiveScan<TFormat> naive = new(other.Memory, other.Table.Root, shape);
        foreach (TableRig<TFormat> each in new[] { rig, other })
        {
            foreach (Step map in one.Maps) each.Map(map.Iova, map.Physical, map.Length, map.Permission, map.LargestLeafLog2);
            Scribble(each, shape, one);
        }
        ScanBudget budget = new() { ScanNs = one.ScanNs, ClearNs = one.ClearNs }, expected = budget;
        ReportedLeaves found = new(), wanted = new();
        InvalidationGather gather = new(), hull = new();
        ulong? next = one.From;
        for (int slices = 0; next is { } from; slices++)
        {
            budget.RemainingNs = expected.RemainingNs = slices == 0 && firstSlice > 0 ? firstSlice : slices < MostSlices ? one.Slice : long.MaxValue;
            next = rig.Table.ScanDirty(from, one.Last, one.Clear, ref budget, found, gather);
            Assert.Equal(naive.Scan(from, one.Last, one.Clear, ref expected, wanted, hull), next);
            Assert.Equal((expected.EntriesScanned, expected.EntriesCleared, expected.RemainingNs, expected.LevelsPaid), (budget.EntriesScanned, budget.EntriesCleared, budget.RemainingNs, budget.LevelsPaid));
            Assert.Equal(wanted.All.Count, found.All.Count);
        }
        Assert.Equal(wanted.All, found.All);
        Assert.Equal((hull.FirstByte, hull.LastByte, hull.SmallestLeafLog2, hull.LargestLeafLog2), (gather.FirstByte, gather.LastByte, gather.SmallestLeafLog2, gather.LargestLeafLog2));
        foreach ((Spa word, _) in naive.Words()) Assert.Equal(other.Memory.Word(word), rig.Memory.Word(word));
    }

    /// <summary>Makes leaves dirty, tables accessed, and puts words that are not present where there is nothing.</summary>
    private static void Scribble(TableRig<TFormat> rig, TableShape shape, ScanCase one)
    {
        Random random = new(one.Seed);
        foreach ((Spa at, int level) in new NaiveScan<TFormat>(rig.Memory, rig.Table.Root, shape).Words())
        {
            ref ulong word = ref rig.Memory.Word(at);
            bool isPresent = TFormat.IsPresent(word, level);
            if (isPresent && TFormat.IsLeaf(word, level)) word = random.NextDouble() < one.DirtyShare ? TFormat.MarkDirty(word) : random.Next(2) == 0 ? TFormat.MarkAccessed(word) : word;
            else if (isPresent && TFormat.MarksTablesAccessed) word = TFormat.MarkAccessed(word);
            else if (!isPresent && random.Next(50) == 0) word = Enumerable.Repeat(random, 100).Select(r => (ulong)r.NextInt64()).FirstOrDefault(noise => !TFormat.IsPresent(noise, level));
        }
    }

    private static Gen<(int Level, ulong Word)> AnyWord => Gen.Select(Gen.OneOf(Levels.ToArray()), Gen.ULong);

    [Fact]
    public void Every_dirty_leaf_matches_the_dirty_pattern()
    {
        int dirty = 0;
        AnyWord.Sample((level, word) =>
        {
            if (!TFormat.IsPresent(word, level) || !TFormat.IsLeaf(word, level) || !TFormat.IsDirty(word)) return;
            dirty++;
            Assert.True(TFormat.DirtyPattern(level).Matches(word));
        }, iter: 4000, threads: 1);
        Assert.NotEqual(0, dirty);
        WritableLeaf.Sample(leaf => Assert.True(TFormat.DirtyPattern(leaf.Level).Matches(TFormat.MarkDirty(leaf.Entry))));
    }

    [Fact]
    public void What_matches_the_pattern_of_single_dirty_leaves_is_one_and_is_cleaned_by_flipping_the_same_bits()
    {
        AnyWord.Where(any => TFormat.DirtySinglePattern(any.Level) != EntryPattern.None).Sample((level, any) =>
        {
            EntryPattern pattern = TFormat.DirtySinglePattern(level);
            ulong word = (any & ~pattern.Mask) | pattern.Value;
            Assert.True(pattern.Matches(word) && TFormat.DirtyPattern(level).Matches(word));
            Assert.True(TFormat.IsPresent(word, level) && TFormat.IsLeaf(word, level) && TFormat.IsDirty(word));
            Assert.Equal(TFormat.Shift(level), TFormat.LeafSizeLog2(word, level));
            Assert.Equal(TFormat.Clean(word), word ^ TFormat.Clean(pattern.Value) ^ pattern.Value);
            Assert.False(TFormat.IsDirty(TFormat.Clean(word)));
        }, iter: 1000);
        WritableLeaf.Sample(leaf => Assert.Equal(leaf.SizeLog2 == TFormat.Shift(leaf.Level), TFormat.DirtySinglePattern(leaf.Level).Matches(TFormat.MarkDirty(leaf.Entry))));
    }

    [Fact]
    public void What_is_not_dirty_does_not_match_the_dirty_pattern()
    {
        Assert.All(Levels, level => Assert.False(TFormat.DirtyPattern(level).Matches(0)));
        Leaf.Sample(leaf =>
        {
            Assert.False(TFormat.DirtyPattern(leaf.Level).Matches(leaf.Entry));
            Assert.False(TFormat.DirtyPattern(leaf.Level).Matches(TFormat.MarkAccessed(leaf.Entry)));
        });
        WritableLeaf.Sample(leaf => Assert.False(TFormat.DirtyPattern(leaf.Level).Matches(TFormat.Clean(TFormat.MarkDirty(leaf.Entry)))));
        Table.Sample(table =>
        {
            Assert.False(TFormat.DirtyPattern(table.Level).Matches(table.Entry));
            if (TFormat.MarksTablesAccessed) Assert.False(TFormat.DirtyPattern(table.Level).Matches(TFormat.MarkAccessed(table.Entry)));
        });
    }

    [Fact]
    public void Every_pointer_to_a_table_matches_the_table_pattern_and_no_leaf_does()
    {
        AnyWord.Where(any => any.Level > 0).Sample((level, word) =>
        {
            if (!TFormat.IsPresent(word, level)) return;
            if (TFormat.IsLeaf(word, level)) Assert.False(TFormat.TablePattern(level).Matches(word));
            else if (!TFormat.HasReservedBits(word, level)) Assert.True(TFormat.TablePattern(level).Matches(word));
        }, iter: 4000);
        Table.Sample(table =>
        {
            Assert.True(TFormat.TablePattern(table.Level).Matches(table.Entry));
            if (TFormat.MarksTablesAccessed) Assert.True(TFormat.TablePattern(table.Level).Matches(TFormat.MarkAccessed(table.Entry)));
        });
        Leaf.Where(leaf => leaf.Level > 0).Sample(leaf => Assert.False(TFormat.TablePattern(leaf.Level).Matches(leaf.Entry)));
    }
}
