namespace Workbench.Iommu.Invalidation;

/// <summary>Collects what a driver changed until it flushes once, as Linux's iotlb gather does: the hull of all ranges.</summary>
public sealed class InvalidationGather
{
    /// <summary>Has nothing been added?</summary>
    public bool IsEmpty => FirstByte > LastByte;
    /// <summary>First byte of the hull.</summary>
    public ulong FirstByte { get; private set; } = ulong.MaxValue;
    /// <summary>Last byte of the hull.</summary>
    public ulong LastByte { get; private set; }
    /// <summary>Were tables linked or unlinked (a leaf became a table, or a table a leaf), so that paging-structure caches must go too?</summary>
    public bool TablesFreed { get; set; }

    /// <summary>Smallest leaf that changed, as a power of two of bytes; 0 if none was told.</summary>
    public int SmallestLeafLog2 { get; private set; }

    /// <summary>Largest leaf that changed, as a power of two of bytes; 0 if none was told.</summary>
    public int LargestLeafLog2 { get; private set; }

    /// <summary>Extends the hull by a leaf of 2^<paramref name="leafLog2"/> bytes.</summary>
    public void Add(ulong firstByte, ulong lastByte, int leafLog2)
    {
        if (SmallestLeafLog2 == 0 || leafLog2 < SmallestLeafLog2) SmallestLeafLog2 = leafLog2;
        if (leafLog2 > LargestLeafLog2) LargestLeafLog2 = leafLog2;
        Add(firstByte, lastByte);
    }

    /// <summary>Extends the hull by first..last.</summary>
    public void Add(ulong firstByte, ulong lastByte)
    {
        if (firstByte < FirstByte) FirstByte = firstByte;
        if (lastByte > LastByte) LastByte = lastByte;
    }

    /// <summary>Empties the gather.</summary>
    public void Reset()
    {
        FirstByte = ulong.MaxValue;
        LastByte = 0;
        SmallestLeafLog2 = 0;
        LargestLeafLog2 = 0;
        TablesFreed = false;
    }
}
