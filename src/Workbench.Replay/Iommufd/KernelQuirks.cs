namespace Workbench.Replay.Iommufd;

/// <summary>
/// Where a kernel's dirty tracking differs from what one would expect. Files are of Linux 6.12, drivers/iommu unless a path says otherwise. Each is off in <see cref="Fixed"/>; what off means stands with it.
/// [I] marks what is inferred from Linux's source and not stated by its authors.
/// </summary>
public sealed record KernelQuirks
{
    /// <summary>
    /// An error inside the walk (a hole in the range, tracking off, a bitmap that cannot be written) is not returned: the ioctl succeeds with what was recorded (iommufd/io_pagetable.c) [I].
    /// Off: EINVAL or EFAULT, and nothing is cleared.
    /// </summary>
    public bool DropWalkErrors { get; init; }
    /// <summary>One invalidation per ioctl over everything between the first and the last leaf cleared (include/linux/iommu.h). Off: one for each run of adjacent leaves.</summary>
    public bool HullFlush { get; init; }
    /// <summary>Turning tracking on when it is on throws pending dirt away (iommufd/io_pagetable.c) [I]. Off: it changes nothing.</summary>
    public bool EnableTwiceClears { get; init; }
    /// <summary>
    /// A range that begins inside a leaf reports the leaf's whole length from there and steps by it; one that ends inside a leaf reports past its end; both clear the leaf (intel/iommu.c, amd/io_pgtable.c; the others alike) [I].
    /// Off: only pages of the range are reported, and a leaf that the range does not hold whole stays dirty.
    /// </summary>
    public bool SubLeafOverReport { get; init; }
    /// <summary>SMMUv3 issues no TLBI after dirty bits were cleared, for the range form of the gather sets no page size (arm-smmu-v3.c) [I]. Off: as every other IOMMU.</summary>
    public bool SmmuClearWithoutTlbi { get; init; }
    /// <summary>SMMUv3 tracks from the allocation on; setting tracking is a snapshot at most, and GET works when it is off (arm-smmu-v3.c). Off: as every other IOMMU.</summary>
    public bool SmmuAlwaysTracks { get; init; }
    /// <summary>GET of length 0 at IOVA 0 walks everything mapped from there (at any other IOVA it is EOVERFLOW; iommufd/io_pagetable.c) [I]. Off: EINVAL.</summary>
    public bool ZeroLengthMeansAll { get; init; }
    /// <summary>A page size that is no power of two counts by its lowest set bit (iommufd/iova_bitmap.c) [I]. Off: EINVAL.</summary>
    public bool PageSizeByLowestBit { get; init; }
    /// <summary>An unmap that fails because it would cut a mapping has unmapped those before it (iommufd/io_pagetable.c) [I]. Off: it has unmapped nothing.</summary>
    public bool UnmapsUpToCut { get; init; }
    /// <summary>Only VT-d second stage, AMD host tables and SMMUv3 stage 1 track; others give EOPNOTSUPP at allocation (of x86-64 tables [I]). Off: every model with dirty bits does.</summary>
    public bool OnlyUpstreamTables { get; init; }
    /// <summary>What is wrong with the windows over the bitmap.</summary>
    public BitmapDefects Bitmap { get; init; }

    /// <summary>No quirk at all.</summary>
    public static KernelQuirks Fixed { get; } = new();

    /// <summary>Linux since January 2025, as far as it was read: the windows are right, the walk is as in 6.12.</summary>
    public static KernelQuirks Linux2025 { get; } = new()
    {
        DropWalkErrors = true, HullFlush = true, EnableTwiceClears = true, SubLeafOverReport = true, SmmuClearWithoutTlbi = true,
        SmmuAlwaysTracks = true, ZeroLengthMeansAll = true, PageSizeByLowestBit = true, UnmapsUpToCut = true, OnlyUpstreamTables = true,
    };

    /// <summary>Linux 6.12 as released, and 6.11.</summary>
    public static KernelQuirks Linux612 { get; } = Linux2025 with { Bitmap = BitmapDefects.NarrowShift };

    /// <summary>Linux 6.8 to 6.10: windows with leaves set ahead.</summary>
    public static KernelQuirks Linux68 { get; } = Linux2025 with { Bitmap = BitmapDefects.NarrowShift | BitmapDefects.WalksByWindow | BitmapDefects.UncheckedEnd };

    /// <summary>Linux 6.7, the first with dirty tracking in iommufd.</summary>
    public static KernelQuirks Linux67 { get; } = Linux2025 with
    {
        Bitmap = BitmapDefects.NarrowShift | BitmapDefects.WalksByWindow | BitmapDefects.UncheckedPages | BitmapDefects.WordIndex | BitmapDefects.NoSetAhead | BitmapDefects.IgnoredOffset,
    };
}
