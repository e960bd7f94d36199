using Workbench.Iommu.Faults;
using Workbench.Iommu.LeafChanges;
using Xunit;

namespace Workbench.Iommu.Tests.LeafChanges;

/// <summary>A write between any two steps of a split or a collapse is in the next report, on every part and by every rule, and so is the one after that.</summary>
public sealed class InterleavedWriteTests
{
    private const ulong Base = ChangingMachine.Base;

    /// <summary>What the device did with the page before.</summary>
    public enum Past { Nothing, Read, Written, WrittenAndReported }

    public static TheoryData<string, int, bool> Machines
    {
        get
        {
            TheoryData<string, int, bool> machines = [];
            foreach (IommuModel model in IommuCatalogue.Models)
                foreach (bool isOdd in (bool[])[false, true])
                {
                    // The odd ones have dirty bits that lag where there are such, and devices with TLBs of their own elsewhere.
                    if (!model.Name.StartsWith("smmu", StringComparison.Ordinal)) machines.Add(model.Name, 2, isOdd);
                    else for (int level = 0; level <= 2; level++) machines.Add(model.Name, level, isOdd);
                }
            return machines;
        }
    }

    private static (int Large, int Small)[] SizesOf(string model) => model switch
    {
        "amd" => [(21, 12), (30, 21), (23, 21), (16, 12), (22, 13)],
        "smmu" or "smmu-s2" => [(21, 12), (30, 21), (16, 12), (25, 21), (25, 12)],
        "riscv" or "riscv-g" => [(21, 12), (30, 21), (16, 12), (21, 16)],
        _ => [(21, 12), (30, 21)],
    };

    [Theory]
    [MemberData(nameof(Machines))]
    public void It_is_reported(string model, int blockChangeLevel, bool isOdd)
    {
        bool isArm = model.StartsWith("smmu", StringComparison.Ordinal);
        IommuSpec like = new() { DirtyMayLag = isOdd && isArm, DeviceTlbEntries = isOdd && !isArm ? 8 : 0 };
        foreach ((int large, int small) in SizesOf(model))
            foreach (Past past in Enum.GetValues<Past>())
                foreach (bool isSplit in (bool[])[true, false])
                {
                    bool isOver = false;
                    for (int moment = 0; !isOver; moment++) isOver = Run(model, blockChangeLevel, like, large, small, past, isSplit, moment);
                }
    }

