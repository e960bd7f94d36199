using Workbench.Iommu;

namespace Workbench.Replay;

/// <summary>The experiments of a comparison: one for each model, everything else being equal.</summary>
public sealed record ModelComparison
{
    /// <summary>What all have in common; its model is not used.</summary>
    public required Experiment Common { get; init; }
    /// <summary>Models of the catalogue; MODEL:GRANULE for another translation granule.</summary>
    public IReadOnlyList<string> Iommus { get; init; } = [.. IommuCatalogue.Models.Select(m => m.Name)];

    /// <summary>Every problem that no choice of another model would solve, as sentences, each once; what one model lacks, its own <see cref="Experiment.Validate"/> names.</summary>
    public IReadOnlyList<string> Validate() => [.. Cells().SelectMany(c => WithoutChoices(c.Experiment).Validate()).Distinct()];

    /// <summary>The experiments in the order of the models. A granule asked for in general is for the models that have it, if any does.</summary>
    public IEnumerable<(string Name, Experiment Experiment)> Cells()
    {
        bool hasGranule(string name) => IommuCatalogue.Find(name) is { } model && PageSizes.Log2Of(Common.Granule) is { } granule && model.LeafSizes.ContainsKey(granule);
        bool isForSome = Iommus.Any(hasGranule);
        foreach (string name in Iommus)
        {
            string[] parts = name.Split(':', 2);
            Experiment e = Common with { Iommu = parts[0] };
            if (parts.Length == 2) yield return (name, e with { Granule = parts[1] });
            else yield return (name, isForSome && !hasGranule(name) ? e with { Granule = "4K" } : e);
        }
    }

    /// <summary>The experiment with what models differ in set to what its model has.</summary>
    private static Experiment WithoutChoices(Experiment e) => e with { AddressBits = IommuCatalogue.Find(e.Iommu)?.AddressBits[0] ?? e.AddressBits, Granule = "4K", PageSize = "as-mapped" };
}
