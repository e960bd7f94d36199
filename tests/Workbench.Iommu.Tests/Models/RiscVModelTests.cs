using CsCheck;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>The whole RISC-V machine, with directories, tables, queue and walk caches, is the same as the naive one without.</summary>
public sealed class RiscVModelTests
{
    private const ulong MiB = 1UL << 20;

    public enum Verb { Read, Write, Map, Unmap, UnmapLazily, Track, Harvest, HarvestWithoutFlush, InvalidateRange, InvalidateDomain, InvalidateAll }

    public readonly record struct Step(Verb Verb, int Device, ulong Iova, ulong Physical, ulong Length, Permission Permission, int LargestLeafLog2, bool On);

    // The first two devices share domain 0, the third has domain 1.
    private static readonly RequesterId[] Devices = [RequesterId.Of(0, 1, 0), RequesterId.Of(5, 31, 7), RequesterId.Of(0, 2, 0)];
    private static readonly int[] DomainOf = [0, 0, 1];

    private static Gen<ulong> Iova(int bits) => Gen.Select(
        Gen.OneOf(0UL, 0UL, 2 * MiB, 1UL << 30, (1UL << bits) - (4 * MiB)), Gen.OneOf(Gen.ULong[0, 20], Gen.ULong[508, 516], Gen.ULong[1008, 1023]), (place, page) => place + (page << 12));

    private static Gen<Step> AnyStep(int bits) =>
        from verb in Gen.Frequency(
            (30, Gen.Const(Verb.Write)), (20, Gen.Const(Verb.Read)), (12, Gen.Const(Verb.Map)), (4, Gen.Const(Verb.Unmap)), (4, Gen.Const(Verb.UnmapLazily)), (1, Gen.Const(Verb.Track)),
            (4, Gen.Const(Verb.Harvest)), (3, Gen.Const(Verb.HarvestWithoutFlush)), (2, Gen.Const(Verb.InvalidateRange)), (1, Gen.Const(Verb.InvalidateDomain)), (1, Gen.Const(Verb.InvalidateAll)))
        from device in Gen.Int[0, 2]
        from iova in Iova(bits)
        from aligned in Gen.Bool
        from physical in Gen.OneOf(Gen.ULong[0, 1 << 20].Select(n => n << 12), Gen.ULong[0, 99].Select(n => n << 21), Gen.Const(iova & Bits.Mask(51) & ~0xFFFFUL))
        from length in Gen.OneOf(Gen.ULong[1, 8].Select(n => n << 12), Gen.ULong[1, 4].Select(n => n << 16), Gen.Const(2 * MiB), Gen.Const(4 * MiB), Gen.ULong[500, 600].Select(n => n << 12))
        from permission in Gen.OneOf(Permission.ReadWrite, Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write)
        from largest in Gen.OneOf(12, 16, 21, 30)
        from whole in Gen.Bool
        let at = aligned && verb == Verb.Map ? iova & ~0xFFFFUL : iova
        select new Step(verb, device, at, physical, Math.Min(length, (1UL << bits) - at), permission, largest, whole);

    // Hashed sets depend on the tag's own bits, which the oracle does not know.
    private static readonly Gen<IotlbGeometry> Geometry =
        from sets in Gen.OneOf(1, 1, 2, 8)
        from ways in Gen.OneOf(1, 2, 4, 16)
        from replacement in Gen.OneOf(Replacement.Lru, Replacement.Fifo)
        from walkCaches in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        select new IotlbGeometry { Sets = sets, Ways = ways, Replacement = replacement, Index = IndexFunction.Modulo, WalkCaches = walkCaches };

    [Theory]
    [InlineData("riscv", 39, 38)]
    [InlineData("riscv", 48, 47)]
    [InlineData("riscv", 57, 56)]
    [InlineData("riscv-g", 39, 41)]
    [InlineData("riscv-g", 48, 50)]
    [InlineData("riscv-g", 57, 59)]
    public void It_is_the_same_as_the_naive_machine(string model, int addressBits, int usable) =>
        Gen.Select(Geometry, Gen.Bool, AnyStep(usable).Array[1, 150]).Sample((geometry, hasRanges, steps) => Run(model, geometry, addressBits, usable, hasRanges, steps), iter: 100);

