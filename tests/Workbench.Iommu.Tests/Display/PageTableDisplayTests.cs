using Workbench.Iommu.Amd;
using Workbench.Iommu.Display;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Display;

public sealed class PageTableDisplayTests
{
    private const ulong Page = 4096, Large = 2UL << 20, Huge = 1UL << 30;

    [Fact]
    public void A_million_leaves_are_one_line()
    {
        using TableRig<X64Format> rig = new(TableShape.OfLevels<X64Format>(4));
        rig.Map(0, 0, 4 * Huge, largest: 12);
        for (ulong i = 0; i < 37; i++) rig.Write(i * 31 * Large);
        Shown.IsApproved(rig.Table, "Workbench.Iommu.Tests", "table-million");
        Assert.Contains("1,048,576 x 4 KiB leaves 0x0-0xffffffff, RW, 37 dirty", Shown.Text(rig.Table), StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_and_permissions_begin_new_lines()
    {
        using TableRig<AmdV1Format> rig = new(TableShape.OfLevels<AmdV1Format>(4));
        rig.Map(Huge, Huge, 3 * Large, largest: 21);
        rig.Map(Huge + (3 * Large), 0x7000_0000, 16 * Page, largest: 16);
        rig.Map(Huge + (4 * Large), 0x1000, 5 * Page, Permission.Read, 12);
        rig.Map(Huge + (4 * Large) + (5 * Page), 0x6000, 5 * Page, Permission.ReadWrite, 12);
        rig.Map(200 * Huge, 0, Page, Permission.Write, 12);
        rig.Write(Huge + (3 * Large));
        Shown.IsApproved(rig.Table, "Workbench.Iommu.Tests", "table-mixed");
    }

    [Fact]
    public void Of_many_siblings_the_first_and_the_last_are_shown()
    {
        using TableRig<X64Format> rig = new(TableShape.OfLevels<X64Format>(4));
        for (ulong i = 0; i < 100; i++) rig.Map(i * 2 * Page, i * 8 * Page, Page);
        for (ulong i = 0; i < 7; i++) rig.Map((10 + (2 * i)) * Huge, 0, Page);
        Shown.IsApproved(rig.Table, "Workbench.Iommu.Tests", "table-siblings");
    }

    [Fact]
    public void What_does_not_fit_is_cut_by_levels()
    {
        using TableRig<X64Format> rig = new(TableShape.OfLevels<X64Format>(5));
        Random random = new(5);
        for (int i = 0; i < 4000; i++) rig.Map(((ulong)random.NextInt64(0, 1L << 44)) << 12, 0, Page);
        string text = Shown.Text(rig.Table);
        Assert.Contains("not shown in detail", text, StringComparison.Ordinal);
        Assert.InRange(text.Split('\n').Length, 10, 60);
        Shown.Html(rig.Table);
    }

    [Fact]
    public void A_table_that_was_freed_or_has_lost_its_memory_is_empty()
    {
        TableRig<X64Format> rig = new(TableShape.OfLevels<X64Format>(4));
        Assert.Contains("Nothing is mapped.", Shown.Text(rig.Table), StringComparison.Ordinal);
        rig.Map(0, 0, 8 * Page);
        rig.Memory.Dispose();
        Assert.Equal(0, TableTree.Of(rig.Table).Root!.Leaves);
        Shown.Text(rig.Table);
        using TableRig<X64Format> freed = new(TableShape.OfLevels<X64Format>(4));
        freed.Map(0, 0, 8 * Page);
        freed.Table.Free();
        Assert.Contains("Nothing is mapped.", Shown.Text(freed.Table), StringComparison.Ordinal);
    }
}
