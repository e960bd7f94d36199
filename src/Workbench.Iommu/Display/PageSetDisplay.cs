using Workbench.Display;
using Workbench.Iommu.Dirty;

namespace Workbench.Iommu.Display;

/// <summary>A set of 4 KiB pages, such as a dirty bitmap: how many, where, and how densely.</summary>
internal sealed class PageSetDisplay : IDisplay<PageSet>
{
    private const int MostCells = 64;

    /// <inheritdoc/>
    public static void Describe(PageSet value, ICard card)
    {
        card.Title("Page set", value.Count == 0 ? "empty" : Quantity.Count(value.Count, "page"));
        if (value.Count == 0) return;
        PageHeat heat = PageHeat.Of(value, MostCells);
        card.Facts(
        [
            new("Bytes", Quantity.Bytes(value.Count * 4096.0)),
            new("First page", Address(heat.First)),
            new("Last page", Address(heat.Last)),
            new("2 MiB regions", $"{Quantity.Count(value.CountDistinctRegions(9))} hold at least one"),
        ]);
        string holes = heat.Holes == 0 ? "" : $"; {Quantity.Count(heat.Holes, "long hole")} left out";
        card.Heat($"How full each {Quantity.Power(Math.Min(63, heat.CellPagesLog2 + 12))} is{holes}", heat.Cells, Address(heat.First), Address(heat.Last));
    }

    // A page number of 2^52 or more has no address of 64 bits.
    private static string Address(ulong page) => page >> 52 == 0 ? Quantity.Hex(page << 12) : $"page {Quantity.Hex(page)}";
}
