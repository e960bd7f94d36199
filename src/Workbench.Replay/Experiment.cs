using Workbench.Display;
using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Replay.Display;
using Workbench.Replay.Harvests;
using Workbench.Replay.Trackers;

namespace Workbench.Replay;

/// <summary>What to replay and how: everything a result depends on, besides the trace. The JSON form is the same with camelCase names.</summary>
[TypeFormatterSource(typeof(SelfFormatter<Experiment, ExperimentDisplay>))]
public sealed partial record Experiment
{
    /// <summary>The IOMMU model, a name of the catalogue.</summary>
    public string Iommu { get; init; } = "vtd";
    /// <summary>IOTLB geometry: a preset or SETSxWAYS:replacement:index:seed.</summary>
    public string Iotlb { get; init; } = "assumed-64";
    /// <summary>Input address width in bits.</summary>
    public int AddressBits { get; init; } = 48;
    /// <summary>Translation granule: "4K", or "16K" and "64K" where the model has them (Arm).</summary>
    public string Granule { get; init; } = "4K";
    /// <summary>Translations that each device keeps itself (ATS); 0: devices have no ATS.</summary>
    public int DeviceTlb { get; init; }
    /// <summary>How the driver turns changes into invalidations: a name of <see cref="DriverProfile.All"/>.</summary>
    public string Driver { get; init; } = "linux";
    /// <summary>When D becomes visible: "before-data", or "may-lag" where the architecture allows it (Arm).</summary>
    public string DirtyOrder { get; init; } = "before-data";
    /// <summary>Which addresses the device uses.</summary>
    public View View { get; init; } = View.Migration;
    /// <summary>Largest leaf: a size the model has, such as "4K", "64K", "2M" or "1G", or "as-mapped" (what alignment and length of the mapping allow; in the gpa view the granule).</summary>
    public string PageSize { get; init; } = "as-mapped";
    /// <summary>
    /// Trace time between the beginnings of two harvests: a number with ns, us, ms or s; "0" harvests only at the end, "asap" one after the other,
    /// "adaptive:10ms-1s" so that harvests take 5 % of the time within these bounds.
    /// </summary>
    public string HarvestEvery { get; init; } = "100ms";
    /// <summary>How written pages are found.</summary>
    public string Tracker { get; init; } = "iommufd";
    /// <summary>When a harvest invalidates.</summary>
    public FlushStrategy Flush { get; init; } = FlushStrategy.After;
    /// <summary>The piece of address space that the flush strategy per-chunk invalidates at once, a power of two: a number with K, M, G or T.</summary>
    public string FlushChunk { get; init; } = "64M";
    /// <summary>Threads of software that harvest domains at the same time, 1 to 64.</summary>
    public int HarvestThreads { get; init; } = 1;
    /// <summary>Let harvests take no trace time, so that no DMA falls into them.</summary>
    public bool AtomicHarvest { get; init; }
    /// <summary>What the steps of a harvest cost.</summary>
    public HarvestCosts Costs { get; init; } = new();
    /// <summary>Invalidations of the iova view.</summary>
    public InvalidationSource Invalidations { get; init; } = InvalidationSource.Recorded;
    /// <summary>
    /// Where tracking begins; null: at the trace's beginning. The text of a mark: everything before it is replayed too, and warms the machine. A time since the first event (a number
    /// with ns, us, ms or s): of what is before it only maps, unmaps, attaches and invalidations are replayed; tracking begins after the warm-up. "mark:1s" is the text 1s.
    /// </summary>
    public string? FromMark { get; init; }
    /// <summary>Where the device stops and the last harvest is taken, a mark's text or a time as in <see cref="FromMark"/>; null: at the trace's end.</summary>
    public string? ToMark { get; init; }

