using CsCheck;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.PageTables;

/// <summary>Dirty updates that become visible after their write: at a fence, or when 64 newer ones push them out. Arm DDI 0487, D8.5.3.</summary>
public sealed class LaggingUpdatesTests : IDisposable
{
    private const int Most = 64;

    private readonly TableRig<VtdSecondStageFormat> rig = new(TableShape.OfLevels<VtdSecondStageFormat>(3));
    private IommuCounters counters;

    public void Dispose() => rig.Dispose();

    private TranslationContext Lagging => rig.Context with { Table = rig.Context.Table! with { DirtyMayLag = true } };

    private static ulong Page(int n) => (ulong)n << 12;

    private void MapPages(int count, Permission permission = Permission.ReadWrite) => Assert.Equal(MapResult.Mapped, rig.Map(0, 1UL << 30, Page(count), permission, 12));

    private FaultKind Write(int page) => rig.Walker.Walk(Lagging, Page(page), AccessKind.Write, ref counters, out _);

    private bool IsDirty(int page) => VtdSecondStageFormat.IsDirty(rig.LeafWord(Page(page)));

    private void Fence() => rig.Walker.Fence(ref counters);

    [Fact]
    public void A_written_page_is_clean_until_the_fence()
    {
        MapPages(1);
        Assert.Equal(FaultKind.None, rig.Walker.Walk(Lagging, 0, AccessKind.Write, ref counters, out WalkResult found));
        Assert.True(found.DirtyIsKnown);
        Assert.False(IsDirty(0));
        Assert.Equal(0, counters.DirtyUpdates);
        Fence();
        Assert.True(IsDirty(0) && VtdSecondStageFormat.IsAccessed(rig.LeafWord(0)));
        Assert.Equal(1, counters.DirtyUpdates);
        Fence();
        Assert.Equal(1, counters.DirtyUpdates);
    }

    [Fact]
    public void Newer_updates_push_the_oldest_out()
    {
        MapPages(Most + 2);
        for (int page = 0; page < Most; page++) Assert.Equal(FaultKind.None, Write(page));
        Assert.DoesNotContain(Enumerable.Range(0, Most), IsDirty);
        Write(Most);
        Assert.Equal([0], Enumerable.Range(0, Most + 2).Where(IsDirty));
        Write(Most + 1);
        Assert.Equal([0, 1], Enumerable.Range(0, Most + 2).Where(IsDirty));
        Fence();
        Assert.Equal(Most + 2, Enumerable.Range(0, Most + 2).Count(IsDirty));
    }

    [Fact]
    public void A_read_does_not_lag()
    {
        MapPages(1);
        Assert.Equal(FaultKind.None, rig.Walker.Walk(Lagging, 0, AccessKind.Read, ref counters, out _));
        Assert.True(VtdSecondStageFormat.IsAccessed(rig.LeafWord(0)));
    }

    // IHI 0070 §3.13.7: with ATS the dirty state is visible before the data.
    [Fact]
    public void A_translation_request_does_not_lag()
    {
        MapPages(1);
        Assert.Equal(FaultKind.None, rig.Walker.Walk(Lagging, 0, AccessKind.TranslateToWrite, ref counters, out _));
        Assert.True(IsDirty(0));
    }

    [Fact]
    public void A_page_unmapped_meanwhile_is_not_touched()
    {
        MapPages(2);
        Write(0);
        Write(1);
        rig.Table.Unmap(0, 0x1000, null, new());
        Fence();
        Assert.False(rig.Table.TryGetLeaf(0, out _, out _));
        Assert.True(IsDirty(1));
        Assert.Equal(1, counters.DirtyUpdates);
    }

    [Fact]
    public void A_page_that_leads_elsewhere_by_now_is_not_touched()
    {
        MapPages(1);
        Write(0);
        rig.Table.Unmap(0, 0x1000, null, new());
        Assert.Equal(MapResult.Mapped, rig.Map(0, 2UL << 30, 0x1000));
        Fence();
        Assert.False(IsDirty(0));
    }

    // Arm DDI 0487, D8.5: an update repeats until it matches what the entry is now.
    [Fact]
    public void A_block_split_meanwhile_has_the_page_that_was_written_marked()
    {
        Assert.Equal(MapResult.Mapped, rig.Map(0, 1UL << 30, 1UL << 21));
        Write(5);
        LeafChangeCounts changed = default;
        ILeafChange split = rig.Table.BeginSplit(0, 12, LeafChangeProtocol.Sound, null, ref changed)!;
        split.Build(ref changed);
        split.Install(ref changed);
        Assert.Empty(rig.Scan(clear: false, out _));
        Fence();
        Assert.Equal([(5UL, 12)], rig.Scan(clear: false, out _));
        Assert.Equal(1, counters.DirtyUpdates);
    }

    [Fact]
    public void A_block_split_over_two_levels_meanwhile_has_the_page_that_was_written_marked()
    {
        Assert.Equal(MapResult.Mapped, rig.Map(0, 1UL << 30, 1UL << 30));
        Write(70_005);
        LeafChangeCounts changed = default;
        ILeafChange split = rig.Table.BeginSplit(0, 12, LeafChangeProtocol.Sound, null, ref changed)!;
        split.Build(ref changed);
        split.Install(ref changed);
        Fence();
        Assert.Equal([(70_005UL, 12)], rig.Scan(clear: false, out _));
    }

