namespace Workbench.Replay.Trackers;

/// <summary>The dirty bitmap of VFIO type1: one bit for each smallest IOMMU page. Linux 6.12, vfio_iommu_type1.</summary>
internal static class Type1Bitmap
{
    private const ulong MostPages = int.MaxValue;

    /// <summary>Bytes of bitmap for so much mapped memory.</summary>
    public static long Bytes(ulong mappedBytes, int pageLog2) => (long)(((mappedBytes >> pageLog2) + 7) / 8);

    /// <summary>Throws if a contiguous run of mappings, which is read at once, has more pages than a bitmap.</summary>
    public static void Check(DomainOracle domain, IReadOnlyList<(ulong FirstPage, ulong LastPage)> runs)
    {
        int pageLog2 = domain.Domain.Table.SmallestLeafLog2;
        foreach ((ulong first, ulong last) in runs)
        {
            ulong pages = ((last - first) >> (pageLog2 - 12)) + 1;
            if (pages > MostPages)
                throw new ModelLimitException($"Tracker type1: 0x{(last - first + 1) << 12:x} bytes are mapped at 0x{first << 12:x}, {pages} pages of {PageSizes.Show(pageLog2)}. A type1 bitmap has 2^31 - 1 pages (8 TiB of 4K) at most; use tracker iommufd, or mark-all.");
        }
    }
}
