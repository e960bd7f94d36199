using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.PageTables;

/// <summary>Named examples beside the model-based tests. Linux's rules for unmapping: hardware.md 2h [L].</summary>
public sealed class PageTableTests : IDisposable
{
    private const ulong MiB = 1UL << 20;

    private readonly PhysicalMemory memory = new(64UL << 20);
    private readonly PageTable<VtdSecondStageFormat> table;
    private readonly InvalidationGather gather = new();

    public PageTableTests() => table = new(memory, levels: 4);

    public void Dispose() => memory.Dispose();

    private MapResult Map(ulong iova, ulong physical, ulong length, Permission permission = Permission.ReadWrite, int largest = 30) => table.Map(iova, physical, length, permission, largest, gather);

    [Fact]
    public void Unmap_of_part_of_a_large_page_that_begins_at_its_start_removes_the_whole_page()
    {
        Map(2 * MiB, 4 * MiB, 2 * MiB);
        Assert.Equal(2 * MiB, table.Unmap(2 * MiB, 0x1000, null, gather));
        Assert.Equal(0, table.Leaves);
        Assert.Equal(((2 * MiB), (4 * MiB) - 1), (gather.FirstByte, gather.LastByte));
    }

    [Fact]
    public void Unmap_that_begins_inside_a_large_page_removes_nothing_of_it()
    {
        Map(2 * MiB, 4 * MiB, 2 * MiB);
        Assert.Equal(0UL, table.Unmap((2 * MiB) + 0x1000, 2 * MiB, null, gather));
        Assert.Equal(1, table.Leaves);
        Assert.True(gather.IsEmpty);
    }

    [Fact]
    public void Unmap_reports_what_was_dirty_to_the_last_moment()
    {
        Map(2 * MiB, 4 * MiB, 2 * MiB);
        table.TryGetLeaf(2 * MiB, out ulong entry, out _);
        Assert.Equal(0x0040_0083UL, entry);
        MarkDirty(2 * MiB);
        ReportedLeaves reported = new();
        table.Unmap(2 * MiB, 2 * MiB, reported, gather);
        Assert.Equal([(512UL, 21)], reported.All);
    }

    private void MarkDirty(ulong iova)
    {
        int level = table.RootLevel;
        ulong at = table.Root.Value;
        while (true)
        {
            ref ulong slot = ref memory.Word(new(at + (((iova >> VtdSecondStageFormat.Shift(level)) & 511) << 3)));
            if (VtdSecondStageFormat.IsLeaf(slot, level))
            {
                slot = VtdSecondStageFormat.MarkDirty(slot);
                return;
            }
            at = VtdSecondStageFormat.TableAddress(slot);
            level--;
        }
    }

    [Fact]
    public void Unmap_frees_a_table_only_when_the_range_covers_all_of_it()
    {
        Map(0, 0, 0x1000);
        int frames = memory.FramesInUse;
        table.Unmap(0, 0x1000, null, gather);
        Assert.Equal(frames, memory.FramesInUse);
        Assert.False(gather.TablesFreed);
        table.Unmap(0, 2 * MiB, null, gather);
        Assert.Equal(frames - 1, memory.FramesInUse);
        Assert.True(gather.TablesFreed);
    }

    [Fact]
    public void A_large_leaf_takes_the_place_of_an_empty_table_and_asks_for_the_walk_caches()
    {
        Map(0, 0x5000, 0x1000);
        int frames = memory.FramesInUse;
        table.Unmap(0, 0x1000, null, gather);
        gather.Reset();
        Assert.Equal(MapResult.Mapped, Map(0, 2 * MiB, 2 * MiB));
        Assert.Equal(frames - 1, memory.FramesInUse);
        Assert.True(gather.TablesFreed);
        Assert.Equal((0UL, (2 * MiB) - 1), (gather.FirstByte, gather.LastByte));
        Assert.Equal(1, table.Leaves);
    }

    [Fact]
    public void Map_over_one_mapped_page_changes_nothing()
    {
        Map(0x5000, 0x5000, 0x1000);
        int frames = memory.FramesInUse;
        Assert.Equal(MapResult.AlreadyMapped, Map(0, 64 * MiB, 4 * MiB));
        Assert.Equal((1, frames), (table.Leaves, memory.FramesInUse));
        Assert.False(table.TryGetLeaf(0x4000, out _, out _));
    }

