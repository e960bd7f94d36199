using CsCheck;
using Workbench.Iommu.Display;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>The tree in which a table is shown holds what the table holds, however much of it is folded.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    private readonly record struct FoundLeaf(ulong First, ulong Last, int SizeLog2, bool IsDirty, Permission Permission, ulong Physical);

    [Fact]
    public void Its_tree_holds_every_leaf_once() => Assert.All(ShapesForRandomRuns, shape =>
        Gen.Select(AnyStep(shape.LastInput<TFormat>()).Array[1, 12], Gen.Int[0, 40].Array[0, 12]).Sample((steps, writes) => TreeIsRight(shape, steps, writes), iter: 60));

    private static void TreeIsRight(TableShape shape, Step[] steps, int[] writes)
    {
        using TableRig<TFormat> rig = new(shape);
        foreach (Step step in steps)
        {
            if (step.Verb == Verb.Unmap) rig.Table.Unmap(step.Iova, step.Length, null, new());
            else rig.Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2);
        }
        foreach (int at in writes)
        {
            ulong iova = unchecked(steps[at % steps.Length].Iova + ((ulong)at << TFormat.Shift(0)));
            if (iova <= shape.LastInput<TFormat>()) rig.Write(iova);
        }
        List<FoundLeaf> leaves = [.. LeavesOf(rig, shape)];
        Assert.Equal(rig.Table.Leaves, leaves.Count);
        TableTree tree = TableTree.Of(rig.Table);
        if (leaves.Count == 0) Assert.Equal(0, tree.Root?.Leaves ?? 0);
        else Assert.Equal(leaves.Count, Compare(tree.Root!, leaves, 0));
        for (int log2 = 0; log2 < 64; log2++) Assert.Equal(leaves.Count(leaf => leaf.SizeLog2 == log2), tree.LeavesBySize[log2]);
        Shown.Html(rig.Table);
        Shown.Text(rig.Table);
    }

    /// <summary>One leaf after the other, by the table's own search and by walks.</summary>
    private static IEnumerable<FoundLeaf> LeavesOf(TableRig<TFormat> rig, TableShape shape)
    {
        for (ulong? next = rig.Table.NextLeaf(0, out int log2); next is { } first; next = rig.Table.NextLeaf(first + Bits.Mask(log2) + 1, out log2))
        {
            bool isDirty = false;
            for (ulong offset = 0; offset <= Bits.Mask(log2); offset += 1UL << TFormat.Shift(LowestLevelOf(log2)))
                isDirty |= rig.Table.TryGetLeaf(first + offset, out ulong entry, out _) && TFormat.IsDirty(entry);
            // A leaf that may only be written is walked to by none but a write, which would make it dirty: its permission is asked as a translation request is.
            FaultKind fault = rig.Walk(first, AccessKind.Read, out WalkResult walked);
            Assert.True(fault is FaultKind.None or FaultKind.NoReadPermission, $"{fault} at 0x{first:x}");
            yield return new(first, first + Bits.Mask(log2), log2, isDirty, fault == FaultKind.None ? walked.Permission : Permission.Write, fault == FaultKind.None ? walked.PhysicalOf(first) : 0);
            if (first + Bits.Mask(log2) == shape.LastInput<TFormat>()) yield break;
        }
    }

    private static int LowestLevelOf(int log2) => Levels.First(level => (TFormat.LeafSizes(level) >> log2 & 1) != 0);

    /// <summary>Compares a node with the leaves from one on; returns the first that is not its own.</summary>
    private static int Compare(TreeNode node, List<FoundLeaf> leaves, int from)
    {
        int end = from + (int)node.Leaves;
        List<FoundLeaf> own = leaves[from..end];
        Assert.Equal(own.Count(leaf => leaf.IsDirty), node.Dirty);
        Assert.All(own, leaf => Assert.True(leaf.First >= node.First && leaf.Last <= node.Last, $"0x{leaf.First:x} outside 0x{node.First:x}-0x{node.Last:x}"));
        if (node.Tables == 0)
        {
            Assert.Equal((node.First, node.Last), (own[0].First, own[^1].Last));
            Assert.All(own, leaf => Assert.Equal((node.SizeLog2, node.Permission), (leaf.SizeLog2, leaf.Permission)));
            for (int i = 1; i < own.Count; i++) Assert.Equal(own[i - 1].Last + 1, own[i].First);
            if ((node.Permission & Permission.Read) == 0) return end;
            Assert.Equal(node.Physical, own[0].Physical);
            Assert.Equal(own.All(leaf => leaf.Physical == own[0].Physical + (leaf.First - own[0].First)), node.IsContiguous);
            return end;
        }
        Assert.True(node.Children.Count <= 5);
        int at = from;
        for (int i = 0; i < node.Children.Count; i++)
        {
            if (node.HasFold && i == node.Children.Count - 1)
            {
                List<FoundLeaf> folded = leaves[at..(at + (int)node.Folded.Leaves)];
                Assert.Equal(folded.Count(leaf => leaf.IsDirty), node.Folded.Dirty);
                Assert.All(folded, leaf => Assert.True(leaf.First >= node.Folded.First && leaf.Last <= node.Folded.Last));
                at += folded.Count;
            }
            at = Compare(node.Children[i], leaves, at);
        }
        Assert.Equal(end, at);
        return end;
    }
}
