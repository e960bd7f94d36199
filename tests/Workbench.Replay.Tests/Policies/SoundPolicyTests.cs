using CsCheck;
using Workbench.Iommu;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;
using Workbench.Replay.Policies;
using Workbench.Replay.Tests.Models;
using Xunit;
using static Workbench.Replay.Tests.Policies.PolicyCases;

namespace Workbench.Replay.Tests.Policies;

/// <summary>What must hold whatever is split, collapsed and harvested when: nothing is lost, and devices see the same translations.</summary>
public class SoundPolicyTests
{
    private static Experiment Still(Experiment experiment) => experiment with { Policy = "never", Collapse = "never" };

    [Fact]
    public void No_sound_combination_loses_a_page() => Gen.Select(Sound, TailNs).Sample((c, tailNs) =>
    {
        Assert.Empty(c.Experiment.Validate());
        PageLog log = new();
        ReplayResult result = Run(c.Steps, c.Experiment, log, tailNs: tailNs);
        Assert.Equal(0, result.Missed4K);
        // A harvest between two steps of a change leaves late dirt to the next, as it leaves updates that lag; the last comes after all.
        Assert.All(result.Harvests.TakeLast(1), row => Assert.Equal(0, row.Missed4K));
        Assert.Subset(Reported(log), Written(log));
    }, iter: 1500, print: c => $"tail of {c.Item2} ns, {Print(c.Item1)}");

    [Fact]
    public void Splitting_changes_neither_translations_nor_permissions() => Sound.Sample((steps, experiment) =>
    {
        // Where entries are broken first, DMA faults meanwhile; that is another test. Held-up devices may write before another's map.
        experiment = experiment with { BlockChange = Math.Max(1, experiment.BlockChange), Loop = "open" };
        ReplayResult result = Run(steps, experiment), still = Run(steps, Still(experiment));
        Assert.Equal((0, 0), (result.Counters.Faults, still.Counters.Faults));
        Assert.Equal((still.TruthDigest, still.DistinctTrue4K, still.BytesRead, still.BytesWritten, still.Accesses), (result.TruthDigest, result.DistinctTrue4K, result.BytesRead, result.BytesWritten, result.Accesses));
    }, iter: 500, print: Print);

    [Fact]
    public void No_more_is_reported_over_the_whole_run_than_without_splitting() => Sound.Sample((steps, experiment) =>
    {
        // An update still on its way when tracking begins is reported as if it were new.
        experiment = experiment with { BlockChange = Math.Max(1, experiment.BlockChange), Loop = "open", DirtyOrder = "before-data" };
        PageLog log = new(), still = new();
        Run(steps, experiment, log);
        Run(steps, Still(experiment), still);
        Assert.Subset(Reported(still), Reported(log));
        // Each leaf reported has been written to.
        HashSet<(DomainId, ulong)> written = Written(still);
        Assert.All(still.Reported, leaf => Assert.Contains(Enumerable.Range(0, 1 << (leaf.SizeLog2 - 12)), i => written.Contains((leaf.Domain, leaf.FirstPage + (ulong)i))));
    }, iter: 300, print: Print);

    [Fact]
    public void What_is_split_and_collapsed_at_the_stop_leaves_the_tables_as_they_were() => Gen.Select(Sound, Gen.OneOf("on-dirty", "seen-dirty", "adaptive")).Sample((c, policy) =>
    {
        SmallTraces.Step[] steps = WithoutUnmaps(c.Steps);
        Experiment experiment = c.Experiment with { Policy = policy, WarmUp = WarmUp, Collapse = "at-stop", Loop = "open" };
        ReplayResult result = Run(steps, experiment), still = Run(steps, Still(experiment));
        Assert.Equal((still.Leaves, still.TableBytes), (result.Leaves, result.TableBytes));
        Assert.Equal((result.LeafChanges.LeavesSplit, result.LeafChanges.TablesAllocated), (result.LeafChanges.LeavesCollapsed, result.LeafChanges.TablesFreed));
    }, iter: 300, print: c => Print(c.Item1));

    [Fact]
    public void The_union_of_reports_does_not_depend_on_when_harvests_begin() => Gen.Select(Sound, Gen.Long[0, 60_000]).Sample((c, phaseNs) =>
    {
        Experiment experiment = Still(c.Experiment) with { PageSize = "4K", SplitTo = "4K", AtomicHarvest = true, WarmUp = "0", HarvestEvery = "9us", Loop = "open" };
        PageLog log = new(), shifted = new();
        Run(c.Steps, experiment, log);
        Run(c.Steps, experiment, shifted, phaseNs);
        Assert.Equal(Written(log), Written(shifted));
        Assert.Equal(Written(log), Reported(log));
        Assert.Equal(Written(log), Reported(shifted));
    }, iter: 300, print: c => $"{c.Item2} {Print(c.Item1)}");

