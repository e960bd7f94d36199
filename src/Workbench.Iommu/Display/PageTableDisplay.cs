using Workbench.Display;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Display;

/// <summary>A page table: its geometry, what it maps, and the tree from the top with everything that repeats folded.</summary>
internal sealed class PageTableDisplay : IDisplay<IPageTable>
{
    private const int MostLines = 40;

    /// <inheritdoc/>
    public static void Describe(IPageTable value, ICard card)
    {
        card.Title("Page table", value is ITableContents named ? named.FormatName : "");
        DescribeContents(value, card, []);
    }

    /// <summary>All but the title, after what is to be said before.</summary>
    public static void DescribeContents(IPageTable table, ICard card, IEnumerable<Fact> before)
    {
        TableTree? tree = table is ITableContents contents ? TableTree.Of(contents) : null;
        card.Facts([.. before, .. Facts(table, tree)]);
        if (tree?.Root is not null) card.Tree(tree.Lines(MostLines));
        else card.Text("Nothing is mapped.");
    }

    private static IEnumerable<Fact> Facts(IPageTable table, TableTree? tree)
    {
        yield return new("Shape", $"{Quantity.Count(table.RootLevel + 1, "level")}, {table.InputBits} address bits, top table at {table.Root}");
        if (tree?.Root is not { } root) yield break;
        int[] sizes = [.. Enumerable.Range(0, tree.LeavesBySize.Length).Where(log2 => tree.LeavesBySize[log2] > 0)];
        yield return new("Leaves", $"{Quantity.Count(root.Leaves)}: {string.Join(", ", sizes.Select(log2 => $"{Quantity.Count(tree.LeavesBySize[log2])} of {Quantity.Power(log2)}"))}");
        yield return new("Mapped", Quantity.Bytes(sizes.Sum(log2 => Math.ScaleB(tree.LeavesBySize[log2], log2))));
        yield return new("Dirty", $"{Quantity.Count(root.Dirty, "leaf", "leaves")} ({Quantity.Share(root.Dirty, root.Leaves)})");
    }
}
