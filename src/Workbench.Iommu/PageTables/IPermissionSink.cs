namespace Workbench.Iommu.PageTables;

/// <summary>Takes the leaves whose permission was changed.</summary>
public interface IPermissionSink
{
    /// <summary>One leaf: its first 4 KiB page, its size as a power of two of bytes, and what it allowed before.</summary>
    void Changed(ulong firstPage, int leafLog2, Permission before);
}