    [Fact]
    public void Memory_split_before_tracking_reports_harvest_by_harvest_what_memory_mapped_small_reports() => Sound.Sample((steps, experiment) =>
    {
        Experiment split = experiment with { View = View.Iova, Policy = "eager", SplitTo = "4K", Collapse = "never", AtomicHarvest = true, WarmUp = WarmUp, HarvestEvery = "9us", Loop = "open", DirtyOrder = "before-data" };
        ReplayResult result = Run(steps, split), small = Run(steps, Still(split) with { PageSize = "4K" });
        Assert.Equal(small.Harvests.Select(h => (h.BeginNs, h.True4K, h.Reported4K, h.ReportedLeaves, h.OverReported4K)), result.Harvests.Select(h => (h.BeginNs, h.True4K, h.Reported4K, h.ReportedLeaves, h.OverReported4K)));
    }, iter: 300, print: Print);

    [Fact]
    public void Every_page_lost_by_unsound_steps_has_a_cause() => Gen.Select(Sound, Gen.OneOf("drop-dirty", "plain-store", "ignore-late", "no-flush", "flush-before", "free-early", "skip-break").Array[1, 2], Gen.OneOf(FlushStrategy.After, FlushStrategy.None, FlushStrategy.Before))
        .Sample((c, unsound, flush) =>
    {
        // A device's translation request that a stale IOTLB entry answers is not diagnosed.
        ReplayResult result = Run(c.Steps, c.Experiment with { Unsound = string.Join(',', unsound), Flush = flush, DeviceTlb = 0 });
        Assert.DoesNotContain(result.MissedPages, m => m.Cause.Contains("unexplained", StringComparison.Ordinal));
    }, iter: 800, print: c => $"{string.Join(',', c.Item2)} {c.Item3} {Print(c.Item1)}");

    public static TheoryData<string, int> Models
    {
        get
        {
            TheoryData<string, int> data = [];
            foreach (string name in IommuCatalogue.Models.Select(m => m.Name))
                for (int level = name.StartsWith("smmu", StringComparison.Ordinal) ? 0 : 2; level <= 2; level++) data.Add(name, level);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Split_and_collapse_restore_every_entry_with_what_was_accessed_and_written_meanwhile(string model, int blockChange) =>
        Gen.Select(Gen.Int[0, 1600].Array[0, 4], Gen.Int[0, 1600].Array[0, 4], Gen.Bool, Gen.OneOf(12, 16, 21)).Sample((before, meanwhile, write, to) =>
    {
        using IIommuDriver changed = Build(model, blockChange, out Domain domain), twin = Build(model, blockChange, out Domain untouched);
        int frames = changed.FramesInUse;
        DropAndUse(changed, before);
        DropAndUse(twin, before);
        LeafChanger changer = new(changed, new());
        Leaf[] leaves = [new(0, 21), new(Small.Large, 21), new(Small.Huge, 30)];
        foreach (LeafChangeStep _ in changer.Split(domain, [.. leaves.Select(l => l.Address)], to)) continue;
        Assert.Equal(to == 21 ? 1 : 3, changer.Counts.LeavesSplit);
        DropAndUse(changed, meanwhile);
        DropAndUse(twin, meanwhile);
        foreach (Leaf leaf in leaves)
            foreach (LeafChangeStep _ in changer.Collapse(domain, [leaf.Address], leaf.SizeLog2)) continue;
        foreach (Leaf leaf in leaves)
        {
            Assert.True(domain.Table.TryGetLeaf(leaf.Address, out ulong entry, out int size) && untouched.Table.TryGetLeaf(leaf.Address, out ulong expected, out _) && size == leaf.SizeLog2 && entry == expected, $"0x{leaf.Address:x}: 0x{entry:x}");
        }
        Assert.Equal((untouched.Table.Leaves, frames), (domain.Table.Leaves, changed.FramesInUse));

        void DropAndUse(IIommuDriver driver, int[] pages)
        {
            // What is believed dirty would set nothing: the twins are to differ by the split alone.
            driver.InvalidateAll();
            foreach (int page in pages)
                driver.Hardware.Translate(new(Small.First, page < 1024 ? (ulong)page * Small.Page : Small.Huge + ((ulong)page * Small.Page), write && page % 2 == 0), out _);
        }
    }, iter: 25);

    private static IIommuDriver Build(string model, int blockChange, out Domain domain)
    {
        IIommuDriver driver = IommuCatalogue.Build(new Experiment { Iommu = model, PageSize = "1G", BlockChange = blockChange }.ToSpec());
        domain = driver.CreateDomain(new(1));
        driver.Attach(Small.First, null, domain);
        Assert.Equal(MapResult.Mapped, driver.Map(domain, 0, 1UL << 32, 2 * Small.Large, Permission.ReadWrite, 21, new()));
        Assert.Equal(MapResult.Mapped, driver.Map(domain, Small.Huge, 1UL << 33, Small.Huge, Permission.ReadWrite, 30, new()));
        driver.SetDirtyTracking(domain, true);
        return driver;
    }
}
