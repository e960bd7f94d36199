using CsCheck;
using Workbench.Iommu;
using Workbench.Replay.Iommufd;
using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>Ranges that begin and end anywhere, against a plain account of leaves: Linux's loop with its steps, and the rule of a kernel without quirks.</summary>
public class SubLeafModelTests
{
    private const ulong Base = 1UL << 32;

    private static readonly Gen<(int UnitLog2, int Units, int LeafLog2)[]> Areas = Gen.OneOf(
        Gen.Select(Gen.Const(12), Gen.Int[1, 600], Gen.Int[12, 21]), Gen.Select(Gen.Const(21), Gen.Int[1, 3], Gen.Int[12, 21])).Array[1, 4];

    private static readonly Gen<(double Begin, double End, double[] Writes)[]> Rounds = Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 1].Array[0, 6]).Array[1, 5];

    public static TheoryData<string, bool> Machines => new MatrixTheoryData<string, bool>([.. IommuCatalogue.Models.Select(m => m.Name)], [false, true]);

    [Theory]
    [MemberData(nameof(Machines))]
    public void Reads_of_any_range_equal_the_plain_account(string model, bool isFixed) => Gen.Select(Areas, Rounds).Sample((areas, rounds) =>
    {
        using Rig rig = new(isFixed ? KernelQuirks.Fixed : KernelQuirks.Linux612 with { OnlyUpstreamTables = false, SmmuClearWithoutTlbi = false }, model, "2x2");
        ulong end = Base;
        foreach ((int unitLog2, int units, int leafLog2) in areas)
        {
            ulong length = (ulong)units << unitLog2;
            rig.Map(end, length, leafLog2, end);
            end += length;
        }
        HashSet<ulong> dirtyHeads = [];
        foreach ((double begin, double stop, double[] writes) in rounds)
        {
            foreach (double place in writes)
            {
                ulong iova = PageAt(place);
                rig.Write(iova);
                dirtyHeads.Add(LeafAt(rig, iova).First);
            }
            ulong from = Math.Min(PageAt(begin), PageAt(stop)), to = Math.Max(PageAt(begin), PageAt(stop)) + Page;
            UserBitmap bitmap = rig.Get(from, to - from);
            Assert.Equal(isFixed ? Whole(rig, dirtyHeads, from, to) : Steps(rig, dirtyHeads, from, to), bitmap.Runs());
            if (isFixed) Assert.Equal(0, bitmap.StrayBits);
        }
        // What is left is what the account says, so nothing was cleared that it does not know of.
        Assert.Equal(Whole(rig, dirtyHeads, Base, end), rig.Get(Base, end - Base).Runs());

        ulong PageAt(double place) => Math.Min(end - Page, Base + ((ulong)(place * ((end - Base) / Page)) * Page));
    }, iter: 30);

    /// <summary>Every page of the range that lies in a dirty leaf; a leaf is cleared if the range holds all of it.</summary>
    private static string Whole(Rig rig, HashSet<ulong> dirtyHeads, ulong from, ulong to)
    {
        UserBitmap bitmap = BitmapFor(to - from);
        foreach (ulong head in dirtyHeads.ToArray())
        {
            ulong last = LeafAt(rig, head).Last;
            Mark(bitmap, from, to, head, last);
            if (head >= from && last < to) dirtyHeads.Remove(head);
        }
        return bitmap.Runs();
    }

    /// <summary>The loop of Linux's drivers, once for each area: look at an address's leaf, report its length from that address, step by it.</summary>
    private static string Steps(Rig rig, HashSet<ulong> dirtyHeads, ulong from, ulong to)
    {
        UserBitmap bitmap = BitmapFor(((to - from + (8 * Page) - 1) / (8 * Page)) * 8 * Page);
        foreach (IoasArea area in rig.Iommu.Find<Ioas>(rig.Ioas)!.Areas)
        {
            for (ulong at = Math.Max(from, area.FirstByte); at <= Math.Min(to - 1, area.LastByte);)
            {
                (ulong first, ulong last) = LeafAt(rig, at);
                if (dirtyHeads.Remove(first)) Mark(bitmap, from, from + ((ulong)bitmap.ByteCount * 8 * Page), at, at + (last - first));
                at += last - first + 1;
            }
        }
        return bitmap.Runs();
    }

    private static void Mark(UserBitmap bitmap, ulong from, ulong to, ulong first, ulong last)
    {
        for (ulong page = first; page <= last; page += Page)
            if (page >= from && page < to) bitmap.Bytes[(int)((page - from) / Page / 8)] |= (byte)(1 << (int)((page - from) / Page % 8));
    }

    private static (ulong First, ulong Last) LeafAt(Rig rig, ulong iova)
    {
        Assert.True(rig.Domain.Table.TryGetLeaf(iova, out _, out int log2));
        ulong first = iova & ~((1UL << log2) - 1);
        return (first, first + (1UL << log2) - 1);
    }
}