    [Fact]
    public void Pages_collapsed_meanwhile_are_marked_in_the_old_table_and_carried_from_there()
    {
        MapPages(512);
        Write(5);
        LeafChangeCounts changed = default;
        ILeafChange collapse = rig.Table.BeginCollapse(0, 21, LeafChangeProtocol.Sound, null, ref changed)!;
        collapse.Install(ref changed);
        Fence();
        Assert.Empty(rig.Scan(clear: false, out _));
        collapse.Settle(ref changed);
        Assert.Equal([(0UL, 21)], rig.Scan(clear: false, out _));
        Assert.Equal((1L, 1L), (changed.LateDirty, changed.TablesFreed));
    }

    // A run's members lead on from each other: a member that became a page of its own leads where it led.
    [Fact]
    public void A_run_split_meanwhile_has_the_page_that_was_written_marked_and_one_made_meanwhile_is_marked()
    {
        using TableRig<RunFormat> own = new(TableShape.OfLevels<RunFormat>(2));
        TranslationContext context = own.Context with { Table = own.Context.Table! with { DirtyMayLag = true } };
        Assert.Equal(MapResult.Mapped, own.Map(0, 1UL << 30, 1UL << 16));
        Assert.Equal(FaultKind.None, own.Walker.Walk(context, 0x7000, AccessKind.Write, ref counters, out _));
        LeafChangeCounts changed = default;
        ILeafChange split = own.Table.BeginSplit(0, 12, LeafChangeProtocol.Sound, null, ref changed)!;
        split.Build(ref changed);
        split.Install(ref changed);
        own.Walker.Fence(ref counters);
        Assert.Equal([(7UL, 12)], own.Scan(clear: true, out _));

        Assert.Equal(FaultKind.None, own.Walker.Walk(context, 0x9000, AccessKind.Write, ref counters, out _));
        ILeafChange collapse = own.Table.BeginCollapse(0, 16, LeafChangeProtocol.Sound, null, ref changed)!;
        collapse.Install(ref changed);
        own.Walker.Fence(ref counters);
        Assert.Equal([(0UL, 16)], own.Scan(clear: true, out _));
    }

    [Fact]
    public void A_block_that_became_a_table_of_other_pages_is_not_touched()
    {
        Assert.Equal(MapResult.Mapped, rig.Map(0, 1UL << 30, 1UL << 21));
        Write(5);
        rig.Table.Unmap(0, 1UL << 21, null, new());
        Assert.Equal(MapResult.Mapped, rig.Map(0, 2UL << 30, 1UL << 21, largest: 12));
        Fence();
        Assert.Empty(rig.Scan(clear: false, out _));
    }

    // Where dirty is coded as permission, to mark it would even allow writing.
    [Fact]
    public void A_page_that_may_only_be_read_by_now_is_not_touched()
    {
        MapPages(1);
        Write(0);
        rig.Table.Unmap(0, 0x1000, null, new());
        MapPages(1, Permission.Read);
        Fence();
        Assert.False(IsDirty(0));
    }

    // Found in review: dirty is the context's to ask for.
    [Fact]
    public void Where_only_accessed_is_kept_no_page_becomes_dirty()
    {
        MapPages(1);
        TranslationContext accessedOnly = Lagging with { Table = Lagging.Table! with { Dirty = BitKeeping.Ignored } };
        Assert.Equal(FaultKind.None, rig.Walker.Walk(accessedOnly, 0, AccessKind.Write, ref counters, out _));
        Fence();
        Assert.Equal((true, false), (VtdSecondStageFormat.IsAccessed(rig.LeafWord(0)), IsDirty(0)));
    }

    [Fact]
    public void Walks_that_may_not_update_entries_fault_at_once()
    {
        MapPages(1);
        TranslationContext incoherent = Lagging with { Table = Lagging.Table! with { CoherentWalks = false, MarksTables = false } };
        Assert.Equal(FaultKind.DirtyUpdateNotCoherent, rig.Walker.Walk(incoherent, 0, AccessKind.Write, ref counters, out _));
        Fence();
        Assert.False(IsDirty(0));
    }

    // The oracle: a queue of pages, of which memory shows all but the last 64.
    [Fact]
    public void They_are_a_queue() => Gen.Int[-3, 99].Array[1, 400].Sample(steps =>
    {
        using TableRig<VtdSecondStageFormat> own = new(TableShape.OfLevels<VtdSecondStageFormat>(3));
        own.Map(0, 1UL << 30, Page(100), largest: 12);
        TranslationContext lagging = own.Context with { Table = own.Context.Table! with { DirtyMayLag = true } };
        Queue<int> waiting = [];
        HashSet<int> dirty = [];
        IommuCounters count = default;
        foreach (int step in steps)
        {
            if (step < 0)
            {
                own.Walker.Fence(ref count);
                while (waiting.TryDequeue(out int page)) dirty.Add(page);
            }
            else
            {
                own.Walker.Walk(lagging, Page(step), AccessKind.Write, ref count, out _);
                if (!dirty.Contains(step)) waiting.Enqueue(step);
                if (waiting.Count > Most) dirty.Add(waiting.Dequeue());
            }
            Assert.Equal(dirty.Count, count.DirtyUpdates);
        }
        Assert.Equal(dirty.Order(), Enumerable.Range(0, 100).Where(page => VtdSecondStageFormat.IsDirty(own.LeafWord(Page(page)))));
    }, iter: 100);
}
