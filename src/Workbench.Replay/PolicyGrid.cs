using Workbench.Iommu;

namespace Workbench.Replay;

/// <summary>The experiments of a trade-off study: models, granules, policies and flush strategies crossed, everything else being equal.</summary>
public sealed record PolicyGrid
{
    /// <summary>What all cells have in common.</summary>
    public required Experiment Common { get; init; }
    /// <summary>Models of the catalogue; MODEL:GRANULE for another translation granule.</summary>
    public IReadOnlyList<string> Iommus { get; init; } = ["vtd", "amd", "smmu", "riscv"];
    /// <summary>Leaf sizes that memory is mapped with at first.</summary>
    public IReadOnlyList<string> Granules { get; init; } = ["4K", "2M", "1G"];
    /// <summary>Split policies.</summary>
    public IReadOnlyList<string> Policies { get; init; } = ["never", "eager", "on-dirty", "adaptive"];
    /// <summary>Flush strategies.</summary>
    public IReadOnlyList<FlushStrategy> Flushes { get; init; } = [FlushStrategy.After, FlushStrategy.PerRun, FlushStrategy.Domain, FlushStrategy.None];

    /// <summary>The cells, in the order of the lists. Policies that would find nothing to split, since leaves are small already, are left out.</summary>
    public IEnumerable<Experiment> Cells()
    {
        foreach (string iommu in Iommus)
            foreach (string granule in Granules)
                foreach (string policy in PoliciesFor(granule))
                    foreach (FlushStrategy flush in Flushes)
                        yield return Model(iommu) with { PageSize = granule, Policy = policy, Collapse = policy == "never" ? "never" : Common.Collapse, Flush = flush };
    }

    /// <summary>The same machine without tracking: what walks there are anyway.</summary>
    public static Experiment Untracked(Experiment cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return cell with { Tracker = "footprint", Policy = "never", Collapse = "never", Unsound = "", Flush = FlushStrategy.After };
    }

    private Experiment Model(string iommu)
    {
        string[] parts = iommu.Split(':', 2);
        return Common with { Iommu = parts[0], Granule = parts.Length == 2 ? parts[1] : IommuCatalogue.Find(parts[0]) is { } model && PageSizes.Log2Of(Common.Granule) is { } log2 && !model.LeafSizes.ContainsKey(log2) ? "4K" : Common.Granule };
    }

    private IEnumerable<string> PoliciesFor(string granule)
    {
        bool isSmall = PageSizes.Log2Of(granule) is { } log2 && PageSizes.Log2Of(Common.SplitTo) is { } to && log2 <= to;
        return isSmall ? ["never"] : Policies;
    }
}
