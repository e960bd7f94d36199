using CsCheck;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Smmu;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>The whole machine is the same as the naive one; and whatever the profile, a driver that invalidates loses no write.</summary>
public sealed class SmmuModelTests
{
    public enum Verb { Read, Write, Map, Unmap, UnmapLazily, Harvest, HarvestWithoutFlush, InvalidateRange, InvalidateDomain, InvalidateAll }

    public readonly record struct Step(Verb Verb, int Device, ulong Iova, ulong Physical, ulong Length, Permission Permission, int LargestLeafLog2, bool On);

    private static readonly RequesterId[] Devices = [RequesterId.Of(0, 1, 0), RequesterId.Of(5, 31, 7), RequesterId.Of(0, 2, 0)];
    private static readonly int[] DomainOf = [0, 0, 1];

    private static ulong SizesOf(int granule) => granule switch
    {
        12 => IommuModel.LeafSizesOf<ArmStage1Format<Granule4K>>(),
        14 => IommuModel.LeafSizesOf<ArmStage1Format<Granule16K>>(),
        _ => IommuModel.LeafSizesOf<ArmStage1Format<Granule64K>>(),
    };

    private static Gen<Step> AnyStep(int granule, int bits)
    {
        int[] sizes = [.. Enumerable.Range(0, Math.Min(32, bits)).Where(log2 => ((SizesOf(granule) >> log2) & 1) != 0)];
        int run = sizes[1], block = sizes[2];
        return
            from verb in Gen.Frequency(
                (30, Gen.Const(Verb.Write)), (20, Gen.Const(Verb.Read)), (12, Gen.Const(Verb.Map)), (4, Gen.Const(Verb.Unmap)), (4, Gen.Const(Verb.UnmapLazily)),
                (3, Gen.Const(Verb.Harvest)), (3, Gen.Const(Verb.HarvestWithoutFlush)), (2, Gen.Const(Verb.InvalidateRange)), (1, Gen.Const(Verb.InvalidateDomain)), (1, Gen.Const(Verb.InvalidateAll)))
            from device in Gen.Int[0, 2]
            from place in Gen.OneOf(0UL, 0UL, 1UL << run, 1UL << block, 1UL << 31, (1UL << bits) - (1UL << block))
            from page in Gen.OneOf(Gen.ULong[0, 7], Gen.ULong[(1UL << (run - granule)) - 3, (1UL << (run - granule)) + 3])
            let iova = Math.Min(place + (page << granule), (1UL << bits) - (1UL << granule))
            from physical in Gen.OneOf(Gen.ULong[0, 1 << 16].Select(n => n << granule), Gen.ULong[0, 99].Select(n => n << run), Gen.ULong[0, 9].Select(n => n << block), Gen.Const(iova & Bits.Mask(40)))
            from length in Gen.OneOf(Gen.ULong[1, 5].Select(n => n << granule), Gen.Const(1UL << run), Gen.Const(3UL << run), Gen.Const(1UL << block), Gen.Const((1UL << block) + (1UL << granule)))
            from permission in Gen.OneOf(Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write)
            from largest in Gen.OneOf(sizes)
            from leafOnly in Gen.Bool
            select new Step(verb, device, iova, physical, Math.Min(length, (1UL << bits) - iova), permission, largest, leafOnly);
    }

    [Theory]
    [InlineData("smmu", 12, 39, true)]
    [InlineData("smmu", 12, 48, false)]
    [InlineData("smmu", 14, 47, true)]
    [InlineData("smmu", 16, 52, true)]
    [InlineData("smmu-s2", 12, 40, true)]
    [InlineData("smmu-s2", 14, 48, false)]
    [InlineData("smmu-s2", 16, 42, true)]
    public void It_is_the_same_as_the_naive_machine(string model, int granule, int bits, bool ranges) =>
        AnyStep(granule, bits).Array[1, 150].Sample(steps => Run(model, granule, bits, ranges, steps), iter: 100);

