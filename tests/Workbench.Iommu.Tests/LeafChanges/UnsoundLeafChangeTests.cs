using Workbench.Iommu.Caches;
using Workbench.Iommu.Faults;
using Workbench.Iommu.LeafChanges;
using Xunit;
using static Workbench.Iommu.LeafChanges.LeafChangeStepKind;

namespace Workbench.Iommu.Tests.LeafChanges;

/// <summary>Every unsound choice loses a page that the sound one keeps, and something says why.</summary>
public sealed class UnsoundLeafChangeTests
{
    private const ulong Base = ChangingMachine.Base;
    private const ulong Page = Base + 0x5000;

    private static readonly (ulong, ulong) Block = (Base, Base + (1UL << 21) - 1);
    private static readonly (ulong, ulong) OnePage = (Page, Page + 0xFFF);

    private static bool IsReported(ChangingMachine m, ulong iova) => ChangingMachine.Holds(m.Scan(), iova);

    /// <summary>Writes the page after the first step of a kind, and says whether the next report holds it.</summary>
    private static bool ReportsWriteAfter(ChangingMachine m, IEnumerable<LeafChangeStep> steps, LeafChangeStepKind kind, ulong page = Page)
    {
        bool isWritten = false;
        foreach (LeafChangeStep step in steps)
        {
            if (isWritten || step.Kind != kind) continue;
            Assert.Equal(FaultKind.None, m.Write(page));
            isWritten = true;
        }
        Assert.True(isWritten);
        return IsReported(m, page);
    }

    private static ChangingMachine Split(LeafChangeProtocol protocol, string model = "vtd")
    {
        ChangingMachine m = new(model, protocol: protocol);
        m.Map(1UL << 21, 21);
        return m;
    }

    private static ChangingMachine Collapse(LeafChangeProtocol protocol, string model = "vtd")
    {
        ChangingMachine m = new(model, protocol: protocol);
        m.Map(1UL << 21, 12);
        return m;
    }

    [Theory]
    [InlineData(DirtyCarry.Carry, true)]
    [InlineData(DirtyCarry.Drop, false)]
    public void A_split_that_does_not_carry_D_loses_it(DirtyCarry dirty, bool isReported)
    {
        using ChangingMachine m = Split(new() { Dirty = dirty });
        m.Write(Page);
        m.Split(12);
        Assert.Equal(isReported, IsReported(m, Page));
        Assert.Equal(isReported ? [] : [(Block.Item1, Block.Item2, "split: D not carried")], m.Lost);
    }

    [Theory]
    [InlineData(DirtyCarry.Carry, true)]
    [InlineData(DirtyCarry.Drop, false)]
    public void A_collapse_that_does_not_carry_D_loses_it(DirtyCarry dirty, bool isReported)
    {
        using ChangingMachine m = Collapse(new() { Dirty = dirty });
        m.Write(Page);
        m.Collapse(21);
        Assert.Equal(isReported, IsReported(m, Page));
        Assert.Equal(isReported ? [] : [(OnePage.Item1, OnePage.Item2, "collapse: D not carried")], m.Lost);
    }

    [Theory]
    [InlineData(LeafInstall.CompareAndSwap, true)]
    [InlineData(LeafInstall.PlainStore, false)]
    public void A_split_by_a_plain_store_loses_a_D_set_meanwhile(LeafInstall install, bool isReported)
    {
        using ChangingMachine m = Split(new() { Install = install });
        Assert.Equal(isReported, ReportsWriteAfter(m, m.Changer.Split(m.Domain, [Base], 12), Build));
        Assert.Equal(isReported ? [] : [(Block.Item1, Block.Item2, "split: plain store over a D set meanwhile")], m.Lost);
        Assert.Equal(isReported ? 1 : 0, m.Changer.Counts.LateDirty);
    }

    [Theory]
    [InlineData(LeafInstall.CompareAndSwap, true)]
    [InlineData(LeafInstall.PlainStore, false)]
    public void A_collapse_into_a_run_by_plain_stores_loses_a_D_set_meanwhile(LeafInstall install, bool isReported)
    {
        using ChangingMachine m = Collapse(new() { Install = install }, "riscv");
        Assert.Equal(isReported, ReportsWriteAfter(m, m.Changer.Collapse(m.Domain, [Base], 16), Read));
        Assert.Equal(isReported ? [] : [(OnePage.Item1, OnePage.Item2, "collapse: plain store over a D set meanwhile")], m.Lost);
    }

    [Theory]
    [InlineData(LateDirty.Or, true)]
    [InlineData(LateDirty.Ignore, false)]
    public void A_split_that_ignores_a_late_D_loses_it(LateDirty late, bool isReported)
    {
        using ChangingMachine m = Split(new() { LateDirty = late });
        Assert.Equal(isReported, ReportsWriteAfter(m, m.Changer.Split(m.Domain, [Base], 12), Build));
        Assert.Equal(isReported ? [] : [(Block.Item1, Block.Item2, "split: late D ignored")], m.Lost);
    }

    [Theory]
    [InlineData(LateDirty.Or, Read, true)]
    [InlineData(LateDirty.Or, Install, true)]
    [InlineData(LateDirty.Ignore, Read, false)]
    [InlineData(LateDirty.Ignore, Install, false)]
    public void A_collapse_that_ignores_a_late_D_loses_it(LateDirty late, LeafChangeStepKind moment, bool isReported)
    {
        using ChangingMachine m = Collapse(new() { LateDirty = late });
        // A walk of a neighbour, so that the way to the old table is in the paging-structure caches.
        m.Read(Base);
        Assert.Equal(isReported, ReportsWriteAfter(m, m.Changer.Collapse(m.Domain, [Base], 21), moment));
        Assert.Equal(isReported ? [] : [(OnePage.Item1, OnePage.Item2, "collapse: late D ignored")], m.Lost);
    }

