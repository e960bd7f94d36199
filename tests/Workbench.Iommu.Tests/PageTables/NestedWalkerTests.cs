using Workbench.Iommu.Contexts;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.PageTables;

/// <summary>Named examples beside the model of two stages.</summary>
public sealed class NestedWalkerTests : IDisposable
{
    private const ulong MiB = 1UL << 20;
    private const ulong Iova = 0x5000, Gpa = 0x20_3000, Spa = 0x77_3000;

    private readonly NestedRig rig = new();

    public void Dispose() => rig.Dispose();

    /// <summary>Maps Iova to Gpa to Spa, with the tables' pages in the second stage as asked, those of one level otherwise.</summary>
    private void Map(Permission first = Permission.ReadWrite, Permission second = Permission.ReadWrite, int level = -1, Permission tables = Permission.ReadWrite)
    {
        Assert.Equal(MapResult.Mapped, rig.First.Map(Iova, Gpa, 0x1000, first, 12, new()));
        Assert.Equal(MapResult.Mapped, rig.Second.Map(Gpa, Spa, 0x1000, second, 12, new()));
        rig.MoveTables();
        foreach ((ulong gpa, ulong physical) in rig.Tables.Select(table => (table.Value, Physical(table.Value))))
        {
            Permission permission = level >= 0 && TableGpa(level) == gpa ? tables : Permission.ReadWrite;
            if (permission != Permission.None) Assert.Equal(MapResult.Mapped, rig.Second.Map(gpa, physical, 0x1000, permission, 12, new()));
        }
    }

    private static ulong Physical(ulong gpa) => ((gpa - NestedRig.TablesBase) ^ 0x1F000) + PhysicalMemory.Base;

    private ulong TableGpa(int level) => rig.Tables[(level, 0)];

    private ulong SlotGpa(int level) => TableGpa(level) + ((Iova >> X64Format.Shift(level)) % 512 * 8);

    private bool IsDirtyInSecond(ulong gpa) => rig.Second.TryGetLeaf(gpa, out ulong entry, out _) && VtdSecondStageFormat.IsDirty(entry);

    private FaultKind Walk(AccessKind kind, BitKeeping first = BitKeeping.ByHardware, bool mayLag = false) => rig.Walk(rig.Context(first, mayLag: mayLag), Iova, kind, out _);

    [Fact]
    public void A_write_makes_both_leaves_dirty_and_the_pages_of_all_tables_it_marked()
    {
        Map();
        Assert.Equal(FaultKind.None, rig.Walk(rig.Context(), Iova + 0x42, AccessKind.Write, out WalkResult found));
        Assert.Equal((Spa + 0x42, 12, true), (found.PhysicalOf(Iova + 0x42), found.PageLog2, found.DirtyIsKnown));
        Assert.True(X64Format.IsDirty(rig.FirstLeaf(Iova)));
        Assert.True(IsDirtyInSecond(Gpa));
        for (int level = 0; level < 4; level++) Assert.True(IsDirtyInSecond(TableGpa(level)), $"table of level {level}");
    }

