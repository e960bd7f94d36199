using CsCheck;
using Workbench.Iommu.Amd;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>The whole machine with host tables, command buffer and walk caches, is the same as a naive one without; leaves of any power of two.</summary>
public sealed class AmdModelTests
{
    private const ulong MiB = 1UL << 20;

    public enum Verb { Read, Write, Map, Unmap, UnmapLazily, Track, Harvest, HarvestWithoutFlush, InvalidateRange, InvalidateDomain, InvalidateAll }

    public readonly record struct Step(Verb Verb, int Device, ulong Iova, ulong Physical, ulong Length, Permission Permission, int LargestLeafLog2, bool On);

    // The first two devices share domain 0, the third has domain 1.
    private static readonly RequesterId[] Devices = [RequesterId.Of(0, 1, 0), RequesterId.Of(5, 31, 7), RequesterId.Of(0, 2, 0)];
    private static readonly int[] DomainOf = [0, 0, 1];

    // Places on every level of the table, so that maps make it grow.
    private static Gen<ulong> Iova(int bits) => Gen.Select(
        Gen.OneOf(0UL, 0UL, 2 * MiB, 1UL << 30, 1UL << 39, unchecked(0UL - (4 * MiB)) & Bits.Mask(bits)), Gen.OneOf(Gen.ULong[0, 7], Gen.ULong[508, 516], Gen.ULong[1016, 1023]), (place, page) => place + (page << 12));

    private static Gen<Step> AnyStep(int bits) =>
        from verb in Gen.Frequency(
            (30, Gen.Const(Verb.Write)), (20, Gen.Const(Verb.Read)), (12, Gen.Const(Verb.Map)), (4, Gen.Const(Verb.Unmap)), (4, Gen.Const(Verb.UnmapLazily)), (3, Gen.Const(Verb.Track)),
            (3, Gen.Const(Verb.Harvest)), (3, Gen.Const(Verb.HarvestWithoutFlush)), (2, Gen.Const(Verb.InvalidateRange)), (1, Gen.Const(Verb.InvalidateDomain)), (1, Gen.Const(Verb.InvalidateAll)))
        from device in Gen.Int[0, 2]
        from iova in Iova(bits)
        from physical in Gen.OneOf(Gen.ULong[0, 1 << 20].Select(n => n << 12), Gen.ULong[0, 99].Select(n => n << 21), Gen.Const(iova & Bits.Mask(51)))
        from length in Gen.OneOf(Gen.ULong[1, 8].Select(n => n << 12), Gen.Const(2 * MiB), Gen.Const(4 * MiB), Gen.ULong[500, 600].Select(n => n << 12))
        from permission in Gen.OneOf(Permission.ReadWrite, Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write)
        from largest in Gen.OneOf(12, 13, 16, 20, 21, 22, 51)
        from enable in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        select new Step(verb, device, iova, physical, Math.Min(length - 1, Bits.Mask(bits) - iova) + 1, permission, largest, enable);

    private static readonly Gen<IotlbGeometry> Geometry =
        from sets in Gen.OneOf(1, 1, 2, 8)
        from ways in Gen.OneOf(1, 2, 4, 16)
        from replacement in Gen.OneOf(Replacement.Lru, Replacement.Fifo, Replacement.RoundRobin, Replacement.Random, Replacement.FlushWhenFull)
        from index in Gen.OneOf(IndexFunction.Modulo, IndexFunction.Hash)
        from walkCaches in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        select new IotlbGeometry { Sets = sets, Ways = ways, Replacement = replacement == Replacement.FlushWhenFull && sets > 1 ? Replacement.Lru : replacement, Index = index, WalkCaches = walkCaches };

    /// <summary>Lists of leaves per domain and one IOTLB; a write dirties its leaf, whichever replica hardware marked.</summary>
    private sealed class NaiveAmd(IotlbGeometry geometry, int bits)
    {
        private readonly bool[] tracks = new bool[2];
        // A table begins with three levels and reaches as far as the highest mapped address made it.
        private readonly int[] reach = [39, 39];

