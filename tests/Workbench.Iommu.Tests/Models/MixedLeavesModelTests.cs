using CsCheck;
using Workbench.Iommu.Caches;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>
/// A batch over leaves of every size that a format has, in turn: what it guesses of the next leaf from the last one must not be seen. Each model's tables against the list of leaves and the naive
/// IOTLB, access by access.
/// </summary>
public sealed class MixedLeavesModelTests
{
    private static readonly RequesterId Device = RequesterId.Of(0, 1, 0);

    private readonly record struct Access(ulong Iova, ulong Length, bool IsWrite) : IDmaAccess
    {
        RequesterId IDmaAccess.Device => Device;
        public uint PasidOrNone => DmaRequest.NoPasid;
    }

    /// <summary>Which leaf (or, once in a round, none), where in it, and how many bytes from there.</summary>
    private readonly record struct Draw(int Leaf, ulong Place, ulong Length, bool IsWrite);

    /// <summary>What the sink heard of an access: all of it is one page's (no address), or where it begins and in how large a page, or that it faulted.</summary>
    private readonly record struct Told(ulong Iova, bool IsDone, bool IsFault, ulong Physical, int PageLog2);

    private readonly struct Log(List<Told> told) : IAccessSink<Access>
    {
        public bool Takes(in Access access) => true;
        public void Begins(in Access access) { }
        public void Done(in Access access) => told.Add(new(access.Iova, true, false, 0, 0));
        public void Began(in Access access, in Translation first)
        {
            bool faulted = first.Fault != Faults.FaultKind.None;
            told.Add(new(access.Iova, false, faulted, first.Physical, faulted ? 0 : first.PageLog2));
        }
        public void Prefetch(in Access access) { }
    }

    // A hashed index depends on the tag, which vendors form in their own ways.
    private static readonly Gen<IotlbGeometry> Geometry =
        from sets in Gen.OneOf(1, 2, 8)
        from ways in Gen.OneOf(1, 4, 16)
        from replacement in Gen.OneOf(Replacement.Lru, Replacement.Fifo, Replacement.RoundRobin)
        from walkCaches in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        from splits in Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true)))
        select new IotlbGeometry { SplitsLargePages = splits, Sets = sets, Ways = ways, Replacement = replacement, WalkCaches = walkCaches };

    private static readonly Gen<Draw> AnyDraw = Gen.Select(Gen.Int[0, 999], Gen.OneOf(Gen.ULong[0, (1UL << 30) - 1], Gen.Const((1UL << 30) - 8)), Gen.OneOf(8UL, 64UL, 4096UL), Gen.Bool, (leaf, place, length, isWrite) => new Draw(leaf, place, length, isWrite));

    public static TheoryData<string, int> Formats
    {
        get
        {
            TheoryData<string, int> formats = [];
            foreach (IommuModel model in IommuCatalogue.Models)
                foreach (int granule in model.LeafSizes.Keys) formats.Add(model.Name, granule);
            return formats;
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_batch_over_leaves_of_all_sizes_is_one_access_after_the_other(string model, int granuleLog2) =>
        Gen.Select(Geometry, AnyDraw.Array[1, 400], Gen.Int[1, 90]).Sample((geometry, draws, most) => Run(model, granuleLog2, geometry, draws, most), iter: 40);

    private static void Run(string model, int granuleLog2, IotlbGeometry geometry, Draw[] draws, int most)
    {
        using IIommuDriver driver = IommuCatalogue.Build(new() { Model = model, Iotlb = geometry, AddressBits = 48, GranuleLog2 = granuleLog2 });
        ulong sizes = IommuCatalogue.Find(model)!.LeafSizes[granuleLog2] & Bits.Mask(31);
        NaiveIommu naive = new(geometry, 48, domains: 1, leafSizes: sizes);
        naive.SetTracking(0, enable: true, devices: 0, largestMask: 51);
        Domain domain = driver.CreateDomain(new(1));
        driver.Attach(Device, null, domain);
        for (int log2 = 12; log2 <= 30; log2++)
            if ((sizes >> log2 & 1) != 0)
            {
                // Two that may be written and one that may not.
                ulong start = (ulong)log2 << 33, length = 2UL << log2;
                foreach ((ulong at, ulong bytes, Permission permission) in new[] { (start, length, Permission.ReadWrite), (start + length, 1UL << log2, Permission.Read) })
                {
                    Assert.Equal(MapResult.Mapped, driver.Map(domain, at, at ^ (1UL << 39), bytes, permission, log2, new()));
                    Assert.True(naive.Mappings[0].Map(at, at ^ (1UL << 39), bytes, permission, log2));
                }
            }
        driver.SetDirtyTracking(domain, true);
        NaiveLeaf[] leaves = [.. naive.Mappings[0].InOrder];
        Access[] accesses = [.. draws.Select(d => Of(d, leaves, granuleLog2))];
        List<Told> told = [], expected = [.. accesses.Select(access => Expected(naive, access, geometry.SplitsLargePages))];
        Log log = new(told);
        for (int done = 0; done < accesses.Length; done += most)
        {
            ReadOnlySpan<Access> batch = accesses.AsSpan(done, Math.Min(most, accesses.Length - done));
            Assert.Equal(batch.Length, driver.Hardware.TranslateBatch<Access, Log>(batch, ref log));
        }
        Assert.Equal(expected, told);
        IommuCounters counters = driver.Hardware.Counters;
        Assert.Equal((naive.Hits, naive.Misses, naive.Rewalks, naive.Faults, naive.DirtyUpdates, naive.Misses + naive.Rewalks), (counters.IotlbHits, counters.IotlbMisses, counters.DirtyRewalks, counters.Faults, counters.DirtyUpdates, counters.Walks));
    }

    private static Access Of(Draw draw, NaiveLeaf[] leaves, int granuleLog2)
    {
        if (draw.Leaf % (leaves.Length + 1) == leaves.Length) return new(3UL << 44, draw.Length, draw.IsWrite);
        NaiveLeaf leaf = leaves[draw.Leaf % (leaves.Length + 1)];
        // A leaf of several entries keeps A and D in each, which the naive one does not: of those, the first entry and the bytes at its end.
        bool isOneEntry = (leaf.SizeLog2 - granuleLog2) % (granuleLog2 - 3) == 0;
        return new(leaf.Start + (draw.Place & Bits.Mask(isOneEntry ? leaf.SizeLog2 : granuleLog2)), draw.Length, draw.IsWrite);
    }

    private static Told Expected(NaiveIommu naive, Access access, bool splits)
    {
        (Faults.FaultKind fault, ulong physical, _, _) = naive.Access(0, access.Iova, access.IsWrite);
        if (fault != Faults.FaultKind.None) return new(access.Iova, false, true, 0, 0);
        int log2 = splits ? 12 : naive.Mappings[0].Find(access.Iova)!.SizeLog2;
        bool fits = access.Length <= (1UL << log2) - (access.Iova & Bits.Mask(log2));
        return fits ? new(access.Iova, true, false, 0, 0) : new(access.Iova, false, false, physical, log2);
    }
}