    [Theory]
    [InlineData(0UL, 0UL, 0UL)]
    [InlineData(0x800UL, 0UL, 0x1000UL)]
    [InlineData(0UL, 0x800UL, 0x1000UL)]
    [InlineData(0UL, 0UL, 0x1800UL)]
    [InlineData(1UL << 48, 0UL, 0x1000UL)]
    [InlineData((1UL << 48) - 0x1000, 0UL, 0x2000UL)]
    [InlineData(0UL, 0UL, 0xFFFF_FFFF_FFFF_F000UL)]
    public void Map_refuses_what_is_empty_unaligned_or_beyond_the_width(ulong iova, ulong physical, ulong length)
    {
        int frames = memory.FramesInUse;
        Assert.Equal(MapResult.OutOfRange, Map(iova, physical, length));
        Assert.Equal(frames, memory.FramesInUse);
    }

    // An entry holds address bits 51:12; anything above would land in software's bits and map another page.
    [Theory]
    [InlineData(1UL << 52, 0x1000UL)]
    [InlineData((1UL << 52) - 0x1000, 0x2000UL)]
    [InlineData(0xFFFF_FFFF_FFFF_F000UL, 0x1000UL)]
    [InlineData(0xFFFF_FFFF_FFFF_F000UL, 0x2000UL)]
    public void Map_refuses_a_physical_address_that_no_entry_can_hold(ulong physical, ulong length)
    {
        int frames = memory.FramesInUse;
        Assert.Equal(MapResult.OutOfRange, Map(0, physical, length));
        Assert.Equal((0, frames), (table.Leaves, memory.FramesInUse));
    }

    // R = W = 0 is not present on VT-d: such a leaf would be counted and never removed.
    [Fact]
    public void Map_refuses_a_permission_that_makes_no_present_entry() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Map(0, 0x1000, 0x1000, Permission.None));

    [Fact]
    public void Map_refuses_leaves_below_4_KiB() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Map(0, 0x1000, 0x1000, largest: 11));

    [Fact]
    public void The_last_page_of_the_width_can_be_mapped()
    {
        Assert.Equal(MapResult.Mapped, Map((1UL << 48) - 0x1000, 0, 0x1000));
        Assert.True(table.TryGetLeaf((1UL << 48) - 1, out _, out _));
        Assert.False(table.TryGetLeaf(1UL << 48, out _, out _));
    }

    // Found by the model: a slice that paid for the way down to its place never came past it.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_scan_with_any_budget_makes_progress(int slice)
    {
        Map(0x3000, 0x3000, 0x1000);
        MarkDirty(0x3000);
        ReportedLeaves found = new();
        ScanBudget budget = new() { ScanNs = 1 };
        ulong? next = 0;
        for (int slices = 0; next is { } from && slices < 10_000; slices++)
        {
            budget.RemainingNs = slice;
            next = table.ScanDirty(from, ulong.MaxValue, clear: true, ref budget, found, gather);
        }
        Assert.Null(next);
        Assert.Equal([(3UL, 12)], found.All);
        Assert.Equal(4 * 512, budget.EntriesScanned);
    }

    [Fact]
    public void A_scan_without_time_left_does_nothing()
    {
        Map(0, 0, 0x1000);
        MarkDirty(0);
        ReportedLeaves found = new();
        ScanBudget budget = new() { RemainingNs = 0, ScanNs = 1 };
        Assert.Equal(0x777UL, table.ScanDirty(0x777, ulong.MaxValue, clear: true, ref budget, found, gather));
        Assert.Equal(0, budget.EntriesScanned);
        Assert.Empty(found.All);
    }

    [Fact]
    public void A_scan_that_does_not_clear_leaves_dirty_as_it_is()
    {
        Map(0, 0, 0x1000);
        MarkDirty(0);
        ReportedLeaves found = new();
        ScanBudget budget = new() { RemainingNs = long.MaxValue };
        table.ScanDirty(0, ulong.MaxValue, clear: false, ref budget, found, gather);
        table.ScanDirty(0, ulong.MaxValue, clear: false, ref budget, found, gather);
        Assert.Equal([(0UL, 12), (0UL, 12)], found.All);
        Assert.Equal(0, budget.EntriesCleared);
    }

    [Fact]
    public void Scanning_and_clearing_cost_what_the_budget_says()
    {
        Map(0, 0, 0x1000);
        MarkDirty(0);
        ScanBudget budget = new() { RemainingNs = 1_000_000, ScanNs = 3, ClearNs = 100 };
        table.ScanDirty(0, ulong.MaxValue, clear: true, ref budget, new ReportedLeaves(), gather);
        // One entry of each table above the leaf leads down; all 512 of each table are looked at.
        Assert.Equal(4 * 512, budget.EntriesScanned);
        Assert.Equal(1, budget.EntriesCleared);
        Assert.Equal(1_000_000 - (3 * 4 * 512) - 100, budget.RemainingNs);
    }
}
