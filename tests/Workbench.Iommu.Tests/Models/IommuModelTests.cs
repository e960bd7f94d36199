using CsCheck;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>The whole VT-d machine, with tables, queue and walk caches, is the same as the naive one without.</summary>
public sealed class IommuModelTests
{
    private const ulong MiB = 1UL << 20;

    public enum Verb { Read, Write, Map, Unmap, UnmapLazily, Track, Harvest, HarvestWithoutFlush, InvalidateRange, InvalidateDomain, InvalidateAll }

    public readonly record struct Step(Verb Verb, int Device, ulong Iova, ulong Physical, ulong Length, Permission Permission, int LargestLeafLog2, bool On);

    // The first two devices share domain 0, the third has domain 1.
    private static readonly RequesterId[] Devices = [RequesterId.Of(0, 1, 0), RequesterId.Of(5, 31, 7), RequesterId.Of(0, 2, 0)];
    private static readonly int[] DomainOf = [0, 0, 1];

    private static Gen<ulong> Iova(int bits) => Gen.Select(
        Gen.OneOf(0UL, 0UL, 2 * MiB, 1UL << 30, (1UL << bits) - (4 * MiB)), Gen.OneOf(Gen.ULong[0, 7], Gen.ULong[508, 516], Gen.ULong[1016, 1023]), (place, page) => place + (page << 12));

    private static Gen<Step> AnyStep(int bits) =>
        from verb in Gen.Frequency(
            (30, Gen.Const(Verb.Write)), (20, Gen.Const(Verb.Read)), (12, Gen.Const(Verb.Map)), (4, Gen.Const(Verb.Unmap)), (4, Gen.Const(Verb.UnmapLazily)), (3, Gen.Const(Verb.Track)),
            (3, Gen.Const(Verb.Harvest)), (3, Gen.Const(Verb.HarvestWithoutFlush)), (2, Gen.Const(Verb.InvalidateRange)), (1, Gen.Const(Verb.InvalidateDomain)), (1, Gen.Const(Verb.InvalidateAll)))
        from device in Gen.Int[0, 2]
        from iova in Iova(bits)
        from physical in Gen.OneOf(Gen.ULong[0, 1 << 20].Select(n => n << 12), Gen.ULong[0, 99].Select(n => n << 21), Gen.Const(iova & Bits.Mask(51)))
        from length in Gen.OneOf(Gen.ULong[1, 8].Select(n => n << 12), Gen.Const(2 * MiB), Gen.Const(4 * MiB), Gen.ULong[500, 600].Select(n => n << 12))
        from permission in Gen.OneOf(Permission.ReadWrite, Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write)
        from largest in Gen.OneOf(12, 21, 30)
        from enable in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        select new Step(verb, device, iova, physical, Math.Min(length, (1UL << bits) - iova), permission, largest, enable);

