using Workbench.Iommu;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;

namespace Workbench.Replay.Costs.Calibration;

/// <summary>What an unmap of some size makes the modelled SMMUv3 driver do.</summary>
/// <param name="Leaves">Leaves removed from the table.</param>
/// <param name="Commands">Invalidation commands submitted, the CMD_SYNC not counted.</param>
internal readonly record struct UnmapCommands(int Leaves, int Commands)
{
    private const ulong Iova = 1UL << 30;

    /// <summary>
    /// Maps a naturally aligned range as Linux does, unmaps it and invalidates, on a model without range invalidation: the measured part,
    /// SMMUv3.0, has none (IDR3.RIL came with SMMUv3.2).
    /// </summary>
    public static UnmapCommands Count(ulong bytes)
    {
        using IIommuDriver driver = IommuCatalogue.Build(new() { Model = "smmu", Profile = DriverProfile.Linux, SupportsRangeInvalidation = false, LinuxLeafSizesOnly = true });
        Domain domain = driver.CreateDomain(new(1));
        driver.Attach(RequesterId.Of(0, 1, 0), null, domain);
        InvalidationGather gather = new();
        MapResult result = driver.Map(domain, Iova, Iova, bytes, Permission.ReadWrite, driver.LargestLeafLog2, gather);
        if (result != MapResult.Mapped) throw new ArgumentOutOfRangeException(nameof(bytes), $"{bytes} bytes cannot be mapped ({result}): whole pages of 4 KiB, 2^38 bytes at most.");
        driver.Invalidate(domain, gather);
        int leaves = 0;
        for (ulong at = Iova; at < Iova + bytes && domain.Table.TryGetLeaf(at, out _, out int leafLog2); at += 1UL << leafLog2) leaves++;
        domain.Table.Unmap(Iova, bytes, null, gather);
        const int Sync = 1;
        return new(leaves, driver.Invalidate(domain, gather) - Sync);
    }
}
