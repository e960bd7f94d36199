using Workbench.Display;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Display;

/// <summary>Makes a tree of a table while it is gone through, in memory that does not grow with the number of leaves.</summary>
internal sealed class TableTree : ITableVisitor
{
    private readonly Stack<TreeNode> open = new();

    private TableTree()
    {
    }

    /// <summary>The top table; null if there is nothing in it.</summary>
    public TreeNode? Root { get; private set; }
    /// <summary>Leaves by size: the index is the power of two of bytes.</summary>
    public long[] LeavesBySize { get; } = new long[64];

    /// <summary>Goes through a table.</summary>
    public static TableTree Of(ITableContents table)
    {
        TableTree tree = new();
        table.Visit(tree);
        return tree;
    }

    /// <summary>The tree in at most so many lines: as many levels as fit, from the top.</summary>
    public IReadOnlyList<(int Depth, string Text)> Lines(int most)
    {
        List<(int Depth, string Text)> lines = [];
        if (Root is null) return lines;
        int deepest = 0;
        while (CountLines(Root, deepest + 1) <= most && CountLines(Root, deepest + 1) > CountLines(Root, deepest)) deepest++;
        Write(Root, 0, deepest, lines);
        return lines;
    }

    /// <inheritdoc/>
    public void Enter(int level, ulong firstByte, ulong lastByte) => open.Push(new(level, firstByte, lastByte));

    /// <inheritdoc/>
    public void Leaf(in TableLeaf leaf)
    {
        LeavesBySize[leaf.SizeLog2 & 63]++;
        open.Peek().Add(leaf);
    }

    /// <inheritdoc/>
    public void Leave()
    {
        TreeNode done = open.Pop();
        if (open.TryPeek(out TreeNode? parent)) parent.Add(done);
        else Root = done;
    }

    private static int CountLines(TreeNode node, int deepest) => deepest == 0 ? 1 : 1 + (node.HasFold ? 1 : 0) + node.Children.Sum(child => CountLines(child, deepest - 1));

    private static void Write(TreeNode node, int depth, int deepest, List<(int Depth, string Text)> lines)
    {
        bool isCut = depth == deepest && node.Children.Count > 0;
        lines.Add((depth, LineOf(node) + (isCut ? ", not shown in detail" : "")));
        if (isCut) return;
        for (int i = 0; i < node.Children.Count; i++)
        {
            if (node.HasFold && i == node.Children.Count - 1) lines.Add((depth + 1, LineOf(node.Folded)));
            Write(node.Children[i], depth + 1, deepest, lines);
        }
    }

    private static string LineOf(TreeNode node)
    {
        if (node.Tables > 0) return $"level {node.Level}: {Quantity.Count(node.Tables, "table")} {Range(node.First, node.Last)}, {Quantity.Count(node.Leaves, "leaf", "leaves")}{Dirty(node.Dirty)}";
        string leads = node.IsContiguous ? $" to {Quantity.Hex(node.Physical)}" : " to scattered memory";
        string many = node.Leaves == 1 ? $"{Quantity.Power(node.SizeLog2)} leaf" : $"{Quantity.Count(node.Leaves)} x {Quantity.Power(node.SizeLog2)} leaves";
        return $"{many} {Range(node.First, node.Last)}, {Letters(node.Permission)}{(node.Leaves == 1 && node.Dirty == 1 ? ", dirty" : Dirty(node.Dirty))},{leads}";
    }

    private static string LineOf(FoldedSiblings folded) =>
        $"... {Quantity.Count(folded.Lines)} more {(folded.Tables == 0 ? "runs" : "entries")} {Range(folded.First, folded.Last)}, {Quantity.Count(folded.Leaves, "leaf", "leaves")}{Dirty(folded.Dirty)}";

    private static string Range(ulong first, ulong last) => $"{Quantity.Hex(first)}-{Quantity.Hex(last)}";

    private static string Dirty(long dirty) => dirty == 0 ? "" : $", {Quantity.Count(dirty)} dirty";

    private static string Letters(Permission permission) => permission switch
    {
        Permission.ReadWrite => "RW",
        Permission.Read => "R",
        Permission.Write => "W",
        _ => "no access",
    };
}
