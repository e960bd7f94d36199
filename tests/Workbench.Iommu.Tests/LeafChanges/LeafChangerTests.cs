using Workbench.Iommu.Faults;
using Workbench.Iommu.LeafChanges;
using Xunit;
using static Workbench.Iommu.LeafChanges.LeafChangeStepKind;

namespace Workbench.Iommu.Tests.LeafChanges;

/// <summary>What the steps are, what they count, and what is left when they are over.</summary>
public sealed class LeafChangerTests
{
    private const ulong Base = ChangingMachine.Base;

    private static LeafChangeStepKind[] Kinds(IEnumerable<LeafChangeStep> steps) => [.. steps.Select(step => step.Kind)];

    [Fact]
    public void A_split_builds_one_table_stores_one_entry_and_invalidates_once()
    {
        using ChangingMachine m = new("vtd");
        m.Map(1UL << 21, 21);
        List<LeafChangeStep> steps = m.Split(12);
        Assert.Equal([new(Read, 1, 0), new(Build, 512, 1), new(Install, 1, 0), new(Invalidate, 0, 0), new(Settle, 0, 0)], steps);
        Assert.Equal((12, 512L), (m.LeafLog2(Base), m.Table.Leaves));
        Assert.Equal((1L, 512L + 1, 1L, 0L, 1L, 2L), (m.Changer.Counts.LeavesSplit, m.Changer.Counts.EntriesWritten, m.Changer.Counts.TablesAllocated, m.Changer.Counts.TablesFreed, m.Changer.Counts.Invalidations, m.Changer.Counts.Commands));
        Assert.Equal(FaultKind.None, m.Write(Base + 0x5123));
        Assert.Equal([((Base >> 12) + 5, 12)], m.Scan());
    }

    [Fact]
    public void A_collapse_stores_one_entry_invalidates_once_and_frees_one_table()
    {
        using ChangingMachine m = new("vtd");
        int frames = m.Driver.FramesInUse;
        m.Map(1UL << 21, 12);
        int withTables = m.Driver.FramesInUse;
        m.Write(Base + 0x7000);
        List<LeafChangeStep> steps = m.Collapse(21);
        // Above the leaves one entry that leads to their table; and the leaf that is there is looked at first.
        Assert.Equal([new(Read, 1 + 1 + 512, 0), new(Install, 1, 0), new(Invalidate, 0, 0), new(Settle, 512, 1)], steps);
        Assert.Equal((21, 1L), (m.LeafLog2(Base), m.Table.Leaves));
        Assert.Equal(withTables - 1, m.Driver.FramesInUse);
        Assert.True(frames < withTables);
        Assert.Equal([(Base >> 12, 21)], m.Scan());
        Assert.Equal((1L, 0L, 1L), (m.Changer.Counts.LeavesCollapsed, m.Changer.Counts.CollapsesRefused, m.Changer.Counts.TablesFreed));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_region_that_cannot_be_one_leaf_is_refused_once_whatever_names_it(int blockChangeLevel)
    {
        using ChangingMachine m = new("smmu", blockChangeLevel);
        m.Map((1UL << 21) - 0x1000, 12);
        List<LeafChangeStep> steps = m.Collapse(21, Base, Base + 0x5000, Base + 0x9000);
        Assert.Equal([Read], Kinds(steps));
        Assert.Equal((1L, 0L, 0L), (m.Changer.Counts.CollapsesRefused, m.Changer.Counts.LeavesCollapsed, m.Changer.Counts.Invalidations));
    }
}