    private static void Run(string model, IotlbGeometry geometry, int addressBits, int usable, bool hasRanges, Step[] steps)
    {
        using IommuDriver driver = RiscVIommu.Build(new() { Model = model, Iotlb = geometry, AddressBits = addressBits, SupportsRangeInvalidation = hasRanges });
        driver.Hardware.Diagnose = true;
        NaiveRiscV naive = new(geometry, usable, model == "riscv", domains: 2);
        Domain[] domains = [driver.CreateDomain(new(0)), driver.CreateDomain(new(1))];
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
                    bool fits = naive.Map(number, step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2);
                    Assert.Equal(fits ? MapResult.Mapped : MapResult.AlreadyMapped, driver.Map(domain, step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2, gather));
                    Flush(driver, domain, naive, number, gather, hasRanges);
                    break;
                case Verb.Unmap or Verb.UnmapLazily:
                    domain.Table.Unmap(step.Iova, step.Length, null, gather);
                    naive.Unmap(number, step.Iova, step.Length);
                    // A freed table must leave the walk caches before its frame is used again; only leaves may be left to chance.
                    if (step.Verb == Verb.Unmap || gather.TablesFreed) Flush(driver, domain, naive, number, gather, hasRanges);
                    break;
                case Verb.Track:
                    driver.SetDirtyTracking(domain, enable: false); // nothing to switch
                    break;
                case Verb.Harvest or Verb.HarvestWithoutFlush:
                    ReportedLeaves reported = new();
                    ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
                    Assert.Null(domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, reported, gather));
                    Assert.Equal(naive.Harvest(number), reported.All);
                    if (step.Verb == Verb.Harvest) Flush(driver, domain, naive, number, gather, hasRanges);
                    break;
                case Verb.InvalidateRange:
                    driver.InvalidateRange(domain, step.Iova, step.Iova + step.Length - 1, leafOnly: step.On);
                    naive.Invalidate(number, step.Iova, step.Iova + step.Length - 1, hasRanges, stride: 12);
                    break;
                case Verb.InvalidateDomain:
                    driver.InvalidateDomain(domain);
                    naive.Iotlb.InvalidateOwner((ulong)number);
                    break;
                default:
                    driver.InvalidateAll();
                    naive.Iotlb.InvalidateAll();
                    break;
            }
        }
        IommuCounters counters = driver.Hardware.Counters;
        Assert.Equal((naive.Hits, naive.Misses, naive.Rewalks), (counters.IotlbHits, counters.IotlbMisses, counters.DirtyRewalks));
        Assert.Equal((naive.Faults, naive.DirtyUpdates, naive.AccessedUpdates), (counters.Faults, counters.DirtyUpdates, counters.AccessedUpdates));
        for (int number = 0; number < domains.Length; number++) AssertSame(domains[number].Table, naive.Leaves[number]);
    }

    private static void Flush(IommuDriver driver, Domain domain, NaiveRiscV naive, int number, InvalidationGather gather, bool hasRanges)
    {
        if (!gather.IsEmpty) naive.Invalidate(number, gather.FirstByte, gather.LastByte, hasRanges, gather.SmallestLeafLog2 == 0 ? 12 : gather.SmallestLeafLog2);
        driver.Invalidate(domain, gather);
    }

    private static void AssertSame(IPageTable table, List<NaiveRiscV.Leaf> leaves)
    {
        Assert.Equal(leaves.Count, table.Leaves);
        foreach (NaiveRiscV.Leaf leaf in leaves)
        {
            for (int member = 0; member < leaf.Dirty.Length; member++)
            {
                Assert.True(table.TryGetLeaf(leaf.Start + ((ulong)member << 12), out ulong entry, out int log2));
                Assert.Equal((leaf.SizeLog2, leaf.Dirty[member], leaf.Accessed[member]), (log2, RiscVFirstStageFormat.IsDirty(entry), RiscVFirstStageFormat.IsAccessed(entry)));
            }
        }
    }
}
