using Workbench.Display;

namespace Workbench.Iommu.Display;

/// <summary>A specification as the list of what it asks for.</summary>
internal sealed class IommuSpecDisplay : IDisplay<IommuSpec>
{
    /// <inheritdoc/>
    public static void Describe(IommuSpec value, ICard card)
    {
        card.Title("IOMMU specification", value.Model);
        card.Facts(
        [
            new("IOTLB", $"{Quantity.Count((long)value.Iotlb.Sets * value.Iotlb.Ways, "entry", "entries")} ({value.Iotlb.Sets} x {value.Iotlb.Ways}), {Quantity.Words(value.Iotlb.Replacement.ToString())}{(value.Iotlb.WalkCaches ? ", with paging-structure caches" : "")}"),
            new("Address width", $"{value.AddressBits} bits"),
            new("Granule", Quantity.Power(value.GranuleLog2)),
            new("Largest leaf", value.LargestLeafLog2 == 0 ? "as the format has it" : Quantity.Power(value.LargestLeafLog2)),
            new("Leaf sizes", value.LinuxLeafSizesOnly ? "those that Linux uses" : "all of the format"),
            new("Dirty bits", !value.SupportsDirtyTracking ? "not kept" : value.DirtyMayLag ? "kept, may lag behind the write" : "kept, set before the data"),
            new("Driver", value.Profile.Name),
            new("Entries not present", value.CachesNotPresent ? "cached" : "not cached"),
            new("Range invalidation", value.SupportsRangeInvalidation ? $"yes, up to 2^{value.LargestInvalidationMask} pages" : "no"),
            new("Change of leaf size", $"level {value.BlockChangeLevel}"),
            new("Faults", value.StallsFaults ? "held until software answers" : "end the request"),
            new("Device TLBs (ATS)", value.DeviceTlbEntries == 0 ? "none" : $"{Quantity.Count(value.DeviceTlbEntries, "entry", "entries")} each"),
            new("Page requests (PRI)", value.OnPageRequest is null ? "none" : "answered by software"),
        ]);
    }
}
