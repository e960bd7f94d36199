namespace Workbench.Iommu.PageTables;

/// <summary>What became of a request to map.</summary>
public enum MapResult : byte
{
    /// <summary>Mapped.</summary>
    Mapped,
    /// <summary>Nothing was changed: part of the range is mapped already.</summary>
    AlreadyMapped,
    /// <summary>Nothing was changed: the range is empty, not a multiple of 4 KiB, beyond the table's width, or beyond the physical addresses an entry can hold.</summary>
    OutOfRange,
}
