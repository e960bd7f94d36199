namespace Workbench.Replay.Trackers;

/// <summary>The trackers there are, by name.</summary>
internal static class TrackerCatalogue
{
    private static readonly (string Name, bool Invalidates, Func<Experiment, TrackerContext, IDirtyTracker> Create)[] All =
    [
        ("iommufd", true, (e, context) => new TableTracker(context, e.EffectiveFlush, e.FlushChunkBytes)),
        ("type1", false, (_, context) => new MappedTracker(context, isType1: true)),
        ("type1-pinned", false, (_, context) => new PinnedTracker(context)),
        ("device-log", false, (e, context) => new DeviceLogTracker(context, e.DeviceLogRanges, e.DeviceLogPageLog2)),
        ("write-protect", true, (e, context) => FaultAnswers.Of(e, out string reason) is not FaultAnswer.None and FaultAnswer answer
            ? new WriteProtectTracker(context, answer, e.Flush) : throw new ModelLimitException(reason)),
        ("mark-all", false, (_, context) => new MappedTracker(context, isType1: false)),
        ("footprint", false, (_, _) => new FootprintTracker()),
    ];

    public static string Names { get; } = string.Join(", ", All.Select(t => t.Name));

    /// <summary>Does a tracker's harvest depend on when the IOTLB is invalidated?</summary>
    public static bool Invalidates(string name) => All.Any(t => t.Name == name && t.Invalidates);

    public static bool Has(string name) => All.Any(t => t.Name == name);

    /// <summary>The tracker of an experiment; throws <see cref="ModelLimitException"/> with the reason if the machine lacks what it takes.</summary>
    public static IDirtyTracker Create(Experiment experiment, TrackerContext context) => All.First(t => t.Name == experiment.Tracker).Create(experiment, context);
}
