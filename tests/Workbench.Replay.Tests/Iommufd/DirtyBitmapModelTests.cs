using CsCheck;
using Workbench.Iommu;
using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>GET against a plain set of dirty pages: random areas, leaves, writes, page sizes, tables, and ranges cut in several calls.</summary>
public class DirtyBitmapModelTests
{
    private const ulong Base = 1UL << 32;

    public static TheoryData<string, bool> Machines
    {
        get
        {
            TheoryData<string, bool> all = [];
            foreach (IommuModel model in IommuCatalogue.Models)
            {
                all.Add(model.Name, false);
                all.Add(model.Name, true);
            }
            return all;
        }
    }

    // Areas side by side: how many units of 2^log2 bytes, and the largest leaf allowed.
    private static readonly Gen<(int UnitLog2, int Units, int LeafLog2)[]> Areas = Gen.OneOf(
        Gen.Select(Gen.Const(12), Gen.Int[1, 40], Gen.Int[12, 21]), Gen.Select(Gen.Const(21), Gen.Int[1, 4], Gen.Int[12, 30])).Array[1, 6];

    private static readonly Gen<(double Place, int Table)[]> Writes = Gen.Select(Gen.Double[0, 1], Gen.Int[0, 1]).Array[0, 40];

    [Theory]
    [MemberData(nameof(Machines))]
    public void Reads_cut_at_leaves_equal_a_set_of_dirty_pages(string model, bool isFixed)
    {
        KernelQuirks quirks = isFixed ? KernelQuirks.Fixed : KernelQuirks.Linux612 with { OnlyUpstreamTables = false, SmmuClearWithoutTlbi = false };
        Gen.Select(Areas, Writes, Writes, Gen.Int[12, 23], Gen.Double[0, 1].Array[0, 4], Gen.Int[0, 4095]).Sample((areas, writes, more, pageLog2, cuts, offset) =>
        {
            using Rig rig = new(quirks, model, "2x2");
            uint second = rig.Allocate(rig.Iommu.AddDevice(Disk, rig.Driver, rig.Spec), out uint disk);
            Assert.Equal(Errno.None, rig.Iommu.Attach(disk, null, second));
            Assert.Equal(Errno.None, rig.Iommu.SetDirtyTracking(second, SetDirtyFlags.Enable));
            ulong end = MapAll(rig, areas);
            NaiveDirt dirt = new(rig);
            uint[] tables = [rig.Hwpt, second];

            foreach ((double Place, int Table)[] round in ((double, int)[][])[writes, more])
            {
                foreach ((double place, int table) in round)
                {
                    ulong iova = Base + ((ulong)(place * ((end - Base) / Page)) * Page);
                    rig.Write(Math.Min(iova, end - Page), table == 0 ? Nic : Disk);
                    dirt.Write(tables[table], Math.Min(iova, end - Page));
                }
                // A whole look without clearing, twice, then the calls that clear.
                Assert.Equal(dirt.Expected(tables, Base, end, Page), Union(rig, tables, Base, end, Page, GetDirtyFlags.NoClear, offset));
                Assert.Equal(dirt.Expected(tables, Base, end, Page), Union(rig, tables, Base, end, Page, GetDirtyFlags.NoClear, offset));
                foreach ((ulong from, ulong to) in Pieces(rig, end, cuts))
                {
                    ulong size = 1UL << pageLog2;
                    while (((from | to) & (size - 1)) != 0) size >>= 1;
                    Assert.Equal(dirt.Expected(tables, from, to, size), Union(rig, tables, from, to, size, GetDirtyFlags.None, offset));
                }
                dirt.Clear();
                Assert.Equal("", Union(rig, tables, Base, end, Page, GetDirtyFlags.None, offset));
            }
        }, iter: 40);
    }

    private static ulong MapAll(Rig rig, (int UnitLog2, int Units, int LeafLog2)[] areas)
    {
        ulong at = Base;
        foreach ((int unitLog2, int units, int leafLog2) in areas)
        {
            ulong length = (ulong)units << unitLog2;
            rig.Map(at, length, leafLog2, at);
            at += length;
        }
        return at;
    }

    /// <summary>One buffer for all tables.</summary>
    private static string Union(Rig rig, uint[] tables, ulong from, ulong to, ulong pageSize, GetDirtyFlags flags, int offset)
    {
        UserBitmap bitmap = BitmapFor(to - from, pageSize, 0x7000_0000 + (ulong)offset);
        foreach (uint hwpt in tables) Assert.Equal(Errno.None, rig.Iommu.GetDirtyBitmap(hwpt, flags, from, to - from, pageSize, bitmap));
        Assert.Equal(0, bitmap.StrayBits);
        return bitmap.Runs();
    }

    /// <summary>The whole range, cut at the heads of leaves.</summary>
    private static IEnumerable<(ulong From, ulong To)> Pieces(Rig rig, ulong end, double[] cuts)
    {
        ulong from = Base;
        foreach (double cut in cuts.Order())
        {
            ulong iova = Base + (ulong)(cut * (end - Base - 1));
            Assert.True(rig.Domain.Table.TryGetLeaf(iova, out _, out int log2));
            ulong head = iova & ~((1UL << log2) - 1);
            if (head <= from) continue;
            yield return (from, head);
            from = head;
        }
        yield return (from, end);
    }

    /// <summary>The oracle: which leaves of which table were written, as sets of pages.</summary>
    private sealed class NaiveDirt(Rig rig)
    {
        private readonly Dictionary<uint, HashSet<ulong>> pages = [];

        public void Write(uint hwpt, ulong iova)
        {
            Assert.True(rig.Domain.Table.TryGetLeaf(iova, out _, out int log2));
            ulong head = iova & ~((1UL << log2) - 1);
            if (!pages.TryGetValue(hwpt, out HashSet<ulong>? set)) pages[hwpt] = set = [];
            for (ulong page = head; page < head + (1UL << log2); page += Page) set.Add(page);
        }

        public void Clear() => pages.Clear();

        public string Expected(uint[] tables, ulong from, ulong to, ulong pageSize)
        {
            UserBitmap bitmap = BitmapFor(to - from, pageSize);
            foreach (uint hwpt in tables)
                foreach (ulong page in pages.GetValueOrDefault(hwpt, []))
                    if (page >= from && page < to) bitmap.Bytes[(int)((page - from) / pageSize / 8)] |= (byte)(1 << (int)((page - from) / pageSize % 8));
            return bitmap.Runs();
        }
    }
}
