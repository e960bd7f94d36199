using CsCheck;
using Workbench.Traces.Join;
using Xunit;

namespace Workbench.Traces.Tests.Join;

/// <summary>Does the piecewise map say what a dictionary with one entry for each page says?</summary>
public class LiveMappingsTests
{
    private const ulong Page = 4096, Large = 2UL << 20, Huge = 1UL << 30;
    private static readonly ulong Top = unchecked(0UL - (4 * Huge));

    private sealed record Step(bool IsMap, uint Owner, ulong First, ulong Length);

    // Two windows, one that ends at 2^64; lengths of pages, large pages and what lies between.
    private static readonly Gen<Step> AnyStep =
        from isMap in Gen.Bool
        from owner in Gen.UInt[1, 2]
        from atTop in Gen.Bool
        from page in Gen.OneOf(Gen.ULong[0, 2047], Gen.ULong[0, 3].Select(i => i * 512))
        from pages in Gen.OneOf(Gen.ULong[1, 8], Gen.OneOf(512UL, 511UL, 513UL, 1024UL), Gen.ULong[1, 2048])
        let length = Math.Min(pages, 2048 - page) * Page
        select new Step(isMap, owner, unchecked((atTop ? 0UL - (2048 * Page) : Huge) + (page * Page)), length);

    [Fact]
    public void It_agrees_with_a_dictionary_of_pages() => AnyStep.Array[1, 40].Sample(steps =>
    {
        LiveMappings<int> live = new();
        Dictionary<(uint, ulong), (ulong First, int Value)> pages = [];
        for (int i = 0; i < steps.Length; i++)
        {
            (bool isMap, uint owner, ulong first, ulong length) = steps[i];
            if (isMap) live.Map(owner, first, length, i);
            else live.Unmap(owner, first, length);
            for (ulong at = 0; at < length; at += Page)
                if (isMap) pages[(owner, first + at)] = (first, i);
                else pages.Remove((owner, first + at));
            Assert.Equal(pages.Count == 0, live.IsEmpty);
            // Around the step's ends, and a stride over both windows.
            foreach (ulong at in Probes(first, length))
                for (uint who = 1; who <= 2; who++)
                {
                    bool found = live.TryFind(who, at, out ulong begin, out int value);
                    Assert.Equal(pages.TryGetValue((who, at & ~(Page - 1)), out (ulong First, int Value) expected), found);
                    if (found) Assert.Equal(expected, (begin, value));
                }
            Assert.Equal(
                Enumerable.Range(0, (int)(length / Page)).Select(n => first + ((ulong)n * Page)).Where(at => pages.ContainsKey((owner, at))).Select(at => (at, pages[(owner, at)])),
                live.PartsIn(owner, first, length).SelectMany(p => PagesOf(p.FirstByte, p.LastByte).Select(at => (at, (p.MappingFirst, p.Value)))).OrderBy(p => p.at));
            Assert.Equal(Enumerable.Range(0, (int)(length / Page)).Any(n => pages.ContainsKey((owner, first + ((ulong)n * Page)))), live.AnyIn(owner, first, length));
        }
    }, iter: 300);

    private static IEnumerable<ulong> PagesOf(ulong firstByte, ulong lastByte) => Enumerable.Range(0, (int)((lastByte - firstByte) / Page) + 1).Select(n => firstByte + ((ulong)n * Page));

    private static IEnumerable<ulong> Probes(ulong first, ulong length)
    {
        ulong last = first + (length - 1);
        yield return first;
        yield return last;
        if (first > 0) yield return first - 1;
        if (last < ulong.MaxValue) yield return last + 1;
        for (ulong page = 0; page < 2048; page += 37)
        {
            yield return Huge + (page * Page) + (page & 4095);
            yield return unchecked(0UL - (2048 * Page)) + (page * Page);
        }
    }

    [Fact]
    public void A_page_cut_out_of_a_huge_piece_leaves_the_rest()
    {
        LiveMappings<int> live = new();
        live.Map(1, 4 * Huge, 2 * Huge, 7);
        live.Unmap(1, (4 * Huge) + Large, Page);
        Assert.False(live.TryFind(1, (4 * Huge) + Large, out _, out _));
        Assert.False(live.TryFind(1, (4 * Huge) + Large + 4095, out _, out _));
        foreach (ulong at in (ulong[])[4 * Huge, (4 * Huge) + Large - 1, (4 * Huge) + Large + Page, (6 * Huge) - 1])
        {
            Assert.True(live.TryFind(1, at, out ulong first, out int value));
            Assert.Equal((4 * Huge, 7), (first, value));
        }
        Assert.False(live.TryFind(1, 6 * Huge, out _, out _));
        Assert.False(live.TryFind(2, 4 * Huge, out _, out _));
    }

    [Fact]
    public void The_last_bytes_there_are_can_be_mapped_and_unmapped()
    {
        LiveMappings<int> live = new();
        live.Map(1, Top, 4 * Huge, 1);
        Assert.True(live.TryFind(1, ulong.MaxValue, out ulong first, out _));
        Assert.Equal(Top, first);
        Assert.True(live.AnyIn(1, ulong.MaxValue - 4095, Page));
        live.Unmap(1, ulong.MaxValue - 4095, Page);
        Assert.False(live.TryFind(1, ulong.MaxValue, out _, out _));
        Assert.True(live.TryFind(1, ulong.MaxValue - 4096, out _, out _));
        live.Unmap(1, Top, 4 * Huge);
        Assert.True(live.IsEmpty);
    }

    // Not a timed test: each of these took hours, or all memory, while pages were stepped over one by one.
    [Theory]
    [InlineData(1UL << 40)]
    [InlineData(1UL << 52)]
    [InlineData(1UL << 63)]
    public void A_range_of_any_size_costs_no_more_than_what_is_in_it(ulong length)
    {
        LiveMappings<int> live = new();
        live.Map(1, Page, Page, 1);
        Assert.True(live.AnyIn(1, 0, length));
        Assert.False(live.AnyIn(1, 2 * Page, length));
        Assert.Equal([(Page, (2 * Page) - 1, Page, 1)], live.PartsIn(1, 0, length));
        live.Unmap(1, 2 * Page, length);
        live.Map(2, Page, length, 2);
        Assert.True(live.TryFind(2, length, out ulong first, out int value));
        Assert.Equal((Page, 2), (first, value));
        live.Unmap(2, length / 2, Page);
        Assert.False(live.TryFind(2, length / 2, out _, out _));
        Assert.True(live.TryFind(2, (length / 2) + Page, out first, out _));
        Assert.Equal(Page, first);
        live.Map(2, 0, length, 3);
        Assert.True(live.TryFind(2, length / 2, out first, out value));
        Assert.Equal((0UL, 3), (first, value));
        live.Unmap(2, 0, length + Page);
        live.Unmap(1, 0, length);
        Assert.True(live.IsEmpty);
    }
}
