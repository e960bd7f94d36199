using CsCheck;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>Two stages in memory are the same as two lists of leaves.</summary>
public sealed class NestedModelTests
{
    private const ulong MiB = 1UL << 20;

    public readonly record struct Piece(ulong Start, ulong Target, ulong Length, Permission Permission, bool Accessed, bool Dirty);

    public readonly record struct Access(ulong Iova, AccessKind Kind);

    public sealed record Scene(BitKeeping FirstKeeps, bool SecondKeeps, bool WalkCaches, Piece[] First, Piece[] Second, Permission[] TablePages, Access[] Accesses);

    private static readonly Gen<Permission> Mostly = Gen.OneOf(Permission.ReadWrite, Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write);

    // Four regions of two 2 MiB pages each, in both spaces; the upper two far up, so that tables differ on every level.
    private static readonly Gen<ulong> Page = Gen.Select(Gen.OneOf(0UL, 4 * MiB, 1UL << 30, 1UL << 39), Gen.OneOf(Gen.ULong[0, 3], Gen.ULong[510, 514], Gen.Const(512UL)), (place, page) => place + (page << 12));

    private static readonly Gen<Piece> AnyPiece =
        from start in Page
        from target in Gen.OneOf(Page, Gen.Const(start), Gen.Const(start & ~((2 * MiB) - 1)))
        from length in Gen.OneOf(Gen.ULong[1, 3].Select(n => n << 12), Gen.Const(2 * MiB), Gen.Const(4 * MiB))
        from permission in Mostly
        from accessed in Gen.Bool
        from dirty in Gen.Bool
        select new Piece(start, target, length, permission, accessed || dirty, dirty);

    private static readonly Gen<Scene> AnyScene =
        from firstKeeps in Gen.OneOf(BitKeeping.ByHardware, BitKeeping.ByHardware, BitKeeping.Ignored, BitKeeping.Faults)
        from secondKeeps in Gen.Frequency((4, Gen.Const(true)), (1, Gen.Const(false)))
        from caches in Gen.Bool
        from first in AnyPiece.Array[1, 8]
        from second in AnyPiece.Array[1, 12]
        from pages in Gen.Frequency((12, Gen.Const(Permission.ReadWrite)), (1, Gen.Const(Permission.Read)), (1, Gen.Const(Permission.Write)), (1, Gen.Const(Permission.None))).Array[8]
        from accesses in Gen.Select(Gen.Frequency((20, Page), (1, Gen.Const(1UL << 47))), Gen.ULong[0, 4095], Gen.OneOf(Enum.GetValues<AccessKind>()), (page, inside, kind) => new Access(page + inside, kind)).Array[1, 40]
        select new Scene(firstKeeps, secondKeeps, caches, first, second, pages, accesses);

    [Fact]
    public void They_are_two_lists_of_leaves() => AnyScene.Sample(Run, iter: 1500);

    private static void Run(Scene scene)
    {
        using NestedRig rig = new(scene.WalkCaches);
        NaiveMappings first = new(47), second = new(48);
        foreach (Piece piece in scene.First)
        {
            // x86-64 has no write-only pages.
            Permission permission = piece.Permission | Permission.Read;
            bool fits = first.Map(piece.Start, piece.Target, piece.Length, permission, 21);
            Assert.Equal(fits, rig.First.Map(piece.Start, piece.Target, piece.Length, permission, 21, new()) == MapResult.Mapped);
        }
        IReadOnlyList<(ulong Gpa, ulong Physical)> tables = rig.MoveTables();
        for (int i = 0; i < tables.Count; i++)
        {
            Permission permission = scene.TablePages[i % scene.TablePages.Length];
            if (permission == Permission.None) continue;
            Assert.True(second.Map(tables[i].Gpa, tables[i].Physical, 0x1000, permission, 12));
            Assert.Equal(MapResult.Mapped, rig.Second.Map(tables[i].Gpa, tables[i].Physical, 0x1000, permission, 12, new()));
        }
        foreach (Piece piece in scene.Second)
        {
            bool fits = second.Map(piece.Start, piece.Target, piece.Length, piece.Permission, 30);
            Assert.Equal(fits, rig.Second.Map(piece.Start, piece.Target, piece.Length, piece.Permission, 30, new()) == MapResult.Mapped);
        }
        foreach ((NaiveLeaf leaf, int i) in first.InOrder.Select((leaf, i) => (leaf, i)))
        {
            (leaf.Accessed, leaf.Dirty) = (scene.First[i % scene.First.Length].Accessed, scene.First[i % scene.First.Length].Dirty && (leaf.Permission & Permission.Write) != 0);
            ref ulong word = ref rig.FirstLeaf(leaf.Start);
            word = leaf.Dirty ? X64Format.MarkDirty(word) : leaf.Accessed ? X64Format.MarkAccessed(word) : word;
        }

        NaiveNested naive = new(first, second, rig.Tables, rig.First.RootLevel, scene.FirstKeeps, scene.SecondKeeps);
        TranslationContext context = rig.Context(scene.FirstKeeps, scene.SecondKeeps ? BitKeeping.ByHardware : BitKeeping.Ignored);
        foreach (Access access in scene.Accesses)
        {
            NaiveNested.Outcome expected = naive.Walk(access.Iova, access.Kind);
            FaultKind fault = rig.Walk(context, access.Iova, access.Kind, out WalkResult found);
            Assert.Equal(expected.Fault, fault);
            if (fault != FaultKind.None)
            {
                Assert.Equal(expected.Where, rig.LastFault);
                continue;
            }
            Assert.Equal((expected.Physical, expected.SizeLog2, expected.Permission), (found.PhysicalOf(access.Iova), found.PageLog2, found.Permission));
            if ((found.Permission & Permission.Write) != 0) Assert.Equal(expected.DirtyKnown, found.DirtyIsKnown);
        }
        AssertSame(rig, first, second, scene.SecondKeeps);
    }

    private static void AssertSame(NestedRig rig, NaiveMappings first, NaiveMappings second, bool secondKeeps)
    {
        TranslationContext context = rig.Context();
        foreach (NaiveLeaf leaf in first.InOrder)
        {
            ulong word = rig.FirstLeaf(leaf.Start);
            Assert.Equal((leaf.Accessed, leaf.Dirty), (X64Format.IsAccessed(word), X64Format.IsDirty(word)));
            // A write through something cached leaves no trace where the second stage is clean, whatever the first says; looking must not leave one either.
            if (TablesAreMapped(rig, second, leaf.Start)) Assert.Equal(second.Find(leaf.Physical) is not { Dirty: true }, rig.Swallows(context, leaf.Start));
        }
        foreach (NaiveLeaf leaf in second.InOrder)
        {
            Assert.True(rig.Second.TryGetLeaf(leaf.Start, out ulong word, out int size));
            Assert.Equal((leaf.SizeLog2, secondKeeps && leaf.Accessed, secondKeeps && leaf.Dirty), (size, VtdSecondStageFormat.IsAccessed(word), VtdSecondStageFormat.IsDirty(word)));
        }
    }

    private static bool TablesAreMapped(NestedRig rig, NaiveMappings second, ulong iova) =>
        rig.Tables.Where(table => iova >> (X64Format.Shift(table.Key.Level) + 9) == table.Key.Number).All(table => second.Find(table.Value) is not null);
}