    private static void Run(string model, int granule, int bits, bool ranges, Step[] steps)
    {
        using IommuDriver driver = SmmuIommu.Build(new() { Model = model, GranuleLog2 = granule, AddressBits = bits, SupportsRangeInvalidation = ranges, Iotlb = new() { Sets = 1, Ways = 4096 } });
        driver.Hardware.Diagnose = true;
        NaiveSmmu naive = new(model == "smmu-s2", granule, ranges, Bits.Mask(bits), SizesOf(granule), domains: 2);
        Domain[] domains = [driver.CreateDomain(new(3)), driver.CreateDomain(new(900))];
        for (int i = 0; i < Devices.Length; i++) driver.Attach(Devices[i], null, domains[DomainOf[i]]);
        foreach (Step step in steps)
        {
            int number = DomainOf[step.Device];
            Domain domain = domains[number];
            InvalidationGather gather = new();
            switch (step.Verb)
            {
                case Verb.Read or Verb.Write:
                    driver.Hardware.Translate(new(Devices[step.Device], step.Iova + 0xABC, step.Verb == Verb.Write), out Translation got);
                    Assert.Equal(naive.Access(number, step.Iova + 0xABC, step.Verb == Verb.Write), (got.Fault, got.Physical, got.Source, got.Swallowed));
                    break;
                case Verb.Map:
                    bool fits = naive.Mappings[number].Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2);
                    Assert.Equal(fits ? MapResult.Mapped : MapResult.AlreadyMapped, driver.Map(domain, step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2, gather));
                    Flush(driver, domain, naive, number, gather);
                    break;
                case Verb.Unmap or Verb.UnmapLazily:
                    domain.Table.Unmap(step.Iova, step.Length, null, gather);
                    naive.Mappings[number].Unmap(step.Iova, step.Length);
                    if (step.Verb == Verb.Unmap || gather.TablesFreed) Flush(driver, domain, naive, number, gather);
                    break;
                case Verb.Harvest or Verb.HarvestWithoutFlush:
                    Assert.Equal(naive.Mappings[number].Scan(0, clear: true), Scan(domain, gather));
                    if (step.Verb == Verb.Harvest) Flush(driver, domain, naive, number, gather);
                    break;
                case Verb.InvalidateRange:
                    driver.InvalidateRange(domain, step.Iova, step.Iova + step.Length - 1, leafOnly: step.On);
                    naive.Invalidate(number, step.Iova, step.Iova + step.Length - 1, step.On, 0, 0);
                    break;
                case Verb.InvalidateDomain:
                    driver.InvalidateDomain(domain);
                    naive.InvalidateDomain(number);
                    break;
                default:
                    driver.InvalidateAll();
                    naive.InvalidateAll();
                    break;
            }
        }
        Assert.Equal(naive.Dropped, driver.Hardware.Counters.EntriesInvalidated);
        for (int number = 0; number < domains.Length; number++) Assert.Equal(naive.Mappings[number].InOrder.Count, domains[number].Table.Leaves);
    }

    private static void Flush(IommuDriver driver, Domain domain, NaiveSmmu naive, int number, InvalidationGather gather)
    {
        if (!gather.IsEmpty) naive.Invalidate(number, gather.FirstByte, gather.LastByte, !gather.TablesFreed, gather.SmallestLeafLog2, gather.LargestLeafLog2);
        driver.Invalidate(domain, gather);
    }

    private static List<(ulong FirstPage, int SizeLog2)> Scan(Domain domain, InvalidationGather gather)
    {
        ReportedLeaves reported = new();
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        Assert.Null(domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, reported, gather));
        return reported.All;
    }

    private static readonly Gen<IommuSpec> AnySpec =
        from model in Gen.OneOf("smmu", "smmu-s2")
        from granule in Gen.OneOf(12, 14, 16)
        from profile in Gen.OneOf(DriverProfile.All.ToArray())
        from mapsDirty in Gen.Bool
        from ranges in Gen.Bool
        from lags in Gen.Bool
        from device in Gen.OneOf(0, 0, 3)
        from sets in Gen.OneOf(1, 4)
        from ways in Gen.OneOf(2, 16)
        from splits in Gen.Bool
        select new IommuSpec
        {
            Model = model, GranuleLog2 = granule, Profile = profile with { MapsDirty = mapsDirty }, SupportsRangeInvalidation = ranges, DirtyMayLag = lags, DeviceTlbEntries = device,
            Iotlb = new() { Sets = sets, Ways = ways, SplitsLargePages = splits },
        };

    // Sound: fence, scan with clear, invalidate. What was written since the scan before is in the report, and nothing stale translates.
    [Fact]
    public void A_driver_that_fences_and_invalidates_loses_no_write_and_keeps_nothing_stale() => AnySpec.SelectMany(spec => AnyStep(spec.GranuleLog2, 48).Array[1, 120].Select(steps => (spec, steps))).Sample((spec, steps) =>
    {
        using IommuDriver driver = SmmuIommu.Build(spec);
        driver.Hardware.Diagnose = true;
        Domain[] domains = [driver.CreateDomain(new(3)), driver.CreateDomain(new(900))];
        NaiveMappings[] mappings = [new(Bits.Mask(48), SizesOf(spec.GranuleLog2)), new(Bits.Mask(48), SizesOf(spec.GranuleLog2))];
        for (int i = 0; i < Devices.Length; i++) driver.Attach(Devices[i], null, domains[DomainOf[i]]);
        foreach (Step step in steps)
        {
            int number = DomainOf[step.Device];
            Domain domain = domains[number];
            InvalidationGather gather = new();
            switch (step.Verb)
            {
                case Verb.Read or Verb.Write:
                    bool isWrite = step.Verb == Verb.Write;
                    driver.Hardware.Translate(new(Devices[step.Device], step.Iova + 0xABC, isWrite), out Translation got);
                    NaiveLeaf? leaf = mappings[number].Find(step.Iova);
                    Permission granted = leaf is null ? Permission.None : spec.Model == "smmu" && leaf.Permission == Permission.Write ? Permission.ReadWrite : leaf.Permission;
                    bool allowed = (granted & (isWrite ? Permission.Write : Permission.Read)) != 0;
                    Assert.Equal((allowed, allowed ? leaf!.Physical + (step.Iova + 0xABC - leaf.Start) : 0), (got.Fault == FaultKind.None, got.Physical));
                    if (!spec.DirtyMayLag) Assert.False(got.Swallowed);
                    if (allowed && isWrite) leaf!.Dirty = true;
                    break;
                case Verb.Map:
                    bool fits = mappings[number].Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2);
                    Assert.Equal(fits ? MapResult.Mapped : MapResult.AlreadyMapped, driver.Map(domain, step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2, gather));
                    driver.Invalidate(domain, gather);
                    break;
                case Verb.Unmap or Verb.UnmapLazily:
                    domain.Table.Unmap(step.Iova, step.Length, null, gather);
                    mappings[number].Unmap(step.Iova, step.Length);
                    driver.Invalidate(domain, gather);
                    break;
                case Verb.InvalidateRange:
                    driver.InvalidateRange(domain, step.Iova, step.Iova + step.Length - 1, leafOnly: step.On);
                    break;
                case Verb.InvalidateDomain:
                    driver.InvalidateDomain(domain);
                    break;
                case Verb.InvalidateAll:
                    driver.InvalidateAll();
                    break;
                default:
                    driver.Fence();
                    List<(ulong FirstPage, int SizeLog2)> found = Scan(domain, gather);
                    driver.Invalidate(domain, gather);
                    Assert.All(mappings[number].Scan(0, clear: true), written => Assert.Contains(written, found));
                    break;
            }
        }
        Assert.All(domains, domain => Assert.True(domain.Table.Leaves >= 0));
    }, iter: 300);
}