    /// <summary>Every problem of the experiment, as sentences; empty if it can run.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        if (!IotlbGeometry.TryParse(Iotlb, out _, out string geometry)) problems.Add(geometry);
        if (IommuCatalogue.Find(Iommu) is not { } model) problems.Add($"There is no IOMMU model '{Iommu}'; there is: {IommuCatalogue.Names}.");
        else problems.AddRange(Problems(model));
        if (DriverProfile.Find(Driver) is null) problems.Add($"There is no driver profile '{Driver}'; there is: {string.Join(", ", DriverProfile.All.Select(p => p.Name))}.");
        if (DirtyOrder is not ("before-data" or "may-lag")) problems.Add($"Dirty order '{DirtyOrder}' is none; before-data or may-lag.");
        if (DeviceTlb is < 0 or > 65536) problems.Add($"A device TLB of {DeviceTlb} entries: 1 to 65536, or 0 for devices without ATS.");
        if (!HarvestSchedule.TryParse(HarvestEvery, out _)) problems.Add($"Harvest interval '{HarvestEvery}' is no duration; write a number with ns, us, ms or s (100ms), 0 for one harvest at the end, asap, or adaptive:LEAST-MOST (adaptive:10ms-1s).");
        else if (HarvestEvery == "asap" && AtomicHarvest) problems.Add("Harvests as fast as they go that take no time never end; choose an interval, or leave atomic harvests out.");
        if (!TrackerCatalogue.Has(Tracker)) problems.Add($"There is no tracker '{Tracker}'; there is: {TrackerCatalogue.Names}.");
        problems.AddRange([.. TrackingProblems(), .. WindowProblems(), .. TrackerProblems()]);
        if (PageSizes.Log2Of(FlushChunk) is not >= 12) problems.Add($"Flush chunk '{FlushChunk}': a power of two from 4K up, written with K, M, G or T.");
        if (HarvestThreads is < 1 or > 64) problems.Add($"{HarvestThreads} harvest threads: 1 to 64.");
        if (Costs.ScanNs is < 0 or > 1_000_000 || Costs.ClearNs is < 0 or > 1_000_000 || Costs.InvalidateNs is < 0 or > 1_000_000_000) problems.Add("Harvest costs are nanoseconds, 0 to 1,000,000 for an entry and to 1,000,000,000 for an invalidation.");
        return problems;
    }

    private IEnumerable<string> Problems(IommuModel model)
    {
        if (!model.AddressBits.Contains(AddressBits)) yield return $"addressBits is {AddressBits}; {model.Name} has {string.Join(", ", model.AddressBits)}.";
        if (PageSizes.Log2Of(Granule) is not { } granule || !model.LeafSizes.TryGetValue(granule, out ulong sizes))
        {
            yield return $"Granule '{Granule}': {model.Name} has {string.Join(", ", model.LeafSizes.Keys.Select(PageSizes.Show))}.";
            yield break;
        }
        // VMSAv8-64: wider addresses need the largest granule (or FEAT_LPA2, which is not modelled).
        if (AddressBits > 48 && granule != 16 && model.LeafSizes.ContainsKey(16) && model.AddressBits.Contains(AddressBits)) yield return $"addressBits is {AddressBits}: with granule {Granule} {model.Name} has 48 at most; use --granule 64K.";
        if (PageSize != "as-mapped" && (PageSizes.Log2Of(PageSize) is not { } leaf || (sizes & (1UL << leaf)) == 0))
            yield return $"Page size '{PageSize}': {model.Name}{(model.LeafSizes.Count > 1 ? $" with granule {Granule}" : "")} has leaves of {PageSizes.ShowAll(sizes)}; or write as-mapped.";
    }

    /// <summary>The largest leaf as a power of two of bytes; 0 for as-mapped.</summary>
    internal int LargestLeafLog2 => PageSizes.Log2Of(PageSize) ?? 0;

    internal HarvestSchedule Schedule => HarvestSchedule.TryParse(HarvestEvery, out HarvestSchedule schedule) ? schedule : default;

    internal ulong FlushChunkBytes => 1UL << (PageSizes.Log2Of(FlushChunk) ?? 26);

    internal IommuSpec ToSpec()
    {
        if (!IotlbGeometry.TryParse(Iotlb, out IotlbGeometry geometry, out string error)) throw new ArgumentException(error);
        return new()
        {
            Model = Iommu, Iotlb = geometry, AddressBits = AddressBits, GranuleLog2 = PageSizes.Log2Of(Granule) ?? 12, DeviceTlbEntries = DeviceTlb,
            LinuxLeafSizesOnly = PageSize == "as-mapped", Profile = DriverProfile.Find(Driver) ?? DriverProfile.Linux, DirtyMayLag = DirtyOrder == "may-lag", BlockChangeLevel = BlockChange,
        };
    }
}
