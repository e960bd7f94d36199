using Workbench.Display;
using Workbench.Replay.Display;

namespace Workbench.Replay.Curves;

/// <summary>How many translations LRU IOTLBs of many sizes and shapes would miss, from one pass over a trace.</summary>
[TypeFormatterSource(typeof(SelfFormatter<MissCurve, MissCurveDisplay>))]
public sealed record MissCurve
{
    /// <summary>The IOMMU model, a name of the catalogue.</summary>
    public required string Iommu { get; init; }
    /// <summary>Translation granule.</summary>
    public required string Granule { get; init; }
    /// <summary>Largest leaf asked for.</summary>
    public required string PageSize { get; init; }
    /// <summary>Which addresses the devices used: iova or gpa.</summary>
    public required View View { get; init; }
    /// <summary>Which invalidations followed unmaps.</summary>
    public required InvalidationSource Invalidations { get; init; }
    /// <summary>Events played.</summary>
    public required long Events { get; init; }
    /// <summary>Accesses counted.</summary>
    public required long Accesses { get; init; }
    /// <summary>Times the IOTLB was asked: once for each leaf that an access touched.</summary>
    public required long Translations { get; init; }
    /// <summary>Translations of pages that were not used before: every IOTLB misses them.</summary>
    public required long ColdMisses { get; init; }
    /// <summary>Translations that faulted: they fill nothing.</summary>
    public required long Faults { get; init; }
    /// <summary>Entries that invalidations dropped from the largest fully associative IOTLB.</summary>
    public required long Invalidated { get; init; }
    /// <summary>Touches of what was unmapped and might still be cached, since its invalidation had not come.</summary>
    public required long StaleTouches { get; init; }
    /// <summary>Is every hit and miss that was counted, not sampled, that of a replay? Not if stale translations were touched.</summary>
    public bool IsExact => StaleTouches == 0;
    /// <summary>The IOTLBs: fully associative ones by size, then the others by sets and ways.</summary>
    public required IReadOnlyList<MissCurvePoint> Points { get; init; }
    /// <summary>What else the reader should know.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>The IOTLB of a shape, or null if the curve has none.</summary>
    public MissCurvePoint? Find(int sets, int ways) => Points.FirstOrDefault(p => p.Sets == sets && p.Ways == ways);
}
