namespace Workbench.Iommu.Caches;

/// <summary>Is told what an IOTLB is asked for, in order: enough to work out what any IOTLB would have done.</summary>
public interface IIotlbObserver
{
    /// <summary>A translation of an owner's address is looked for.</summary>
    void Looked(ulong owner, ulong iova);

    /// <summary>A walk found a translation, which an IOTLB would keep: a page of 2^<paramref name="pageLog2"/> bytes and its leaf word (<see cref="IotlbEntry.Leaf"/>).</summary>
    void Filled(ulong owner, ulong iova, int pageLog2, ulong leaf);

    /// <summary>The matching owners' entries that overlap first..last and come from a leaf of one of the sizes (bit n set means 2^n bytes) are dropped.</summary>
    void Invalidated(TagMatch owners, ulong firstByte, ulong lastByte, ulong leafSizes);
}
