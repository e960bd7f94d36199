using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>Tables that add levels at the top, and the state new leaves are written in.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    /// <summary>Start sizes and sizes after growth, in levels.</summary>
    private static IEnumerable<(int From, int To)> Growths =>
        from start in Enumerable.Range(1, TFormat.MaxLevels)
        from end in Enumerable.Range(start + 1, TFormat.MaxLevels - start)
        select (start, end);

    [Fact]
    public void A_table_that_may_grow_maps_as_far_as_it_may() => Assert.All(Growths, growth =>
    {
        using TableRig<TFormat> rig = new(TableShape.OfLevels<TFormat>(growth.From), growsToLevels: growth.To);
        ulong small = TableShape.OfLevels<TFormat>(growth.From).LastInput<TFormat>(), large = TableShape.OfLevels<TFormat>(growth.To).LastInput<TFormat>();
        Assert.Equal((large, growth.From - 1), (rig.Table.LastIova, rig.Table.RootLevel));
        Spa root = rig.Table.Root;
        Assert.Equal(MapResult.Mapped, rig.Map(0, Granule * 3, Granule));
        Assert.Equal(MapResult.Mapped, rig.Map(small - (Granule - 1), Granule * 4, Granule));
        // Within the width it stays as it is.
        Assert.Equal((root, growth.From - 1), (rig.Table.Root, rig.Table.RootLevel));
        if (large != ulong.MaxValue) Assert.Equal(MapResult.OutOfRange, rig.Map(large + 1, 0, Granule));
        Assert.Equal((root, growth.From - 1), (rig.Table.Root, rig.Table.RootLevel));

        Assert.Equal(MapResult.Mapped, rig.Map(large - (Granule - 1), Granule * 5, Granule));
        Assert.NotEqual(root, rig.Table.Root);
        Assert.Equal((growth.To - 1, TableShape.OfLevels<TFormat>(growth.To).InputBits), (rig.Table.RootLevel, rig.Table.InputBits));
        AssertMaps(rig, (0, Granule * 3), (small - (Granule - 1), Granule * 4), (large - (Granule - 1), Granule * 5));
        Assert.Equal(FaultKind.NotPresent, rig.Read(small + 1));
        Assert.Equal(3, rig.Scan(clear: false, out _).Count);
        Assert.Equal(3, rig.Table.Leaves);
        rig.Table.Free();
        Assert.Equal(0, rig.Memory.FramesInUse);
    });

    private static void AssertMaps(TableRig<TFormat> rig, params (ulong Iova, ulong Physical)[] leaves)
    {
        foreach ((ulong iova, ulong physical) in leaves)
        {
            Assert.Equal(FaultKind.None, rig.Walk(iova, AccessKind.Write, out WalkResult found));
            Assert.Equal(physical, found.Base);
        }
    }

    // A table grows by what a map needs, not by all it may.
    [Fact]
    public void A_table_grows_by_as_many_levels_as_a_map_needs() => Assert.All(Growths.Where(growth => growth.To < TFormat.MaxLevels), growth =>
    {
        using TableRig<TFormat> rig = new(TableShape.OfLevels<TFormat>(growth.From), growsToLevels: TFormat.MaxLevels);
        TableShape needed = TableShape.OfLevels<TFormat>(growth.To);
        Assert.Equal(MapResult.Mapped, rig.Map(needed.LastInput<TFormat>() - (Granule - 1), Granule, Granule));
        Assert.Equal(needed.RootLevel, rig.Table.RootLevel);
        AssertMaps(rig, (needed.LastInput<TFormat>() - (Granule - 1), Granule));
    });

    // Hardware that still has the old root, because its device entry is cached, translates the old addresses as before.
    [Fact]
    public void The_old_root_still_leads_old_addresses_right() => Assert.All(Growths, growth =>
    {
        using TableRig<TFormat> rig = new(TableShape.OfLevels<TFormat>(growth.From), growsToLevels: growth.To);
        Assert.Equal(MapResult.Mapped, rig.Map(0, Granule * 3, Granule));
        TableShape old = TableShape.OfLevels<TFormat>(growth.From);
        TranslationContext cached = rig.Context with { Table = rig.Context.Table! with { LastInput = old.LastInput<TFormat>() } };
        Assert.Equal(MapResult.Mapped, rig.Map(rig.Table.LastIova - (Granule - 1), Granule * 5, Granule));
        Assert.Equal(MapResult.Mapped, rig.Map(old.LastInput<TFormat>() - (Granule - 1), Granule * 6, Granule));
        foreach ((ulong iova, ulong physical) in new[] { (0UL, Granule * 3), (old.LastInput<TFormat>() - (Granule - 1), Granule * 6) })
        {
            Assert.Equal(FaultKind.None, rig.Walk(cached, iova, AccessKind.Write, out WalkResult found));
            Assert.Equal(physical, found.Base);
        }
        FaultKind beyond = TFormat.IsSigned ? FaultKind.NotCanonical : FaultKind.BeyondAddressWidth;
        Assert.Equal(beyond, rig.Walk(cached, old.LastInput<TFormat>() + 1, AccessKind.Read, out _));
        // What was written through the old root is dirty in the grown table.
        Assert.Equal(2, rig.Scan(clear: true, out _).Count);
    });

    [Fact]
    public void Only_tables_of_whole_levels_may_grow() => Assert.All(Shapes.Where(shape => shape.RootLevel + 1 < TFormat.MaxLevels), shape =>
    {
        if (shape == TableShape.OfLevels<TFormat>(shape.RootLevel + 1)) new TableRig<TFormat>(shape, growsToLevels: TFormat.MaxLevels).Dispose();
        else Assert.Throws<ArgumentException>(() => new TableRig<TFormat>(shape, growsToLevels: TFormat.MaxLevels));
    });

    [Theory]
    [InlineData(LeafState.Clean)]
    [InlineData(LeafState.Accessed)]
    [InlineData(LeafState.Dirty)]
    public void New_leaves_have_the_state_that_was_asked_for(LeafState state) => Assert.All(KindsOfLeaf, kind =>
    {
        TableShape? shape = Shapes.Where(s => s.RootLevel >= kind.Level && s.LastInput<TFormat>() >= Bits.Mask(kind.SizeLog2)).OrderBy(s => s.InputBits).Select(s => (TableShape?)s).FirstOrDefault();
        if (shape is not { } fits) return;
        foreach (Permission permission in Permissions)
        {
            using TableRig<TFormat> rig = new(fits, state);
            Assert.Equal(MapResult.Mapped, rig.Map(0, 0, 1UL << kind.SizeLog2, permission, kind.SizeLog2));
            bool dirty = state == LeafState.Dirty && (permission & Permission.Write) != 0;
            int run = 1 << (kind.SizeLog2 - TFormat.Shift(kind.Level));
            for (int member = 0; member < run; member++)
            {
                ulong word = rig.LeafWord((ulong)member << TFormat.Shift(kind.Level));
                Assert.Equal((state != LeafState.Clean, dirty), (TFormat.IsAccessed(word), TFormat.IsDirty(word)));
                Assert.Equal(kind.SizeLog2, TFormat.LeafSizeLog2(word, kind.Level));
            }
            Assert.Equal(dirty ? [(0UL, kind.SizeLog2)] : [], rig.Scan(clear: false, out _));
        }
    });
}
