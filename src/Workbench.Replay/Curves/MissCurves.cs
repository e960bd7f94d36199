namespace Workbench.Replay.Curves;

/// <summary>Makes miss curves: one pass over a trace instead of one replay for each IOTLB.</summary>
public static class MissCurves
{
    /// <summary>Entries of the smallest IOTLB of a curve.</summary>
    public const int Smallest = 16;
    /// <summary>Entries of the largest IOTLB whose curve is exact by default.</summary>
    public const int LargestExact = 4096;
    /// <summary>Most ways of a set.</summary>
    public const int MostWays = 16;

    /// <summary>
    /// Makes the curve of a trace. Of the experiment counts what decides the pages: view, model, address bits, granule, page size, invalidations, driver profile, marks and warm-up. The
    /// curve is that of a replay with one harvest at its end. <paramref name="progress"/> is told the events done; cancelling throws.
    /// </summary>
    public static MissCurve Run(Experiment experiment, ITraceSource source, CurveOptions? options = null, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new();
        string[] problems = [.. experiment.Validate(), .. Problems(experiment, options)];
        if (problems.Length > 0) throw new ArgumentException(string.Join(" ", problems), nameof(experiment));
        PageKeys keys = new(experiment.AddressBits);
        LruList list = new(options.Sizes ?? SizesUpTo(LargestExact), keys.FirstKey);
        SetStacks[] stacks = options.Geometries == CurveGeometries.Fully ? [] : [.. SetCounts().Select(sets => new SetStacks(sets, Math.Min(MostWays, LargestExact / sets), keys.FirstKey))];
        CurveFeed feed = new([list, .. stacks], options.Threads == 0 ? -1 : options.Threads);
        using CurveReplay replay = new(experiment, source, keys, feed);
        replay.Run(progress, cancellation);
        List<MissCurvePoint> points = [];
        if (options.Geometries != CurveGeometries.Sets)
            for (int size = 0; size < list.Sizes.Count; size++) points.Add(Point(1, list.Sizes[size], list.HitsOf(size)));
        foreach (SetStacks stack in stacks)
            for (int ways = 1; ways <= stack.Ways; ways++)
                if (stack.Sets * ways >= Smallest) points.Add(Point(stack.Sets, ways, stack.HitsOf(ways)));
        return new()
        {
            Iommu = experiment.Iommu, Granule = experiment.Granule, PageSize = experiment.PageSize, View = replay.View, Invalidations = experiment.Invalidations,
            Events = replay.Events, Accesses = replay.Accesses, Translations = replay.Translations, ColdMisses = list.Cold, Faults = replay.Faults, Invalidated = list.Dropped,
            StaleTouches = Math.Max(list.StaleTouches, stacks.Select(s => s.StaleTouches).DefaultIfEmpty(0).Max()), Points = points, Notes = replay.Notes,
        };

        MissCurvePoint Point(int sets, int ways, long hits) => new() { Sets = sets, Ways = ways, Hits = replay.Repeats + hits, Misses = replay.Translations - replay.Repeats - hits };
    }

    private static IEnumerable<string> Problems(Experiment experiment, CurveOptions options)
    {
        if (experiment.Loop != "open") yield return $"Loop {experiment.Loop} delays devices by what their translations cost, which differs from IOTLB to IOTLB; a curve needs loop open.";
        if (experiment.DeviceTlb != 0) yield return "Devices with ATS ask their own TLB first; a curve needs deviceTlb 0.";
        if (experiment.Policy != "never") yield return $"Policy {experiment.Policy} changes page sizes by what harvests find; a curve needs policy never.";
        if (experiment.Tracker == "write-protect") yield return "Tracker write-protect changes permissions while devices run; a curve needs another tracker.";
        if (options.Threads < 0) yield return $"{options.Threads} threads: 1 or more, or 0 for all processors.";
    }

    private static List<int> SizesUpTo(int largest)
    {
        List<int> sizes = [];
        for (int size = Smallest; size <= largest; size *= 2) sizes.Add(size);
        return sizes;
    }

    private static IEnumerable<int> SetCounts()
    {
        for (int sets = 2; sets <= LargestExact; sets *= 2) yield return sets;
    }
}
