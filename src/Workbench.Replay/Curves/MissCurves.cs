namespace Workbench.Replay.Curves;

/// <summary>Makes miss curves: one pass over a trace instead of one replay for each IOTLB.</summary>
public static class MissCurves
{
    /// <summary>Entries of the smallest IOTLB of a curve.</summary>
    public const int Smallest = 16;
    /// <summary>Entries of the largest fully associative IOTLB that is followed exactly.</summary>
    public const int LargestExact = 65536;
    /// <summary>Entries of the largest set-associative IOTLB.</summary>
    public const int LargestSets = 4096;
    /// <summary>Most ways of a set.</summary>
    public const int MostWays = 16;

    /// <summary>
    /// Makes the curve of a trace. Of the experiment counts what decides the pages: view, model, address bits, granule, page size, invalidations, driver profile, marks and warm-up. The
    /// curve is that of replays whose one harvest is at the end (<see cref="Experiment.HarvestEvery"/> "0"). <paramref name="progress"/> is told the events done; cancelling throws.
    /// </summary>
    public static MissCurve Run(Experiment experiment, ITraceSource source, CurveOptions? options = null, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new();
        string[] problems = [.. experiment.Validate(), .. Problems(experiment), .. options.Problems()];
        if (problems.Length > 0) throw new ArgumentException(string.Join(" ", problems), nameof(experiment));
        PageKeys keys = new(experiment.AddressBits);
        LruList list = new(options.Sizes ?? Doubled(Smallest, Math.Min(options.UpTo, LargestExact)), keys.FirstKey);
        SetStacks[] stacks = options.Geometries == CurveGeometries.Fully ? [] : [.. Doubled(1, LargestSets).Select(sets => new SetStacks(sets, Math.Min(MostWays, LargestSets / sets), keys.FirstKey))];
        bool isSampled = options is { Sizes: null, UpTo: > LargestExact } && options.Geometries != CurveGeometries.Sets;
        SampledLists? sampled = isSampled ? new(Doubled(LargestExact * 2, options.UpTo), keys.FirstKey) : null;
        CurveFeed feed = new([list, .. stacks, .. sampled is null ? (ICurveModel[])[] : [sampled]], options.Threads == 0 ? -1 : options.Threads);
        using CurveReplay replay = new(experiment, source, keys, feed);
        replay.Run(progress, cancellation);
        List<MissCurvePoint> points = [];
        if (options.Geometries != CurveGeometries.Sets)
            for (int size = 0; size < list.Sizes.Count; size++) points.Add(Point(1, list.Sizes[size], list.HitsOf(size)));
        for (int size = 0; size < (sampled?.Sizes.Count ?? 0); size++) points.Add(Sampled(sampled!, size));
        foreach (SetStacks stack in stacks)
            for (int ways = 1; ways <= stack.Ways; ways++)
                if (stack.Sets * ways >= Smallest && points.TrueForAll(p => p.Sets != stack.Sets || p.Ways != ways)) points.Add(Point(stack.Sets, ways, stack.HitsOf(ways)));
        return new()
        {
            Iommu = experiment.Iommu, Granule = experiment.Granule, PageSize = experiment.PageSize, View = replay.View, Invalidations = experiment.Invalidations,
            Events = replay.Events, Accesses = replay.Accesses, Translations = replay.Translations, ColdMisses = list.Cold, Faults = replay.Faults, Invalidated = list.Dropped,
            StaleTouches = Math.Max(list.StaleTouches, stacks.Select(s => s.StaleTouches).DefaultIfEmpty(0).Max()), Points = points, Notes = replay.Notes,
        };

        MissCurvePoint Point(int sets, int ways, long hits) => new() { Sets = sets, Ways = ways, Hits = replay.Repeats + hits, Misses = replay.Translations - replay.Repeats - hits };

        // A larger IOTLB misses no more than a smaller one, and every one misses what is used for the first time, or faults and was never told of.
        MissCurvePoint Sampled(SampledLists lists, int size)
        {
            long most = replay.Translations - replay.Repeats - list.HitsOf(list.Sizes.Count - 1), least = Math.Min(most, list.Cold + replay.Unfed);
            (double misses, double low, double high) = lists.MissesOf(size);
            (double about, double lowest, double highest) = (Math.Clamp(least + misses, least, most), Math.Clamp(least + low, least, most), Math.Clamp(least + high, least, most));
            long rounded = (long)Math.Round(about);
            return new()
            {
                Sets = 1, Ways = lists.Sizes[size], Hits = replay.Translations - rounded, Misses = rounded, IsSampled = true,
                Error = replay.Translations == 0 ? 0 : Math.Max(highest - about, about - lowest) / replay.Translations,
            };
        }
    }

    /// <summary>Why a curve cannot be made for an experiment that can be replayed; empty if it can.</summary>
    public static IEnumerable<string> Problems(Experiment experiment)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        if (experiment.Loop != "open") yield return $"Loop {experiment.Loop} delays devices by what their translations cost, which differs from IOTLB to IOTLB; a curve needs loop open.";
        if (experiment.DeviceTlb != 0) yield return "Devices with ATS ask their own TLB first; a curve needs deviceTlb 0.";
        if (experiment.Policy != "never") yield return $"Policy {experiment.Policy} changes page sizes by what harvests find; a curve needs policy never.";
        if (experiment.Tracker == "write-protect") yield return "Tracker write-protect changes permissions while devices run; a curve needs another tracker.";
    }

    private static List<int> Doubled(int first, int last)
    {
        List<int> sizes = [];
        for (int size = first; size <= last; size *= 2) sizes.Add(size);
        return sizes;
    }
}
