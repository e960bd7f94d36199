using System.Numerics;
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

    /// <summary>
    /// Every problem of the grid that no choice of another model would solve, as sentences, each once; empty if there is none. What one model lacks
    /// and another has is a problem of the cell, which its own <see cref="Experiment.Validate"/> names.
    /// </summary>
    public IReadOnlyList<string> Validate() => [.. Problems().Distinct()];

    /// <summary>The cells, each once, in the order of the lists. Policies that would find nothing to split, since leaves are small already, are left out.</summary>
    public IEnumerable<Experiment> Cells() => AllCells().Distinct();

    private IEnumerable<Experiment> AllCells()
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

    private IEnumerable<string> Problems()
    {
        int[] granules = [.. IommuCatalogue.Models.SelectMany(m => m.LeafSizes.Keys).Distinct().Order()];
        ulong leaves = IommuCatalogue.Models.SelectMany(m => m.LeafSizes.Values).Aggregate(0UL, (all, sizes) => all | sizes);
        string sizes = $"leaves are powers of two from {PageSizes.Show(BitOperations.TrailingZeroCount(leaves))} to {PageSizes.Show(BitOperations.Log2(leaves))}, each model having its own";
        int[] widths = [.. IommuCatalogue.Models.SelectMany(m => m.AddressBits).Distinct().Order()];
        bool isLeaf(string size) => PageSizes.Log2Of(size) is { } log2 && (leaves & (1UL << log2)) != 0;
        bool isGranule(string size) => PageSizes.Log2Of(size) is { } log2 && granules.Contains(log2);
        if (Common.Tracker != "iommufd") yield return $"Tracker '{Common.Tracker}': the grid compares flush strategies and splits, which matter to dirty bits; tracker iommufd only. Replay other trackers one by one.";
        foreach (string[] parts in Iommus.Select(i => i.Split(':', 2)))
        {
            if (IommuCatalogue.Find(parts[0]) is null) yield return $"There is no IOMMU model '{parts[0]}'; there is: {IommuCatalogue.Names}.";
            if (parts.Length == 2 && !isGranule(parts[1])) yield return $"{parts[0]}:{parts[1]}: no model has the granule '{parts[1]}'; there is: {string.Join(", ", granules.Select(PageSizes.Show))}.";
        }
        if (!isGranule(Common.Granule)) yield return $"No model has the granule '{Common.Granule}'; there is: {string.Join(", ", granules.Select(PageSizes.Show))}.";
        foreach (string size in Granules.Where(size => size != "as-mapped" && !isLeaf(size))) yield return $"No model has leaves of '{size}'; {sizes}; or write as-mapped.";
        if (!isLeaf(Common.SplitTo)) yield return $"splitTo '{Common.SplitTo}': no model has such leaves; {sizes}.";
        if (!widths.Contains(Common.AddressBits)) yield return $"addressBits is {Common.AddressBits}; models have {string.Join(", ", widths)}.";
        // With all that models differ in set to what every one has, what is left is wrong for all.
        Experiment any = Common with { Iommu = "smmu", AddressBits = 48, Granule = "4K", PageSize = "as-mapped", SplitTo = "4K", Tracker = "iommufd" };
        foreach (string policy in Policies)
            foreach (string problem in (any with { Policy = policy, Collapse = policy == "never" ? "never" : Common.Collapse }).Validate()) yield return problem;
        // Cells without a split do not collapse, and a wrong name stays wrong.
        foreach (string problem in (any with { Policy = "never" }).Validate()) yield return problem;
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
