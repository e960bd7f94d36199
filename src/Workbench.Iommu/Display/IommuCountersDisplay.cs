using Workbench.Display;

namespace Workbench.Iommu.Display;

/// <summary>The hardware's counts, those that are 0 left out.</summary>
internal sealed class IommuCountersDisplay : IDisplay<IommuCounters>
{
    private static readonly (string Name, Func<IommuCounters, long> Value)[] Rows =
    [
        ("IOTLB hits", c => c.IotlbHits), ("IOTLB misses", c => c.IotlbMisses), ("re-walks to set D", c => c.DirtyRewalks),
        ("walks", c => c.Walks), ("paging entries read", c => c.TableReads), ("walks begun below the root", c => c.WalkCacheHits),
        ("A bits set", c => c.AccessedUpdates), ("D bits set", c => c.DirtyUpdates),
        ("context cache hits", c => c.ContextCacheHits), ("context cache misses", c => c.ContextCacheMisses),
        ("faults", c => c.Faults), ("invalidations", c => c.Invalidations), ("IOTLB entries dropped by them", c => c.EntriesInvalidated),
        ("misses of what they had dropped", c => c.Refills), ("IOTLB emptied because full", c => c.IotlbFullFlushes),
        ("translation requests (ATS)", c => c.TranslationRequests), ("device TLB hits", c => c.DeviceTlbHits),
        ("device TLB entries dropped", c => c.DeviceTlbEntriesInvalidated), ("page requests (PRI)", c => c.PageRequests),
    ];

    /// <inheritdoc/>
    public static void Describe(IommuCounters value, ICard card)
    {
        double lookups = (double)value.IotlbHits + value.IotlbMisses + value.DirtyRewalks;
        card.Title("IOMMU counters", lookups > 0 ? $"{Quantity.Share(value.IotlbHits, lookups)} IOTLB hits" : "");
        string[][] rows = [.. Rows.Select(row => (row.Name, Value: row.Value(value))).Where(row => row.Value != 0).Select(row => (string[])[row.Name, Quantity.Count(row.Value)])];
        if (rows.Length == 0) card.Text("All counts are 0.");
        else card.Table("", [new("count"), new("times", IsNumber: true)], rows);
    }
}
