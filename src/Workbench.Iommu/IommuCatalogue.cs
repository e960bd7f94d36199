using Workbench.Iommu.Vtd;

namespace Workbench.Iommu;

/// <summary>The vendor models there are: the one place where common code names vendors.</summary>
public static class IommuCatalogue
{
    /// <summary>Names of the models, for messages and options.</summary>
    public static IReadOnlyList<string> Models { get; } = ["vtd"];

    /// <summary>Builds a machine; throws <see cref="ArgumentException"/> with every reason why it cannot.</summary>
    public static IIommuDriver Build(IommuSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Model switch
        {
            "vtd" => VtdIommu.Build(spec),
            _ => throw new ArgumentException($"There is no IOMMU model '{spec.Model}'; there is: {string.Join(", ", Models)}.", nameof(spec)),
        };
    }
}