        public NaiveIotlb Iotlb { get; } = new(geometry);
        public NaiveMappings[] Mappings { get; } = [.. Enumerable.Range(0, 2).Select(_ => new NaiveMappings(Bits.Mask(bits), IommuModel.LeafSizesOf<AmdV1Format>()))];
        public long Faults { get; private set; }
        public long DirtyUpdates { get; private set; }
        public long EntriesInvalidated { get; private set; }

        public void Grow(int domain, ulong last)
        {
            foreach (int next in (int[])[48, 57, 64])
                if (last > Bits.Mask(reach[domain])) reach[domain] = next;
        }

        public (FaultKind Fault, ulong Physical, TranslationSource Source, bool Swallowed) Access(int domain, ulong iova, bool isWrite)
        {
            NaiveLeaf? leaf = Mappings[domain].Find(iova);
            TranslationSource source = TranslationSource.Walk;
            if (Iotlb.Find((ulong)domain, iova) is { } cached)
            {
                ulong need = isWrite ? IotlbEntry.WriteReady : IotlbEntry.MayRead;
                if ((cached.Leaf & need) == need)
                    return (FaultKind.None, (cached.Leaf & ~0xFFFUL) + (iova & Bits.Mask(cached.PageLog2)), TranslationSource.Iotlb, isWrite && tracks[domain] && leaf is not { Dirty: true });
                source = TranslationSource.Rewalk;
            }
            FaultKind fault = iova > Bits.Mask(reach[domain]) ? FaultKind.BeyondAddressWidth
                : leaf is null ? FaultKind.NotPresent
                : isWrite && (leaf.Permission & Permission.Write) == 0 ? FaultKind.NoWritePermission
                : !isWrite && (leaf.Permission & Permission.Read) == 0 ? FaultKind.NoReadPermission
                : FaultKind.None;
            if (fault != FaultKind.None)
            {
                Faults++;
                if (source == TranslationSource.Rewalk) Iotlb.InvalidateRange((ulong)domain, iova, iova);
                return (fault, 0, source, false);
            }
            bool replica = tracks[domain] && ReplicaIsDirty(leaf, iova);
            if (tracks[domain] && isWrite && !replica)
            {
                DirtyUpdates++;
                dirtyReplicas.Add((leaf!, ReplicaOf(leaf!, iova)));
                leaf!.Dirty = replica = true;
            }
            Iotlb.Fill((ulong)domain, iova, leaf!.SizeLog2, IotlbEntry.LeafOf(leaf.Physical, leaf.Permission, !tracks[domain] || replica));
            return (FaultKind.None, leaf.Physical + (iova - leaf.Start), source, false);
        }

        private readonly HashSet<(NaiveLeaf Leaf, ulong Replica)> dirtyReplicas = [];

        // One entry covers 2^12, 2^21, 2^30 bytes and so on: the largest of these that is not beyond the leaf.
        private static ulong ReplicaOf(NaiveLeaf leaf, ulong iova) => (iova - leaf.Start) >> (12 + ((leaf.SizeLog2 - 12) / 9 * 9));

        private bool ReplicaIsDirty(NaiveLeaf? leaf, ulong iova) => leaf is not null && dirtyReplicas.Contains((leaf, ReplicaOf(leaf, iova)));

        public IReadOnlyList<(ulong FirstPage, int SizeLog2)> Harvest(int domain)
        {
            foreach (NaiveLeaf leaf in Mappings[domain].InOrder) dirtyReplicas.RemoveWhere(r => r.Leaf == leaf);
            return Mappings[domain].Scan(0, clear: true);
        }

        public void InvalidateRange(int domain, ulong firstByte, ulong lastByte)
        {
            int log2 = 12;
            while (log2 < 64 && firstByte >> log2 != lastByte >> log2) log2++;
            ulong first = firstByte & ~Bits.Mask(log2);
            EntriesInvalidated += log2 > 52 ? Iotlb.InvalidateOwner((ulong)domain) : Iotlb.InvalidateRange((ulong)domain, first, first | Bits.Mask(log2));
        }

