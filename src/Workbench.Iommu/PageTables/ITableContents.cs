namespace Workbench.Iommu.PageTables;

/// <summary>A table that can be gone through from end to end, level by level.</summary>
internal interface ITableContents
{
    /// <summary>The format's name.</summary>
    string FormatName { get; }

    /// <summary>Tells of every table and leaf, in order of address. Of a table that was freed, nothing.</summary>
    void Visit(ITableVisitor visitor);
}

/// <summary>Hears of the tables and leaves of a page table, in order of address.</summary>
internal interface ITableVisitor
{
    /// <summary>A table begins: what follows lies in it, until <see cref="Leave"/>. The addresses are of what it can map.</summary>
    void Enter(int level, ulong firstByte, ulong lastByte);
    /// <summary>A leaf, once for all entries that it fills.</summary>
    void Leaf(in TableLeaf leaf);
    /// <summary>The table begun last ends.</summary>
    void Leave();
}

/// <summary>A leaf as a table holds it.</summary>
/// <param name="Iova">Address of its first byte.</param>
/// <param name="SizeLog2">Its bytes as a power of two.</param>
/// <param name="Physical">Where its first byte leads.</param>
/// <param name="Permission">What all levels together allow.</param>
/// <param name="IsDirty">Is D set, of a run in any member?</param>
internal readonly record struct TableLeaf(ulong Iova, int SizeLog2, ulong Physical, Permission Permission, bool IsDirty);