    // Marked once, the upper tables are only read: their pages stay as they are.
    [Fact]
    public void A_second_write_changes_no_table()
    {
        Map();
        Walk(AccessKind.Write);
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        rig.Second.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, new ReportedLeaves(), new());
        Assert.Equal(FaultKind.None, Walk(AccessKind.Write));
        Assert.Equal((true, false, false), (IsDirtyInSecond(Gpa), IsDirtyInSecond(TableGpa(0)), IsDirtyInSecond(TableGpa(3))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_table_the_second_stage_does_not_map_is_where_the_walk_faults(int level)
    {
        Map(level: level, tables: Permission.None);
        Assert.Equal(FaultKind.NotPresent, Walk(AccessKind.Write));
        Assert.Equal(new WalkFault(FaultStage.Second, new(SlotGpa(level)), OnTable: true), rig.LastFault);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_table_that_the_second_stage_lets_only_read_faults_when_an_entry_is_to_be_marked(int level)
    {
        Map(level: level, tables: Permission.Read);
        Assert.Equal(FaultKind.NoWritePermission, Walk(AccessKind.Read));
        Assert.Equal(new WalkFault(FaultStage.Second, new(SlotGpa(level)), OnTable: true, ToUpdateTable: true), rig.LastFault);
        Assert.False(X64Format.IsAccessed(rig.FirstLeaf(Iova)));
    }

    [Fact]
    public void A_table_that_may_only_be_read_is_enough_where_hardware_marks_nothing()
    {
        Map(level: 0, tables: Permission.Read);
        Assert.Equal(FaultKind.None, Walk(AccessKind.Write, BitKeeping.Ignored));
        Assert.True(IsDirtyInSecond(Gpa));
        Assert.False(IsDirtyInSecond(TableGpa(0)));
    }

    [Fact]
    public void The_data_page_faults_in_the_second_stage_at_its_own_address()
    {
        Map(second: Permission.Read);
        Assert.Equal(FaultKind.NoWritePermission, Walk(AccessKind.Write));
        Assert.Equal(new WalkFault(FaultStage.Second, new(Gpa)), rig.LastFault);
    }

    [Fact]
    public void A_fault_of_the_first_stage_after_one_of_the_second_is_the_first_stages()
    {
        Map(first: Permission.Read, second: Permission.Write);
        Assert.Equal(FaultKind.NoReadPermission, Walk(AccessKind.Read));
        Assert.Equal(new WalkFault(FaultStage.Second, new(Gpa)), rig.LastFault);
        Assert.Equal(FaultKind.NoWritePermission, Walk(AccessKind.Write));
        Assert.Equal(new WalkFault(FaultStage.First), rig.LastFault);
    }

    [Theory]
    [InlineData(Permission.Read, Permission.ReadWrite, Permission.Read)]
    [InlineData(Permission.ReadWrite, Permission.Read, Permission.Read)]
    [InlineData(Permission.ReadWrite, Permission.Write, Permission.Write)]
    [InlineData(Permission.ReadWrite, Permission.ReadWrite, Permission.ReadWrite)]
    public void What_both_stages_allow_is_allowed(Permission first, Permission second, Permission both)
    {
        Map(first, second);
        Assert.Equal(FaultKind.None, rig.Walk(rig.Context(), Iova, AccessKind.TranslateToWrite, out WalkResult found));
        Assert.Equal(both, found.Permission);
    }

    // A translation granted for reading must not cost a page that nobody can write.
    [Fact]
    public void A_page_writable_in_the_second_stage_only_is_not_dirtied_by_a_translation_request()
    {
        Map(first: Permission.Read);
        Assert.Equal(FaultKind.None, Walk(AccessKind.TranslateToWrite));
        Assert.False(IsDirtyInSecond(Gpa));
    }

    // Found by the model: no writing was granted, yet the second stage became dirty.
    [Fact]
    public void A_page_whose_first_stage_waits_for_software_is_not_dirtied_by_a_translation_request()
    {
        Map();
        rig.FirstLeaf(Iova) = X64Format.MarkAccessed(rig.FirstLeaf(Iova));
        Assert.Equal(FaultKind.None, rig.Walk(rig.Context(BitKeeping.Faults), Iova, AccessKind.TranslateToWrite, out WalkResult found));
        Assert.False(found.DirtyIsKnown);
        Assert.False(IsDirtyInSecond(Gpa));
    }

    [Fact]
    public void A_translation_request_for_reading_dirties_neither_stage()
    {
        Map();
        Assert.Equal(FaultKind.None, Walk(AccessKind.TranslateToRead));
        Assert.False(X64Format.IsDirty(rig.FirstLeaf(Iova)) || IsDirtyInSecond(Gpa));
    }

    [Theory]
    [InlineData(21, 12, 12)]
    [InlineData(12, 21, 12)]
    [InlineData(21, 21, 21)]
    [InlineData(21, 30, 21)]
    [InlineData(30, 21, 21)]
    public void The_page_is_the_smaller_of_the_two(int first, int second, int page)
    {
        ulong gpa = 3UL << 30, spa = 5UL << 30, length = 1UL << Math.Max(first, second);
        Assert.Equal(MapResult.Mapped, rig.First.Map(0, gpa, 1UL << 30, Permission.ReadWrite, first, new()));
        Assert.Equal(MapResult.Mapped, rig.Second.Map(gpa, spa, Math.Max(length, 4 * MiB), Permission.ReadWrite, second, new()));
        foreach ((ulong at, ulong physical) in rig.MoveTables()) Assert.Equal(MapResult.Mapped, rig.Second.Map(at, physical, 0x1000, Permission.ReadWrite, 12, new()));
        ulong iova = (2 * MiB) + 0x3456;
        Assert.Equal(FaultKind.None, rig.Walk(rig.Context(), iova, AccessKind.Read, out WalkResult found));
        Assert.Equal((page, spa + iova), (found.PageLog2, found.PhysicalOf(iova)));
    }

    // To let an update lag is no excuse for the permission it needs, nor for the mark its page gets.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_dirty_update_that_may_lag_writes_the_table_through_the_second_stage(bool mayWriteTable)
    {
        Map(level: 0, tables: mayWriteTable ? Permission.ReadWrite : Permission.Read);
        rig.FirstLeaf(Iova) = X64Format.MarkAccessed(rig.FirstLeaf(Iova));
        Assert.Equal(mayWriteTable ? FaultKind.None : FaultKind.NoWritePermission, Walk(AccessKind.Write, mayLag: true));
        Assert.Equal(mayWriteTable, IsDirtyInSecond(TableGpa(0)));
        if (!mayWriteTable) Assert.Equal(new WalkFault(FaultStage.Second, new(SlotGpa(0)), OnTable: true, ToUpdateTable: true), rig.LastFault);
        Assert.False(X64Format.IsDirty(rig.FirstLeaf(Iova)));
        rig.Fence();
        Assert.Equal(mayWriteTable, X64Format.IsDirty(rig.FirstLeaf(Iova)));
    }
}
