using Workbench.Replay.Feeding;
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

    private static SyntheticTrace Open() => new("nic1024", 5000, 1000);

    private static ReplayResult Replay(Experiment cell) => Replayer.Run(cell, Open(), cancellation: TestContext.Current.CancellationToken);

    /// <summary>Replays a grid one by one, by a rule of the test's.</summary>
    private static IReadOnlyList<PolicyRow> Run(PolicyStudy study, Func<Experiment, FedReplay> replay) => study.Run((group, done) =>
    {
        for (int i = 0; i < group.Length; i++) done(i, replay(group[i]));
    }, 3, null);

    [Fact]
    public void Rows_come_in_the_order_of_the_cells_however_many_run_at_once()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        List<long> done = [];
        PolicyStudy study = new(Grid);
        IReadOnlyList<PolicyRow> one = study.Run(Open, 1, done.Add, cancellation), many = new PolicyStudy(Grid).Run(Open, 8, cancellation: cancellation);
        Assert.Equal(one, many);
        Assert.Equal(Grid.Cells().Select(c => (c.Iommu, c.PageSize, c.Policy, c.Flush)), one.Select(r => (r.Iommu, r.Granule, r.Policy, r.Flush)));
        Assert.Equal(Enumerable.Range(1, study.Replays).Select(n => (long)n), done);
        Assert.Equal(Grid.Cells().Concat(Grid.Cells().Select(PolicyGrid.Untracked)).Distinct().Count(), study.Replays);
        Assert.All(one, r => Assert.Equal(r.Walks - Replay(PolicyGrid.Untracked(Grid.Cells().First(c => c.Iommu == r.Iommu && c.PageSize == r.Granule))).Counters.Walks, r.ExtraWalks));
    }

    [Fact]
    public void What_a_model_lacks_is_left_out_before_the_replays_and_after_them()
    {
        PolicyStudy study = new(Grid with { Iommus = ["vtd", "smmu"], Granules = ["4K", "2M", "64K"] });
        IReadOnlyList<PolicyRow> rows = Run(study, cell => cell.Iommu == "vtd" ? new(null, new ModelLimitException("it cannot (Parameter 'spec')")) : new(Replay(cell), null));
        Assert.All(rows, r => Assert.Equal("smmu", r.Iommu));
        Assert.Equal(2, study.LeftOut.Count);
        Assert.StartsWith("vtd with leaves of 64K: Page size '64K'", study.LeftOut[0], StringComparison.Ordinal);
        Assert.Equal("vtd with leaves of 4K, 2M: it cannot", study.LeftOut[1]);
        Assert.Contains("No cell of the grid could be replayed. ", Assert.Throws<ArgumentException>(() => Run(new(Grid), _ => new(null, new ModelLimitException("never")))).Message, StringComparison.Ordinal);
        Assert.Contains("There is no IOMMU model 'vtx'", Assert.Throws<ArgumentException>(() => new PolicyStudy(Grid with { Iommus = ["vtx"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_comes_out_as_it_was_thrown()
    {
        TraceFormatException broken = new("the trace is broken");
        Assert.Same(broken, Assert.Throws<TraceFormatException>(() => Run(new(Grid), _ => new(null, broken))));
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
