namespace Workbench.Replay.Trackers;

/// <summary>The trackers there are, by name.</summary>
internal static class TrackerCatalogue
{
    private static readonly (string Name, Func<Experiment, TrackerContext, IDirtyTracker> Create)[] All =
    [
        ("iommufd", (e, context) => new TableTracker(context, e.EffectiveFlush, e.FlushChunkBytes)),
        ("type1", (_, context) => new MappedTracker(context, isType1: true)),
        ("type1-pinned", (_, context) => new PinnedTracker(context)),
        ("device-log", (e, context) => new DeviceLogTracker(context, e.DeviceLogRanges, e.DeviceLogPageLog2)),
        ("write-protect", (e, context) => FaultAnswers.Of(e, out string reason) is not FaultAnswer.None and FaultAnswer answer
            ? new WriteProtectTracker(context, answer, e.Flush) : throw new ModelLimitException(reason)),
        ("mark-all", (_, context) => new MappedTracker(context, isType1: false)),
        ("footprint", (_, _) => new FootprintTracker()),
    ];

    public static string Names { get; } = string.Join(", ", All.Select(t => t.Name));

    public static bool Has(string name) => All.Any(t => t.Name == name);

    /// <summary>The tracker of an experiment; throws <see cref="ModelLimitException"/> with the reason if the machine lacks what it takes.</summary>
    public static IDirtyTracker Create(Experiment experiment, TrackerContext context) => All.First(t => t.Name == experiment.Tracker).Create(experiment, context);
}
