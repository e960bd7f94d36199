namespace Workbench.Iommu.PageTables;

/// <summary>The A/D state in which a driver writes new leaves.</summary>
public enum LeafState : byte
{
    /// <summary>Neither accessed nor dirty: hardware keeps both.</summary>
    Clean,
    /// <summary>Accessed, not dirty.</summary>
    Accessed,
    /// <summary>Accessed, and dirty if writable: for parts that keep no such bits, or fault when they are clear.</summary>
    Dirty,
}
