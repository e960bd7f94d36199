using System.Globalization;
using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;

namespace Workbench.Replay.Costs.Calibration;

/// <summary>The miss ratio that the translation engine itself shows for uniformly random reads, to set beside the formula's.</summary>
internal static class EngineMissRatio
{
    private const int WarmUp = 50_000;
    private const int Measured = 200_000;
    private const ulong Iova = 1UL << 32;

    /// <summary>Misses per read over a window of so many 4 KiB pages, by a fully associative IOTLB of so many entries with random replacement. The same on every run.</summary>
    public static double Of(int pages, int entries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pages, 1);
        if (!IotlbGeometry.TryParse(string.Create(CultureInfo.InvariantCulture, $"1x{entries}:random"), out IotlbGeometry geometry, out string error)) throw new ArgumentOutOfRangeException(nameof(entries), error);
        using IIommuDriver driver = IommuCatalogue.Build(new() { Model = "vtd", Iotlb = geometry });
        Domain domain = driver.CreateDomain(new(1));
        RequesterId device = RequesterId.Of(0, 1, 0);
        driver.Attach(device, null, domain);
        driver.Map(domain, Iova, Iova, (ulong)pages << 12, Permission.ReadWrite, 12, new InvalidationGather());
        Random random = new(1);
        Read(WarmUp);
        long before = driver.Hardware.Counters.IotlbMisses;
        Read(Measured);
        return (driver.Hardware.Counters.IotlbMisses - before) / (double)Measured;

        void Read(int count)
        {
            for (int i = 0; i < count; i++) driver.Hardware.Translate(new(device, Iova + ((ulong)random.Next(pages) << 12), isWrite: false), out _);
        }
    }
}