        public void SetTracking(int domain, bool enable)
        {
            if (tracks[domain] == enable) return;
            if (enable && Mappings[domain].InOrder.Where(leaf => leaf.Dirty).ToArray() is { Length: > 0 } dirty)
            {
                InvalidateRange(domain, dirty[0].Start, dirty[^1].Last);
                Harvest(domain);
            }
            tracks[domain] = enable;
            InvalidateDomain(domain);
        }

        public void InvalidateDomain(int domain) => EntriesInvalidated += Iotlb.InvalidateOwner((ulong)domain);

        public void InvalidateAll() => EntriesInvalidated += Iotlb.InvalidateAll();
    }

    [Theory]
    [InlineData(48)]
    [InlineData(57)]
    [InlineData(64)]
    public void It_is_the_same_as_the_naive_machine(int addressBits) =>
        Gen.Select(Geometry, AnyStep(addressBits).Array[1, 150]).Sample((geometry, steps) => Run(geometry, addressBits, steps), iter: 150);

    private static void Run(IotlbGeometry geometry, int addressBits, Step[] steps)
    {
        using IommuDriver driver = AmdIommu.Build(new() { Model = "amd", Iotlb = geometry, AddressBits = addressBits });
        driver.Hardware.Diagnose = true;
        NaiveAmd naive = new(geometry, addressBits);
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
                    Assert.Equal(fits ? MapResult.Mapped : MapResult.AlreadyMapped, driver.Map(domain, step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2, mapped));
                    naive.Grow(number, step.Iova + (step.Length - 1));
                    Flush(driver, domain, naive, number, mapped);
                    break;
                case Verb.Unmap or Verb.UnmapLazily:
                    InvalidationGather unmapped = new();
                    domain.Table.Unmap(step.Iova, step.Length, null, unmapped);
                    naive.Mappings[number].Unmap(step.Iova, step.Length);
                    // A freed table must leave the walk caches before its frame is used again; only leaves may be left to chance.
                    if (step.Verb == Verb.Unmap || unmapped.TablesFreed) Flush(driver, domain, naive, number, unmapped);
                    break;
                case Verb.Track:
                    driver.SetDirtyTracking(domain, step.On);
                    naive.SetTracking(number, step.On);
                    break;
                case Verb.Harvest or Verb.HarvestWithoutFlush:
                    InvalidationGather cleared = new();
                    ReportedLeaves reported = new();
                    ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
                    Assert.Null(domain.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, reported, cleared));
                    Assert.Equal(naive.Harvest(number), reported.All);
                    if (step.Verb == Verb.Harvest) Flush(driver, domain, naive, number, cleared);
                    break;
                case Verb.InvalidateRange:
                    driver.InvalidateRange(domain, step.Iova, step.Iova + (step.Length - 1), leafOnly: step.On);
                    naive.InvalidateRange(number, step.Iova, step.Iova + (step.Length - 1));
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
        Assert.Equal((naive.Faults, naive.DirtyUpdates, naive.EntriesInvalidated), (driver.Hardware.Counters.Faults, driver.Hardware.Counters.DirtyUpdates, driver.Hardware.Counters.EntriesInvalidated));
        for (int number = 0; number < domains.Length; number++)
        {
            Assert.Equal(naive.Mappings[number].InOrder.Count, domains[number].Table.Leaves);
            foreach (NaiveLeaf leaf in naive.Mappings[number].InOrder)
            {
                Assert.True(domains[number].Table.TryGetLeaf(leaf.Start, out ulong entry, out int log2));
                Assert.Equal((leaf.SizeLog2, leaf.Physical), (log2, AmdV1Format.LeafAddress(entry, (log2 - 12) / 9)));
            }
        }
    }

    private static void Flush(IommuDriver driver, Domain domain, NaiveAmd naive, int number, InvalidationGather gather)
    {
        if (!gather.IsEmpty) naive.InvalidateRange(number, gather.FirstByte, gather.LastByte);
        driver.Invalidate(domain, gather);
        Assert.True(gather.IsEmpty);
    }
}
