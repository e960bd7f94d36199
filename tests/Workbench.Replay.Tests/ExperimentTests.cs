using Xunit;

namespace Workbench.Replay.Tests;

public class ExperimentTests
{
    [Fact]
    public void The_default_experiment_has_no_problems() => Assert.Empty(new Experiment().Validate());

    [Fact]
    public void Every_problem_is_reported_at_once()
    {
        Experiment wrong = new()
        {
            Iommu = "vtd", Iotlb = "3x3", AddressBits = 40, PageSize = "64K", HarvestEvery = "often", Driver = "windows", DirtyOrder = "never", DeviceTlb = -1,
            Costs = new() { ScanNs = -1, ClearNs = 0, InvalidateNs = 0 },
        };
        IReadOnlyList<string> problems = wrong.Validate();
        Assert.Equal(8, problems.Count);
        foreach (string word in new[] { "3x3", "40", "64K", "often", "nanoseconds", "windows", "never", "-1" }) Assert.Contains(problems, p => p.Contains(word, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_model_is_refused_with_the_names_of_those_there_are()
    {
        string problem = Assert.Single(new Experiment { Iommu = "powerpc" }.Validate());
        Assert.Contains("powerpc", problem, StringComparison.Ordinal);
        Assert.Contains("vtd", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("16K")]
    [InlineData("4")]
    public void A_granule_the_model_lacks_is_refused(string granule) => Assert.Contains($"'{granule}'", Assert.Single(new Experiment { Granule = granule }.Validate()), StringComparison.Ordinal);

    [Theory]
    [InlineData(1_000_000, 0, 0, true)]
    [InlineData(1_000_001, 0, 0, false)]
    [InlineData(0, 1_000_000, 0, true)]
    [InlineData(0, 1_000_001, 0, false)]
    [InlineData(0, -1, 0, false)]
    [InlineData(0, 0, 1_000_000_000, true)]
    [InlineData(0, 0, 1_000_000_001, false)]
    [InlineData(0, 0, -1, false)]
    public void Costs_have_limits(int scanNs, int clearNs, int invalidateNs, bool valid) =>
        Assert.Equal(valid, new Experiment { Costs = new() { ScanNs = scanNs, ClearNs = clearNs, InvalidateNs = invalidateNs } }.Validate().Count == 0);

    [Fact]
    public void A_replay_refuses_an_experiment_with_problems()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => Small.Trace().RunAsItIs(Small.InIova with { AddressBits = 12, PageSize = "8K" }));
        Assert.Contains("addressBits is 12", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'8K'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4K", 12)]
    [InlineData("64K", 16)]
    [InlineData("2M", 21)]
    [InlineData("1G", 30)]
    [InlineData("256T", 48)]
    [InlineData("as-mapped", null)]
    [InlineData("4k", null)]
    [InlineData("1K", null)]
    [InlineData("3M", null)]
    [InlineData("0K", null)]
    [InlineData("1024K", null)]
    [InlineData("K", null)]
    [InlineData("", null)]
    public void A_page_size_is_a_power_of_two_of_bytes(string text, int? log2)
    {
        Assert.Equal(log2, PageSizes.Log2Of(text));
        if (log2 is { } size) Assert.Equal(text, PageSizes.Show(size));
    }
}