    [Theory]
    [InlineData(TableRelease.AfterCompletion, true)]
    [InlineData(TableRelease.BeforeFlush, false)]
    public void A_collapse_that_frees_its_tables_before_the_flush_loses_what_is_written_there(TableRelease release, bool isReported)
    {
        using ChangingMachine m = Collapse(new() { Release = release });
        int frames = m.Driver.FramesInUse;
        m.Read(Base);
        Assert.Equal(isReported, ReportsWriteAfter(m, m.Changer.Collapse(m.Domain, [Base], 21), Install));
        Assert.Equal(isReported ? [] : [(OnePage.Item1, OnePage.Item2, "collapse: tables freed before the flush")], m.Lost);
        Assert.Equal(frames - 1, m.Driver.FramesInUse);
    }

    // The freed table is someone's again while hardware still walks it: that one's bits change, and nothing breaks.
    [Fact]
    public void Hardware_in_a_table_freed_too_early_does_not_bring_the_machine_down()
    {
        using ChangingMachine m = Collapse(new() { Release = TableRelease.BeforeFlush });
        m.Read(Base);
        foreach (LeafChangeStep step in m.Changer.Collapse(m.Domain, [Base], 21))
        {
            if (step.Kind != Install) continue;
            m.Map(1UL << 21, 12, iova: 3UL << 30);
            m.Driver.Hardware.Translate(new DmaRequest(ChangingMachine.Nic, Page, isWrite: true), out _);
        }
        m.Scan();
        Assert.Equal(FaultKind.None, m.Write(Page));
        Assert.True(IsReported(m, Page));
    }

    [Theory]
    [InlineData(LeafFlush.After, true)]
    [InlineData(LeafFlush.Before, false)]
    [InlineData(LeafFlush.None, false)]
    public void A_split_without_a_flush_after_it_leaves_the_old_block_in_the_IOTLB(LeafFlush flush, bool isReported)
    {
        using ChangingMachine m = Split(new() { Flush = flush }, "smmu");
        foreach (LeafChangeStep step in m.Changer.Split(m.Domain, [Base], 12))
            if (step.Kind == Build) m.Write(Page); // after an early flush the block is cached again
        m.Scan();
        // The scan's flush is for pages only (TTL = 3): the block, known to be dirty, stays.
        m.Write(Base + 0x9000);
        Assert.Equal(!isReported, m.Swallows(Base + 0x9000));
        Assert.Equal(isReported, IsReported(m, Base + 0x9000));
    }

    [Theory]
    [InlineData(LeafFlush.After, true)]
    [InlineData(LeafFlush.Before, false)]
    [InlineData(LeafFlush.None, false)]
    public void A_collapse_without_a_flush_after_it_leaves_the_old_table_in_the_walk_caches(LeafFlush flush, bool isReported)
    {
        using ChangingMachine m = Collapse(new() { Flush = flush });
        m.Read(Base);
        // After an early flush the walk caches are filled again before the install.
        foreach (LeafChangeStep step in m.Changer.Collapse(m.Domain, [Base], 21))
            if (step.Kind == Read) m.Read(Base);
        Assert.Equal(FaultKind.None, m.Write(Page));
        Assert.Equal(!isReported, m.Swallows(Page));
        Assert.Equal(isReported, IsReported(m, Page));
    }

    [Theory]
    [InlineData(0, true, FaultKind.TlbConflict)]
    [InlineData(1, true, FaultKind.TlbConflict)]
    [InlineData(2, true, FaultKind.None)]
    [InlineData(1, false, FaultKind.None)]
    public void A_block_changed_at_once_on_a_part_that_does_not_allow_it_conflicts_in_the_TLB(int blockChangeLevel, bool skipsBreak, FaultKind expected)
    {
        using ChangingMachine m = new("smmu", blockChangeLevel, new() { SkipBreak = skipsBreak });
        m.Map(1UL << 21, 21);
        m.Read(Page);
        FaultKind worst = FaultKind.None;
        foreach (LeafChangeStep _ in m.Changer.Split(m.Domain, [Base], 12))
            if (m.LeafLog2(Page) == 12 && m.Write(Page) is var fault and not FaultKind.None) worst = fault;
        Assert.Equal(expected, worst);
        // The invalidation drops all that match.
        Assert.Equal(FaultKind.None, m.Write(Page));
        Assert.All(m.Driver.Hardware.DrainFaults(), fault => Assert.Equal(FaultKind.TlbConflict, fault.Kind));
    }

    [Theory]
    [InlineData(1, FaultKind.TlbConflict)]
    [InlineData(2, FaultKind.None)]
    public void Pages_that_became_a_block_at_once_conflict_with_it(int blockChangeLevel, FaultKind expected)
    {
        foreach (IotlbGeometry geometry in (IotlbGeometry[])[new() { Sets = 16, Ways = 4, WalkCaches = false }, new() { Sets = 1, Ways = 64, WalkCaches = false }])
        {
            using ChangingMachine m = new("smmu", blockChangeLevel, new() { SkipBreak = true }, new() { Iotlb = geometry });
            m.Map(1UL << 21, 12);
            m.Read(Base);
            FaultKind worst = FaultKind.None;
            foreach (LeafChangeStep step in m.Changer.Collapse(m.Domain, [Base], 21))
                if (step.Kind == Install && m.Write(Page) is var fault and not FaultKind.None) worst = fault;
            Assert.Equal((expected, FaultKind.None), (worst, m.Write(Page)));
        }
    }
}
