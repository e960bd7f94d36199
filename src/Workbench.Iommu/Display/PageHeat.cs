using Workbench.Iommu.Dirty;

namespace Workbench.Iommu.Display;

/// <summary>How full the parts of an address range are, with the long holes left out so that the rest is seen.</summary>
internal sealed class PageHeat
{
    private const int MostParts = 4096;
    /// <summary>So many empty cells are drawn; a longer hole becomes one mark.</summary>
    private const int LongestGap = 4;

    private readonly List<(ulong Number, long Pages)> parts = [];

    private PageHeat()
    {
    }

    /// <summary>The first page.</summary>
    public ulong First { get; private set; }
    /// <summary>The last page.</summary>
    public ulong Last { get; private set; }
    /// <summary>Pages of a cell as a power of two.</summary>
    public int CellPagesLog2 { get; private set; }
    /// <summary>Holes left out.</summary>
    public int Holes => Cells.Count(c => c is null);
    /// <summary>How full each cell is, 0 to 1; null for a hole left out.</summary>
    public IReadOnlyList<double?> Cells { get; private set; } = [];

    /// <summary>Of a set that is not empty: the finest cells of which so many suffice.</summary>
    public static PageHeat Of(PageSet pages, int mostCells)
    {
        PageHeat heat = new();
        bool any = false;
        foreach (ulong page in pages)
        {
            if (!any) heat.First = page;
            any = true;
            heat.Last = page;
            heat.Add(page);
        }
        List<double?> cells = heat.Draw();
        while (cells.Count > mostCells)
        {
            heat.Coarsen();
            cells = heat.Draw();
        }
        heat.Cells = cells;
        return heat;
    }

    private void Add(ulong page)
    {
        ulong number = page >> CellPagesLog2;
        if (parts.Count > 0 && parts[^1].Number == number) parts[^1] = (number, parts[^1].Pages + 1);
        else
        {
            parts.Add((number, 1));
            while (parts.Count > MostParts) Coarsen();
        }
    }

    /// <summary>Makes one of each two parts side by side.</summary>
    private void Coarsen()
    {
        CellPagesLog2++;
        int kept = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            (ulong number, long pages) = parts[i];
            if (kept > 0 && parts[kept - 1].Number == number >> 1) parts[kept - 1] = (number >> 1, parts[kept - 1].Pages + pages);
            else parts[kept++] = (number >> 1, pages);
        }
        parts.RemoveRange(kept, parts.Count - kept);
    }

    private List<double?> Draw()
    {
        List<double?> cells = [];
        double whole = Math.ScaleB(1, CellPagesLog2);
        for (int i = 0; i < parts.Count; i++)
        {
            ulong gap = i == 0 ? 0 : parts[i].Number - parts[i - 1].Number - 1;
            if (gap > LongestGap) cells.Add(null);
            else for (ulong empty = 0; empty < gap; empty++) cells.Add(0);
            cells.Add(parts[i].Pages / whole);
        }
        return cells;
    }
}
