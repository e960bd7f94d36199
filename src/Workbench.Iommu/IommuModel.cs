using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>One entry of the catalogue: what a model is and which choices it leaves.</summary>
public sealed record IommuModel
{
    /// <summary>The name in options and results, e.g. "vtd".</summary>
    public required string Name { get; init; }
    /// <summary>One line about it.</summary>
    public required string About { get; init; }
    /// <summary>Input address widths, in bits.</summary>
    public required IReadOnlyList<int> AddressBits { get; init; }
    /// <summary>For each granule (power of two of bytes) the leaf sizes there are: bit n set means 2^n bytes.</summary>
    public required IReadOnlyDictionary<int, ulong> LeafSizes { get; init; }
    /// <summary>Builds the machine; throws <see cref="ArgumentException"/> with every reason why it cannot.</summary>
    public required Func<IommuSpec, IIommuDriver> Build { get; init; }

    /// <summary>Every leaf size of a format: bit n set means 2^n bytes.</summary>
    public static ulong LeafSizesOf<TFormat>() where TFormat : struct, IPageTableFormat
    {
        ulong sizes = 0;
        for (int level = 0; level < TFormat.MaxLevels; level++) sizes |= TFormat.LeafSizes(level);
        return sizes;
    }
}
