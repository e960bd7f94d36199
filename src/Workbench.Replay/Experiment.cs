using Workbench.Iommu;
using Workbench.Iommu.Caches;

namespace Workbench.Replay;

/// <summary>What to replay and how: everything a result depends on, besides the trace. The JSON form is the same with camelCase names.</summary>
public sealed record Experiment
{
    /// <summary>The IOMMU model, a name of the catalogue.</summary>
    public string Iommu { get; init; } = "vtd";
    /// <summary>IOTLB geometry: a preset or SETSxWAYS:replacement:index:seed.</summary>
    public string Iotlb { get; init; } = "assumed-64";
    /// <summary>Input address width in bits.</summary>
    public int AddressBits { get; init; } = 48;
    /// <summary>Which addresses the device uses.</summary>
    public View View { get; init; } = View.Migration;
    /// <summary>Largest leaf: "4K", "2M", "1G", or "as-mapped" (what alignment and length of the mapping allow; in the gpa view 4K).</summary>
    public string PageSize { get; init; } = "as-mapped";
    /// <summary>Trace time between the beginnings of two harvests: a number with ns, us, ms or s; "0" harvests only at the end.</summary>
    public string HarvestEvery { get; init; } = "100ms";
    /// <summary>When a harvest invalidates.</summary>
    public FlushStrategy Flush { get; init; } = FlushStrategy.After;
    /// <summary>Let harvests take no trace time, so that no DMA falls into them.</summary>
    public bool AtomicHarvest { get; init; }
    /// <summary>What the steps of a harvest cost.</summary>
    public HarvestCosts Costs { get; init; } = new();
    /// <summary>Invalidations of the iova view.</summary>
    public InvalidationSource Invalidations { get; init; } = InvalidationSource.Recorded;
    /// <summary>Text of the mark at which tracking begins; null: at the trace's beginning.</summary>
    public string? FromMark { get; init; }
    /// <summary>Text of the mark at which the device stops and the last harvest is taken; null: at the trace's end.</summary>
    public string? ToMark { get; init; }

    /// <summary>Every problem of the experiment, as sentences; empty if it can run.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        if (!IommuCatalogue.Models.Contains(Iommu)) problems.Add($"There is no IOMMU model '{Iommu}'; there is: {string.Join(", ", IommuCatalogue.Models)}.");
        if (!IotlbGeometry.TryParse(Iotlb, out _, out string geometry)) problems.Add(geometry);
        if (AddressBits is not (39 or 48 or 57)) problems.Add($"addressBits is {AddressBits}; 39, 48 and 57 are possible.");
        if (LeafLog2Of(PageSize) is null) problems.Add($"Page size '{PageSize}' is none; 4K, 2M, 1G or as-mapped.");
        if (!Duration.TryParse(HarvestEvery, out long every) || every < 0) problems.Add($"Harvest interval '{HarvestEvery}' is no duration; write a number with ns, us, ms or s (100ms), or 0 for one harvest at the end.");
        if (Costs.ScanNs is < 0 or > 1_000_000 || Costs.ClearNs is < 0 or > 1_000_000 || Costs.InvalidateNs is < 0 or > 1_000_000_000) problems.Add("Harvest costs are nanoseconds, 0 to 1,000,000 for an entry and to 1,000,000,000 for an invalidation.");
        return problems;
    }

    /// <summary>A page size as a power of two of bytes; 0 for as-mapped, null for none.</summary>
    public static int? LeafLog2Of(string pageSize) => pageSize switch { "4K" => 12, "2M" => 21, "1G" => 30, "as-mapped" => 0, _ => null };

    internal long HarvestEveryNs => Duration.TryParse(HarvestEvery, out long ns) ? ns : 0;

    internal IommuSpec ToSpec()
    {
        if (!IotlbGeometry.TryParse(Iotlb, out IotlbGeometry geometry, out string error)) throw new ArgumentException(error);
        return new() { Model = Iommu, Iotlb = geometry, AddressBits = AddressBits };
    }
}