    /// <summary>True if the change was over before the moment came.</summary>
    private static bool Run(string model, int blockChangeLevel, IommuSpec like, int large, int small, Past past, bool isSplit, int moment)
    {
        string where = $"{(isSplit ? "split" : "collapse")} of 2^{large} and 2^{small}, {past}, after step {moment}";
        using ChangingMachine m = new(model, blockChangeLevel, like: like);
        m.Map(1UL << large, isSplit ? large : small);
        ulong page = Base + (1UL << (large - 1)) + 0x123;
        if (past == Past.Read) m.Read(page);
        if (past >= Past.Written) m.Write(page);
        if (past == Past.WrittenAndReported) Assert.True(ChangingMachine.Holds(m.Scan(), page), where);

        int steps = 0;
        bool wasWritten = false;
        foreach (LeafChangeStep step in isSplit ? m.Changer.Split(m.Domain, [Base], small) : m.Changer.Collapse(m.Domain, [page], large))
        {
            if (steps++ != moment) continue;
            FaultKind fault = m.Write(page);
            wasWritten = fault == FaultKind.None;
            if (!wasWritten) Assert.Equal((LeafChangeRule.BreakBeforeMake, FaultKind.NotPresent), (m.Driver.LeafChangeRule, fault));
        }
        Assert.True(isSplit ? m.LeafLog2(page) == small : m.LeafLog2(page) == large, where);
        // DMA that faulted comes again.
        if (!wasWritten) Assert.Equal(FaultKind.None, m.Write(page));
        Assert.True(ChangingMachine.Holds(m.Scan(), page), where);
        Assert.Equal(FaultKind.None, m.Write(page));
        Assert.True(ChangingMachine.Holds(m.Scan(), page), $"{where}: second round");
        Assert.Empty(m.Scan());
        Assert.Empty(m.Lost);
        return moment >= steps;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Several_leaves_take_one_invalidation_two_with_nT_and_one_each_if_they_are_broken(int blockChangeLevel)
    {
        using ChangingMachine m = new("smmu", blockChangeLevel);
        m.Map(3UL << 21, 21);
        m.Split(12, Base, Base + 0x5000, Base + (1UL << 21), Base + (2UL << 21));
        Assert.Equal((3L, blockChangeLevel switch { 0 => 3L, 1 => 2L, _ => 1L }), (m.Changer.Counts.LeavesSplit, m.Changer.Counts.Invalidations));
        m.Collapse(21, Base, Base + 0x5000, Base + (1UL << 21), Base + (2UL << 21));
        Assert.Equal((3L, blockChangeLevel switch { 0 => 6L, 1 => 4L, _ => 2L }), (m.Changer.Counts.LeavesCollapsed, m.Changer.Counts.Invalidations));
        Assert.Equal(3, m.Table.Leaves);
    }

    // IHI 0070 §3.21.1.3: which entries form a run may change at once, but for parts that break whatever changes.
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public void A_run_changes_at_once_unless_the_part_breaks_everything(int blockChangeLevel, bool faults)
    {
        using ChangingMachine m = new("smmu", blockChangeLevel);
        m.Map(1UL << 16, 16);
        List<bool> faulted = [];
        foreach (LeafChangeStep step in m.Changer.Split(m.Domain, [Base], 12))
            if (step.Kind == LeafChangeStepKind.Install && faulted.Count == 0) faulted.Add(m.Write(Base + 0x3000) != FaultKind.None);
        foreach (LeafChangeStep step in m.Changer.Collapse(m.Domain, [Base], 16))
            if (step.Kind == LeafChangeStepKind.Install && faulted.Count == 1) faulted.Add(m.Write(Base + 0x4000) != FaultKind.None);
        Assert.Equal([faults, faults], faulted);
        Assert.Equal((2L, FaultKind.None, FaultKind.None), (m.Changer.Counts.Invalidations, m.Write(Base + 0x3000), m.Write(Base + 0x4000)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Only_broken_entries_make_DMA_fault(int blockChangeLevel)
    {
        // Without paging-structure caches every walk sees what is there now, and each page is cached once only.
        using ChangingMachine m = new("smmu", blockChangeLevel, like: new() { Iotlb = new() { Sets = 16, Ways = 4, WalkCaches = false } });
        m.Map(1UL << 21, 21);
        ulong page = Base;
        foreach (LeafChangeStep step in m.Changer.Split(m.Domain, [Base], 12))
            if (step.Kind == LeafChangeStepKind.Install) Assert.Equal((FaultKind.None, FaultKind.None), (m.Read(page += 0x1000), m.Write(page)));
        foreach (LeafChangeStep step in m.Changer.Collapse(m.Domain, [Base], 21))
            if (step.Kind == LeafChangeStepKind.Install) Assert.Equal((FaultKind.None, FaultKind.None), (m.Read(page += 0x1000), m.Write(page)));
        Assert.Equal(0UL, Word(m) & (1UL << 16));
    }

    private static ulong Word(ChangingMachine m) => m.Table.TryGetLeaf(Base, out ulong entry, out _) ? entry : 0;

    [Fact]
    public void nT_is_set_while_a_block_changes_and_gone_afterwards()
    {
        using ChangingMachine m = new("smmu", blockChangeLevel: 1);
        m.Map(1UL << 21, 21);
        List<bool> marked = [];
        foreach (LeafChangeStep _ in m.Changer.Split(m.Domain, [Base], 12)) marked.Add(m.LeafLog2(Base) == 21 && (Word(m) & (1UL << 16)) != 0);
        Assert.Equal([false, false, true, true, false, false, false], marked);
        marked.Clear();
        foreach (LeafChangeStep _ in m.Changer.Collapse(m.Domain, [Base], 21)) marked.Add(m.LeafLog2(Base) == 21 && (Word(m) & (1UL << 16)) != 0);
        Assert.Equal([false, true, true, false, false, false], marked);
    }

    [Fact]
    public void A_block_marked_nT_is_not_cached()
    {
        using ChangingMachine m = new("smmu", blockChangeLevel: 1);
        m.Map(1UL << 21, 21);
        long misses = 0;
        int step = 0;
        foreach (LeafChangeStep _ in m.Changer.Split(m.Domain, [Base], 12))
        {
            if (step++ != 3) continue;
            // Marked, and about to be invalidated: the block was not cached before.
            m.Write(Base);
            m.Write(Base);
            misses = m.Driver.Hardware.Counters.IotlbMisses;
        }
        Assert.Equal(2, misses);
    }
}
