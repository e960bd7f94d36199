using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>The ends of tables of every shape: whole levels, fewer entries at the top, several tables at the top, signed spaces.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    private static ulong Granule => 1UL << TFormat.Shift(0);

    [Fact]
    public void Shapes_differ_and_have_a_top_table()
    {
        TableShape[] shapes = [.. Shapes];
        Assert.NotEmpty(shapes);
        Assert.Equal(shapes.Length, shapes.Distinct().Count());
        Assert.All(shapes, shape =>
        {
            Assert.InRange(shape.InputBits, TFormat.Shift(shape.RootLevel) + 1, 64);
            Assert.InRange(shape.RootSizeLog2<TFormat>(), 12, 21);
        });
    }

    [Fact]
    public void The_first_and_the_last_granule_translate_and_nothing_between() => Assert.All(Shapes, shape =>
    {
        using TableRig<TFormat> rig = new(shape);
        ulong last = shape.LastInput<TFormat>(), top = last - (Granule - 1);
        Assert.Equal(last, rig.Table.LastIova);
        Assert.Equal(MapResult.Mapped, rig.Map(0, Granule * 5, Granule));
        Assert.Equal(MapResult.Mapped, rig.Map(top, Granule * 7, Granule));
        foreach ((ulong iova, ulong physical) in new[] { (0UL, Granule * 5), (Granule - 1, (Granule * 6) - 1), (top, Granule * 7), (last, (Granule * 8) - 1) })
        {
            Assert.Equal(FaultKind.None, rig.Walk(iova, AccessKind.Write, out WalkResult found));
            Assert.Equal((physical, TFormat.Shift(0)), (found.PhysicalOf(iova), found.PageLog2));
        }
        foreach (ulong iova in new[] { Granule, last / 2, top - 1 }) Assert.Equal(top == Granule && iova == last / 2 ? FaultKind.None : FaultKind.NotPresent, rig.Read(iova));
        Assert.Equal([(0UL, TFormat.Shift(0)), (top >> 12, TFormat.Shift(0))], rig.Scan(clear: true, out _));
        rig.Table.Free();
        Assert.Equal(0, rig.Memory.FramesInUse);
    });

    [Fact]
    public void The_first_and_the_last_leaf_of_every_kind_translate() => Assert.All(Shapes, shape =>
    {
        ulong last = shape.LastInput<TFormat>();
        foreach ((int level, int size) in KindsOfLeaf.Where(kind => kind.Level <= shape.RootLevel && Bits.Mask(kind.SizeLog2) <= last))
        {
            ulong bytes = Bits.Mask(size), top = last - bytes, physical = size < PhysicalBits ? 1UL << size : 0;
            foreach (ulong start in new[] { 0UL, top }.Distinct())
            {
                using TableRig<TFormat> rig = new(shape);
                Assert.Equal(MapResult.Mapped, rig.Map(start, physical, bytes + 1, largest: size));
                Assert.Equal(1, rig.Table.Leaves);
                foreach (ulong iova in new[] { start, start + (bytes / 2), start + (bytes / 2) + 1, start + bytes })
                {
                    Assert.Equal(FaultKind.None, rig.Walk(iova, AccessKind.Read, out WalkResult found));
                    Assert.Equal((size, physical + (iova - start)), (found.PageLog2, found.PhysicalOf(iova)));
                }
                if (start != 0) Assert.Equal(FaultKind.NotPresent, rig.Read(start - 1));
                if (start + bytes != last) Assert.Equal(FaultKind.NotPresent, rig.Read(start + bytes + 1));
            }
        }
    });

    [Fact]
    public void Every_entry_of_the_top_table_has_addresses_of_its_own() => Assert.All(Shapes, shape =>
    {
        int entries = 1 << (shape.InputBits - TFormat.Shift(shape.RootLevel) - (TFormat.IsSigned ? 1 : 0));
        // The first and last entries, and both sides of the border of each table that may lie behind another at the top.
        int[] tried = [.. Enumerable.Range(0, entries).Where(i => i < 2 || i >= entries - 2 || i % (1 << TFormat.IndexBits) is 0 or 1 || (i + 1) % (1 << TFormat.IndexBits) == 0)];
        using TableRig<TFormat> rig = new(shape);
        foreach (int i in tried) Assert.Equal(MapResult.Mapped, rig.Map((ulong)i << TFormat.Shift(shape.RootLevel), Granule * (ulong)(i & 0xFFF), Granule));
        foreach (int i in tried)
        {
            ulong iova = (ulong)i << TFormat.Shift(shape.RootLevel);
            Assert.Equal(FaultKind.None, rig.Walk(iova, AccessKind.Read, out WalkResult found));
            Assert.Equal(Granule * (ulong)(i & 0xFFF), found.Base);
        }
        Assert.Equal(tried.Length, rig.Table.Leaves);
        rig.Table.Free();
        Assert.Equal(0, rig.Memory.FramesInUse);
    });

    [Fact]
    public void Beyond_the_width_nothing_translates_and_nothing_is_mapped() => Assert.All(Shapes, shape =>
    {
        using TableRig<TFormat> rig = new(shape);
        ulong last = shape.LastInput<TFormat>();
        if (last == ulong.MaxValue) return;
        Assert.Equal(MapResult.OutOfRange, rig.Map(last + 1, 0, Granule));
        Assert.Equal(MapResult.OutOfRange, rig.Map(last - (Granule - 1), 0, 2 * Granule));
        Assert.Equal(MapResult.Mapped, rig.Map(last - (Granule - 1), 0, Granule));
        Assert.Equal(MapResult.Mapped, rig.Map(0, 0, Granule));
        FaultKind beyond = TFormat.IsSigned ? FaultKind.NotCanonical : FaultKind.BeyondAddressWidth;
        Assert.Equal((beyond, beyond), (rig.Read(last + 1), rig.Write(last + 1)));
        Assert.False(rig.Table.TryGetLeaf(last + 1, out _, out _));
        Assert.Equal(0UL, rig.Table.Unmap(last + 1, Granule, null, new()));
        Assert.Equal(2, rig.Table.Leaves);
        // A range that goes on beyond the end takes what lies before it.
        Assert.Equal(Granule, rig.Table.Unmap(last - (Granule - 1), ulong.MaxValue, null, new()));
        Assert.Equal(1, rig.Table.Leaves);
    });

    // Of a signed space software maps the lower half only, and looks at no more.
    [Fact]
    public void A_scan_looks_once_at_every_entry_of_the_tables_there_are() => Assert.All(Shapes, shape =>
    {
        using TableRig<TFormat> rig = new(shape);
        Assert.Equal(MapResult.Mapped, rig.Map(0, 0, Granule));
        rig.Scan(clear: true, out ScanBudget spent);
        long top = 1L << (shape.InputBits - TFormat.Shift(shape.RootLevel) - (TFormat.IsSigned ? 1 : 0));
        Assert.Equal(top + ((long)shape.RootLevel << TFormat.IndexBits), spent.EntriesScanned);
    });

    [Fact]
    public void The_upper_half_of_a_signed_space_is_there_but_empty()
    {
        if (!TFormat.IsSigned) return;
        Assert.All(Shapes, shape =>
        {
            using TableRig<TFormat> rig = new(shape);
            ulong last = shape.LastInput<TFormat>();
            Assert.Equal(MapResult.Mapped, rig.Map(0, 0, Granule));
            Assert.Equal(MapResult.Mapped, rig.Map(last - (Granule - 1), 0, Granule));
            if (last > ulong.MaxValue >> 1) return;
            Assert.Equal((FaultKind.NotPresent, FaultKind.NotPresent), (rig.Read(~last), rig.Read(ulong.MaxValue)));
            if (~last - 1 != last) Assert.Equal(FaultKind.NotCanonical, rig.Read(~last - 1));
            Assert.Equal(MapResult.OutOfRange, rig.Map(~last, 0, Granule));
            Assert.False(rig.Table.TryGetLeaf(ulong.MaxValue, out _, out _));
        });
    }
}
