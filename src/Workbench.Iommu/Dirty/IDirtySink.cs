namespace Workbench.Iommu.Dirty;

/// <summary>Takes the leaves that a scan or an unmap found dirty.</summary>
public interface IDirtySink
{
    /// <summary>One dirty leaf: its first 4 KiB page and its size as a power of two of bytes.</summary>
    void Report(ulong firstPage, int leafLog2);
}
