using CsCheck;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Display;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Display;

public sealed class PageSetDisplayTests
{
    private static PageSet Of(params (ulong First, ulong Count)[] ranges)
    {
        PageSet pages = new();
        foreach ((ulong first, ulong count) in ranges) pages.AddRange(first, count);
        return pages;
    }

    [Fact]
    public void A_set_shows_where_it_is_dense_and_leaves_long_holes_out()
    {
        PageSet pages = Of((0x100, 64), (0x150, 8), (0x40_0000, 200), (0x40_0200, 16));
        for (ulong page = 0x140; page < 0x150; page += 2) pages.Add(page);
        Shown.IsApproved(pages, "Workbench.Iommu.Tests", "pages");
    }

    [Fact]
    public void Empty_single_and_extreme_sets_are_shown()
    {
        Assert.Equal("Page set: empty", Shown.Text(new PageSet()));
        foreach (PageSet pages in (PageSet[])[new(), Of((5, 1)), Of((ulong.MaxValue, 1), (0, 1)), Of((ulong.MaxValue - 100_000, 100_001)), Of((0, 3_000_000))])
        {
            Shown.Html(pages);
            Shown.Text(pages);
        }
        Assert.Contains("page 0xffffffffffffffff", Shown.Text(Of((ulong.MaxValue, 1))), StringComparison.Ordinal);
    }

    [Fact]
    public void Its_cells_hold_all_pages_and_are_as_fine_as_fit() =>
        Gen.Select(Gen.OneOf(Gen.ULong[0, 300], Gen.ULong[0, 1 << 22], Gen.ULong), Gen.ULong[1, 300]).Array[1, 20].Sample(ranges =>
        {
            PageSet pages = Of([.. ranges.Select(r => (r.Item1, Math.Min(r.Item2, ulong.MaxValue - r.Item1)))]);
            if (pages.Count == 0) return;
            PageHeat heat = PageHeat.Of(pages, 64);
            SortedDictionary<ulong, long> naive = [];
            foreach (ulong page in pages) naive[page >> heat.CellPagesLog2] = naive.GetValueOrDefault(page >> heat.CellPagesLog2) + 1;
            List<double?> expected = Naive(naive, heat.CellPagesLog2);
            Assert.Equal(expected, heat.Cells);
            Assert.True(heat.Cells.Count <= 64);
            if (heat.CellPagesLog2 > 0)
            {
                SortedDictionary<ulong, long> finer = [];
                foreach (ulong page in pages) finer[page >> (heat.CellPagesLog2 - 1)] = finer.GetValueOrDefault(page >> (heat.CellPagesLog2 - 1)) + 1;
                Assert.True(Naive(finer, heat.CellPagesLog2 - 1).Count > 64, "finer cells would have fitted");
            }
        });

    private static List<double?> Naive(SortedDictionary<ulong, long> parts, int log2)
    {
        List<double?> cells = [];
        ulong? before = null;
        foreach ((ulong number, long pages) in parts)
        {
            ulong gap = before is { } b ? number - b - 1 : 0;
            if (gap > 4) cells.Add(null);
            else cells.AddRange(Enumerable.Repeat<double?>(0, (int)gap));
            cells.Add(pages / Math.Pow(2, log2));
            before = number;
        }
        return cells;
    }
}
