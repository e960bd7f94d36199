using CsCheck;
using Workbench.Iommu.Dirty;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Dirty;

public class PageSetTests
{
    private static readonly Gen<ulong> Page = Gen.OneOf(Gen.ULong[0, 300], Gen.ULong[32_700, 32_900], Gen.ULong[0, 1UL << 52], Gen.OneOf(0UL, ulong.MaxValue, ulong.MaxValue - 1));

    private static PageSet SetOf(IEnumerable<ulong> pages)
    {
        PageSet set = new();
        foreach (ulong page in pages) set.Add(page);
        return set;
    }

    private static List<ulong> Pages(PageSet set)
    {
        List<ulong> pages = [];
        foreach (ulong page in set) pages.Add(page);
        return pages;
    }

    [Fact]
    public void It_is_the_same_as_a_sorted_set() => Gen.Select(Page.Array[0, 200], Page.Array[0, 200], Gen.Int[0, 63]).Sample((first, second, log2) =>
    {
        SortedSet<ulong> oracle = [];
        PageSet set = new();
        foreach (ulong page in first) Assert.Equal(oracle.Add(page), set.Add(page));
        Assert.Equal(oracle, Pages(set));
        foreach (ulong page in second) Assert.Equal(oracle.Contains(page), set.Contains(page));
        Assert.Equal(oracle.Select(p => p >> log2).Distinct().LongCount(), set.CountDistinctRegions(log2));

        PageSet other = SetOf(second);
        Assert.Equal(oracle.Intersect(second).LongCount(), set.CountCommon(other));
        PageSet union = new();
        union.Add(77);
        union.CopyFrom(set);
        union.UnionWith(other);
        Assert.Equal(oracle.Union(second).Order(), Pages(union));
        Assert.Equal(union.Count, Pages(union).Count);
        set.ExceptWith(other);
        Assert.Equal(oracle.Except(second).Order(), Pages(set));
        Assert.Equal(set.Count, Pages(set).Count);
        Assert.Equal(oracle.Except(second).Select(p => p >> log2).Distinct().LongCount(), set.CountDistinctRegions(log2));
        SortedSet<ulong> shrinking = [.. Pages(union)];
        foreach (ulong page in second) Assert.Equal(shrinking.Remove(page), union.Remove(page));
        Assert.Equal(shrinking, Pages(union));
        Assert.Equal(union.Count, Pages(union).Count);
    }, iter: 500);

    [Fact]
    public void A_region_of_any_size_counts_its_pages() => Gen.Select(Page.Array[1, 200], Gen.Int[0, 24], Gen.Int[0, 199]).Sample((pages, log2, at) =>
    {
        ulong first = pages[at % pages.Length] >> log2 << log2;
        Assert.Equal(pages.Distinct().LongCount(p => p >> log2 == first >> log2), SetOf(pages).CountIn(first, log2));
    }, iter: 500);

    [Fact]
    public void A_range_is_its_pages() => Gen.Select(Page.Array[0, 50], Gen.ULong[0, 1UL << 40], Gen.ULong[0, 70_000]).Sample((before, first, count) =>
    {
        PageSet set = SetOf(before), single = SetOf(before);
        long added = 0;
        for (ulong i = 0; i < count; i++) added += single.Add(first + i) ? 1 : 0;
        Assert.Equal(added, set.AddRange(first, count));
        Assert.Equal(single.Count, set.Count);
        Assert.Equal(single.Count, set.CountCommon(single));
    }, iter: 50);

    [Fact]
    public void A_mask_is_its_pages() => Gen.Select(Page.Array[0, 50], Page, Gen.OneOf(Gen.ULong, Gen.Const(ulong.MaxValue), Gen.Const(0UL))).Sample((before, first, pages) =>
    {
        first &= ~63UL;
        PageSet set = SetOf(before), oracle = SetOf(before);
        int added = Enumerable.Range(0, 64).Count(n => (pages >> n & 1) != 0 && oracle.Add(first + (ulong)n));
        Assert.Equal(added, set.AddMask(first, pages));
        Assert.Equal((oracle.Count, Pages(oracle).Count), (set.Count, Pages(set).Count));
        Assert.Equal(Pages(oracle), Pages(set));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.AddMask(first + 1, 1));
    });

    [Fact]
    public void The_last_page_of_all_can_be_in_a_range()
    {
        PageSet set = new();
        Assert.Equal(3, set.AddRange(ulong.MaxValue - 2, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.AddRange(ulong.MaxValue, 2));
    }

    [Fact]
    public void Adding_to_known_chunks_allocates_nothing()
    {
        PageSet set = new();
        for (ulong page = 0; page < 1 << 20; page += 1000) set.Add(page);
        set.Clear();
        Assert.Equal(0, set.Count);
        AllocationMeter meter = AllocationMeter.Start();
        for (ulong page = 0; page < 1 << 20; page++) set.Add(page * 7 % (1 << 20));
        Assert.Equal(0, meter.Bytes);
        Assert.Equal(1 << 20, set.Count);
    }

    [Fact]
    public void Except_itself_leaves_nothing()
    {
        PageSet set = SetOf([1, 2, 99_999]);
        set.ExceptWith(set);
        Assert.Equal(0, set.Count);
        Assert.Empty(Pages(set));
    }
}
