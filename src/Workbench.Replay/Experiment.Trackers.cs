using Workbench.Iommu;
using Workbench.Replay.Trackers;

namespace Workbench.Replay;

/// <summary>What the trackers beside the IOMMU's dirty bits take.</summary>
public sealed partial record Experiment
{
    private const int MostDeviceLogRanges = 256;
    private const int LargestDeviceLogPageLog2 = 30;

    /// <summary>Ranges that a device can log at most, 1 to 256 (tracker device-log).</summary>
    public int DeviceLogRanges { get; init; } = 3;
    /// <summary>The page size in which a device logs, "4K" to "1G" (tracker device-log); 4K is asked for, and the device's least is what it gets.</summary>
    public string DeviceLogPage { get; init; } = "4K";

    internal int DeviceLogPageLog2 => PageSizes.Log2Of(DeviceLogPage) ?? 12;

    private FaultAnswer FaultAnswer => Tracker == "write-protect" ? FaultAnswers.Of(this, out _) : FaultAnswer.None;

    /// <summary>The machine, able to do what the tracker needs.</summary>
    internal IommuSpec ToSpec(Func<Workbench.Iommu.Ats.PageRequest, Workbench.Iommu.Ats.PageResponse> onPageRequest) => ToSpec() with
    {
        StallsFaults = FaultAnswer == FaultAnswer.Stall,
        OnPageRequest = FaultAnswer == FaultAnswer.PageRequest ? onPageRequest : null,
    };

    private IEnumerable<string> TrackerProblems()
    {
        if (DeviceLogRanges is < 1 or > MostDeviceLogRanges) yield return $"{DeviceLogRanges} device log ranges: 1 to {MostDeviceLogRanges}.";
        if (PageSizes.Log2Of(DeviceLogPage) is not (>= 12 and <= LargestDeviceLogPageLog2)) yield return $"Device log page '{DeviceLogPage}': a power of two from 4K to 1G, written with K, M or G.";
        if (Tracker != "write-protect") yield break;
        if (Flush is not (FlushStrategy.After or FlushStrategy.Domain or FlushStrategy.None)) yield return "Tracker write-protect invalidates after it has protected, the hull or the domain, or (which is unsound) never: flush after, domain or none.";
        if (Policy != "never" || Collapse != "never") yield return "Tracker write-protect keeps account of leaves as they are; splitting and collapsing go with tracker iommufd.";
    }
}
