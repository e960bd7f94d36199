namespace Workbench.Replay.Trackers;

/// <summary>The trackers there are, by name.</summary>
internal static class TrackerCatalogue
{
    private static readonly (string Name, Func<Experiment, TrackerContext, IDirtyTracker> Create)[] All =
    [
        ("iommufd", (e, context) => new TableTracker(context, e.EffectiveFlush, e.FlushChunkBytes)),
        ("footprint", (_, _) => new FootprintTracker()),
    ];

    public static string Names { get; } = string.Join(", ", All.Select(t => t.Name));

    public static bool Has(string name) => All.Any(t => t.Name == name);

    /// <summary>The tracker of an experiment; throws <see cref="ModelLimitException"/> with the reason if the machine lacks what it takes.</summary>
    public static IDirtyTracker Create(Experiment experiment, TrackerContext context) => All.First(t => t.Name == experiment.Tracker).Create(experiment, context);
}
