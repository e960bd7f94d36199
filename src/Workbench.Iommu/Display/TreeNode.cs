namespace Workbench.Iommu.Display;

/// <summary>One line of a table's tree: tables side by side that are alike, or a run of leaves that follow each other.</summary>
internal sealed class TreeNode
{
    /// <summary>Siblings shown before the others are folded, and how many there may be before any is.</summary>
    private const int ShownFirst = 3, MostShown = 5;

    private readonly List<TreeNode> children = [];

    /// <summary>Begins a table.</summary>
    public TreeNode(int level, ulong first, ulong last) => (Level, First, Last, Tables) = (level, first, last, 1);

    /// <summary>Begins a run with its first leaf.</summary>
    public TreeNode(in PageTables.TableLeaf leaf)
    {
        (First, Last, SizeLog2, Permission, Physical, IsContiguous, Leaves) = (leaf.Iova, leaf.Iova | Bits.Mask(leaf.SizeLog2), leaf.SizeLog2, leaf.Permission, leaf.Physical, true, 1);
        Dirty = leaf.IsDirty ? 1 : 0;
    }

    /// <summary>Level of the tables.</summary>
    public int Level { get; }
    /// <summary>First byte: of a table of what it can map, of a run of what is mapped.</summary>
    public ulong First { get; }
    /// <summary>Last byte.</summary>
    public ulong Last { get; private set; }
    /// <summary>Tables side by side; 0 for a run of leaves.</summary>
    public long Tables { get; private set; }
    /// <summary>Leaves in all.</summary>
    public long Leaves { get; private set; }
    /// <summary>Dirty ones among them.</summary>
    public long Dirty { get; private set; }
    /// <summary>Of a run: bytes of each leaf as a power of two.</summary>
    public int SizeLog2 { get; }
    /// <summary>Of a run: what the leaves allow.</summary>
    public Permission Permission { get; }
    /// <summary>Of a run: where it leads.</summary>
    public ulong Physical { get; }
    /// <summary>Of a run: does it lead to one piece of memory?</summary>
    public bool IsContiguous { get; private set; }
    /// <summary>What lies below, or the first and the last of that.</summary>
    public IReadOnlyList<TreeNode> Children => children;
    /// <summary>What lies between these first and the last; all zero if nothing was left out.</summary>
    public FoldedSiblings Folded { get; private set; }
    /// <summary>Does a fold stand before the last child?</summary>
    public bool HasFold => Folded.Lines > 0;

    /// <summary>Is it a run that a leaf goes on with? Then it does.</summary>
    public bool TryExtend(in PageTables.TableLeaf leaf)
    {
        unchecked
        {
            if (Tables > 0 || leaf.SizeLog2 != SizeLog2 || leaf.Permission != Permission || leaf.Iova != Last + 1) return false;
            IsContiguous &= leaf.Physical == Physical + (Last - First) + 1;
            Last = leaf.Iova | Bits.Mask(leaf.SizeLog2);
            Leaves++;
            if (leaf.IsDirty) Dirty++;
            return true;
        }
    }

    /// <summary>A leaf of this very table.</summary>
    public void Add(in PageTables.TableLeaf leaf)
    {
        Leaves++;
        if (leaf.IsDirty) Dirty++;
        if (children.Count == 0 || !children[^1].TryExtend(leaf)) Append(new(leaf));
    }

    /// <summary>A table below, finished.</summary>
    public void Add(TreeNode table)
    {
        Leaves += table.Leaves;
        Dirty += table.Dirty;
        if (children.Count > 0 && children[^1].GoesOnWith(table)) children[^1].Absorb(table);
        else Append(table);
    }

    private void Append(TreeNode child)
    {
        children.Add(child);
        if (HasFold ? children.Count <= ShownFirst + 1 : children.Count <= MostShown) return;
        while (children.Count > ShownFirst + 1)
        {
            Folded = Folded.And(children[ShownFirst]);
            children.RemoveAt(ShownFirst);
        }
    }

    /// <summary>Are the two one in all but the entry they hang on: side by side, alike, and with nothing in them but parts of one run?</summary>
    private bool GoesOnWith(TreeNode next)
    {
        if (next.First != unchecked(Last + 1) || (Tables == 0) != (next.Tables == 0)) return false;
        if (Tables == 0) return SizeLog2 == next.SizeLog2 && Permission == next.Permission;
        return Level == next.Level && children.Count == 1 && next.children.Count == 1 && children[0].GoesOnWith(next.children[0]);
    }

    private void Absorb(TreeNode next)
    {
        if (Tables == 0) IsContiguous &= next.IsContiguous && next.Physical == unchecked(Physical + (Last - First) + 1);
        else children[0].Absorb(next.children[0]);
        Last = next.Last;
        Tables += next.Tables;
        Leaves += next.Leaves;
        Dirty += next.Dirty;
    }
}

/// <summary>Siblings that are not shown one by one.</summary>
/// <param name="Lines">How many they are.</param>
/// <param name="Tables">Tables among them, those below not counted.</param>
/// <param name="Leaves">Leaves in them.</param>
/// <param name="Dirty">Dirty ones among these.</param>
/// <param name="First">First byte of the first.</param>
/// <param name="Last">Last byte of the last.</param>
internal readonly record struct FoldedSiblings(long Lines, long Tables, long Leaves, long Dirty, ulong First, ulong Last)
{
    /// <summary>One more, which follows them.</summary>
    public FoldedSiblings And(TreeNode node) => new(Lines + 1, Tables + node.Tables, Leaves + node.Leaves, Dirty + node.Dirty, Lines == 0 ? node.First : First, node.Last);
}