    private static readonly Gen<IotlbGeometry> Geometry =
        from sets in Gen.OneOf(1, 1, 2, 8)
        from ways in Gen.OneOf(1, 2, 4, 16)
        from replacement in Gen.OneOf(Replacement.Lru, Replacement.Fifo, Replacement.RoundRobin, Replacement.Random, Replacement.FlushWhenFull)
        from index in Gen.OneOf(IndexFunction.Modulo, IndexFunction.Hash)
        from walkCaches in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        from splits in Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true)))
        select new IotlbGeometry { SplitsLargePages = splits, Sets = sets, Ways = ways, Replacement = replacement == Replacement.FlushWhenFull && sets > 1 ? Replacement.Lru : replacement, Index = index, WalkCaches = walkCaches };

    [Theory]
    [InlineData(39)]
    [InlineData(48)]
    [InlineData(57)]
    public void It_is_the_same_as_the_naive_machine(int addressBits) =>
        Gen.Select(Geometry, Gen.OneOf(9, 10, 45), AnyStep(addressBits).Array[1, 150]).Sample((geometry, mask, steps) => Run(geometry, addressBits, mask, steps), iter: 150);

    // First stage: the lower half of 48 or 57 bits, no mask is too large but that of everything, what may be written may be read, and A and D are
    // kept from the start.
    [Theory]
    [InlineData(48)]
    [InlineData(57)]
    public void With_first_stage_tables_it_is_the_same_as_the_naive_machine(int addressBits) =>
        Gen.Select(Geometry, AnyStep(addressBits - 1).Array[1, 150]).Sample((geometry, steps) => Run(geometry, addressBits, 51, steps, usesFirstStage: true), iter: 150);

    private static void Run(IotlbGeometry geometry, int addressBits, int largestMask, Step[] steps, bool usesFirstStage = false)
    {
        using IommuDriver driver = VtdIommu.Build(new() { Model = usesFirstStage ? "vtd-fs" : "vtd", Iotlb = geometry, AddressBits = addressBits, LargestInvalidationMask = usesFirstStage ? 9 : largestMask });
        driver.Hardware.Diagnose = true;
        driver.Hardware.CountsRefills = true;
        NaiveIommu naive = new(geometry, usesFirstStage ? addressBits - 1 : addressBits, domains: 2, hasSpaces: usesFirstStage);
        if (usesFirstStage)
        {
            steps = [.. steps.Where(s => s.Verb != Verb.Track).Select(s => s with { Permission = s.Permission == Permission.Write ? Permission.ReadWrite : s.Permission })];
            for (int number = 0; number < 2; number++) naive.SetTracking(number, enable: true, devices: 0, largestMask);
        }
        Domain[] domains = [driver.CreateDomain(new(0)), driver.CreateDomain(new(1))];
        for (int i = 0; i < Devices.Length; i++) driver.Attach(Devices[i], null, domains[DomainOf[i]]);
        foreach (Step step in steps)
        {
            int number = DomainOf[step.Device];
            Domain domain = domains[number];
            switch (step.Verb)
            {
                case Verb.Read or Verb.Write:
                    driver.Hardware.Translate(new(Devices[step.Device], step.Iova + 0xABC, step.Verb == Verb.Write), out Translation got);
                    Assert.Equal(naive.Access(number, step.Iova + 0xABC, step.Verb == Verb.Write), (got.Fault, got.Physical, got.Source, got.Swallowed));
                    break;
                case Verb.Map:
                    InvalidationGather mapped = new();
                    bool fits = naive.Mappings[number].Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2);
                    Assert.Equal(fits ? MapResult.Mapped : MapResult.AlreadyMapped, domain.Table.Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2, mapped));
                    Flush(driver, domain, naive, number, mapped, largestMask);
                    break;
                case Verb.Unmap or Verb.UnmapLazily:
                    InvalidationGather unmapped = new();
                    domain.Table.Unmap(step.Iova, step.Length, null, unmapped);
                    naive.Mappings[number].Unmap(step.Iova, step.Length);
                    // A freed table must leave the walk caches before its frame is used again; only leaves may be left to chance.
                    if (step.Verb == Verb.Unmap || unmapped.TablesFreed) Flush(driver, domain, naive, number, unmapped, largestMask);
                    break;
                case Verb.Track:
                    driver.SetDirtyTracking(domain, step.On);
                    naive.SetTracking(number, step.On, DomainOf.Count(d => d == number), largestMask);
                    break;
                case Verb.Harvest or Verb.HarvestWithoutFlush:
                    InvalidationGather cleared = new();
                    ReportedLeaves reported = new();
                    ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
                    Assert.Null(domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, reported, cleared));
                    Assert.Equal(naive.Mappings[number].Scan(0, clear: true), reported.All);
                    if (step.Verb == Verb.Harvest) Flush(driver, domain, naive, number, cleared, largestMask);
                    break;
                case Verb.InvalidateRange:
                    driver.InvalidateRange(domain, step.Iova, step.Iova + step.Length - 1, leafOnly: step.On);
                    naive.InvalidateRange(number, step.Iova, step.Iova + step.Length - 1, largestMask);
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
        AssertSame(driver.Hardware.Counters, naive);
        // Beyond what is remembered the oldest are forgotten, which the naive machine never does.
        Assert.InRange(driver.Hardware.Counters.Refills, naive.MostDropped <= DroppedEntries.PerEntry * geometry.Entries ? naive.Refills : 0, naive.Refills);
        for (int number = 0; number < domains.Length; number++) AssertSame(domains[number].Table, naive.Mappings[number]);
    }

    private static void Flush(IommuDriver driver, Domain domain, NaiveIommu naive, int number, InvalidationGather gather, int largestMask)
    {
        if (!gather.IsEmpty) naive.InvalidateRange(number, gather.FirstByte, gather.LastByte, largestMask);
        driver.Invalidate(domain, gather);
        Assert.True(gather.IsEmpty);
    }

    private static void AssertSame(in IommuCounters counters, NaiveIommu naive)
    {
        Assert.Equal((naive.Hits, naive.Misses, naive.Rewalks), (counters.IotlbHits, counters.IotlbMisses, counters.DirtyRewalks));
        Assert.Equal((naive.Faults, naive.DirtyUpdates, naive.EntriesInvalidated), (counters.Faults, counters.DirtyUpdates, counters.EntriesInvalidated));
        Assert.Equal(naive.Misses + naive.Rewalks, counters.Walks);
        Assert.Equal(naive.Iotlb.FullFlushes, counters.IotlbFullFlushes);
    }

    private static void AssertSame(IPageTable table, NaiveMappings mappings)
    {
        Assert.Equal(mappings.InOrder.Count, table.Leaves);
        foreach (NaiveLeaf leaf in mappings.InOrder)
        {
            Assert.True(table.TryGetLeaf(leaf.Start, out ulong entry, out int log2));
            (bool isDirty, bool isAccessed) = table is PageTable<X64Format> ? (X64Format.IsDirty(entry), X64Format.IsAccessed(entry)) : (VtdSecondStageFormat.IsDirty(entry), VtdSecondStageFormat.IsAccessed(entry));
            Assert.Equal((leaf.SizeLog2, leaf.Dirty, leaf.Accessed), (log2, isDirty, isAccessed));
        }
    }
}
