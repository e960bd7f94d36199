using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Policies;

/// <summary>The replays of a grid: how they are planned, run and put in order.</summary>
public class PolicyStudyTests
{
    private static readonly PolicyGrid Grid = new()
    {
        Common = new() { View = View.Gpa, HarvestEvery = "2ms" },
        Iommus = ["vtd", "amd"], Granules = ["4K", "2M"], Policies = ["never", "on-dirty"], Flushes = [FlushStrategy.After, FlushStrategy.None],
    };

    private static ReplayResult Replay(Experiment cell, CancellationToken stop) => Replayer.Run(cell, new SyntheticTrace("nic1024", 5000, 1000), cancellation: stop);

    [Fact]
    public void Rows_come_in_the_order_of_the_cells_however_many_run_at_once()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        List<long> done = [];
        PolicyStudy study = new(Grid);
        IReadOnlyList<PolicyRow> one = study.Run(Replay, 1, done.Add, cancellation), many = new PolicyStudy(Grid).Run(Replay, 8, cancellation: cancellation);
        Assert.Equal(one, many);
        Assert.Equal(Grid.Cells().Select(c => (c.Iommu, c.PageSize, c.Policy, c.Flush)), one.Select(r => (r.Iommu, r.Granule, r.Policy, r.Flush)));
        Assert.Equal(Enumerable.Range(1, study.Replays).Select(n => (long)n), done);
        Assert.Equal(Grid.Cells().Concat(Grid.Cells().Select(PolicyGrid.Untracked)).Distinct().Count(), study.Replays);
        Assert.All(one, r => Assert.Equal(r.Walks - Replay(PolicyGrid.Untracked(Grid.Cells().First(c => c.Iommu == r.Iommu && c.PageSize == r.Granule)), cancellation).Counters.Walks, r.ExtraWalks));
    }

    [Fact]
    public void What_a_model_lacks_is_left_out_before_the_replays_and_after_them()
    {
        PolicyStudy study = new(Grid with { Iommus = ["vtd", "smmu"], Granules = ["4K", "2M", "64K"] });
        IReadOnlyList<PolicyRow> rows = study.Run((cell, stop) => cell.Iommu == "vtd" ? throw new ModelLimitException("it cannot (Parameter 'spec')") : Replay(cell, stop), 2, cancellation: TestContext.Current.CancellationToken);
        Assert.All(rows, r => Assert.Equal("smmu", r.Iommu));
        Assert.Equal(2, study.LeftOut.Count);
        Assert.StartsWith("vtd with leaves of 64K: Page size '64K'", study.LeftOut[0], StringComparison.Ordinal);
        Assert.Equal("vtd with leaves of 4K, 2M: it cannot", study.LeftOut[1]);
        Assert.Contains("No cell of the grid could be replayed. ", Assert.Throws<ArgumentException>(() => new PolicyStudy(Grid).Run((_, _) => throw new ModelLimitException("never"), 2, cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Contains("There is no IOMMU model 'vtx'", Assert.Throws<ArgumentException>(() => new PolicyStudy(Grid with { Iommus = ["vtx"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_comes_out_as_it_was_thrown()
    {
        TraceFormatException broken = new("the trace is broken");
        Assert.Same(broken, Assert.Throws<TraceFormatException>(() => new PolicyStudy(Grid).Run((_, _) => throw broken, 4, cancellation: TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void A_comparison_gives_a_granule_to_the_models_that_have_it()
    {
        ModelComparison comparison = new() { Common = new() { Granule = "64K" }, Iommus = ["vtd", "smmu", "smmu:16K"] };
        Assert.Equal([("vtd", "vtd", "4K"), ("smmu", "smmu", "64K"), ("smmu:16K", "smmu", "16K")], comparison.Cells().Select(c => (c.Name, c.Experiment.Iommu, c.Experiment.Granule)));
        Assert.Empty(comparison.Validate());
        // If none has it, each says so itself.
        Assert.Equal("64K", (comparison with { Iommus = ["vtd"] }).Cells().Single().Experiment.Granule);
        Assert.Contains("vtx", Assert.Single((comparison with { Iommus = ["vtd", "vtx"] }).Validate()), StringComparison.Ordinal);
    }
}
