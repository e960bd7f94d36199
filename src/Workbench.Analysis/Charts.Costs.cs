using Plotly.NET;
using Workbench.Analysis.Figures;
using Workbench.Replay;
using Workbench.Replay.Costs;

namespace Workbench.Analysis;

/// <summary>What it costs.</summary>
public static partial class Charts
{
    private static readonly CostGroup[] SoftwareGroups = [CostGroup.Harvest, CostGroup.Split, CostGroup.Collapse];

    /// <summary>What <see cref="Vendors"/> can compare: the key of the JSON contract, what it is, its value and how it is shown.</summary>
    private static readonly (string Key, string Name, Func<ReplaySummary, double> Value, Quantity Unit)[] Metrics =
    [
        ("bytesReported", "bytes reported", s => s.BytesReported, Quantity.Bytes), ("harvestCostNs", "harvest time", s => s.HarvestCostNs.Default, Quantity.Time),
        ("commands", "commands", s => s.Commands, Quantity.Plain), ("walks", "walks", s => s.Walks, Quantity.Plain), ("tableReads", "table reads", s => s.TableReads, Quantity.Plain),
        ("entriesScanned", "entries scanned", s => s.EntriesScanned, Quantity.Plain), ("peakTableBytes", "table memory", s => s.PeakTableBytes, Quantity.Bytes),
        ("invalidations", "invalidations", s => s.Invalidations, Quantity.Plain), ("iotlbMisses", "IOTLB misses", s => s.IotlbMisses, Quantity.Plain), ("dirtyUpdates", "dirty bits set", s => s.DirtyUpdates, Quantity.Plain),
        ("refills", "refills", s => s.Refills, Quantity.Plain), ("overReported4K", "over-reported pages", s => s.OverReported4K, Quantity.Plain), ("missed4K", "missed pages", s => s.Missed4K, Quantity.Plain),
        ("leafChangeCostNs", "time of splits and collapses", s => s.LeafChangeCostNs.Default, Quantity.Time), ("walkCostNs", "walk time", s => s.WalkCostNs.Default, Quantity.Time),
    ];

    private static readonly string[] UsualMetrics = ["bytesReported", "harvestCostNs", "commands", "walks", "tableReads", "peakTableBytes"];

    /// <inheritdoc cref="OverReport(IEnumerable{ReplayRun}, string?)"/>
    public static GenericChart OverReport(this ReplayRun run, string? title = null) => OverReport([run], title);

    /// <summary>What a migration sends, once per harvest, if pages are tracked in units of 4 KiB, 2 MiB or 1 GiB, and as the run itself reported; logarithmic, since the steps are factors of hundreds.</summary>
    public static GenericChart OverReport(this IEnumerable<ReplayRun> runs, string? title = null)
    {
        ReplayRun[] all = [.. runs];
        string heading = TitleOf(title, "What tracking in larger units sends", all);
        string[] places = ["4 KiB", "2 MiB", "1 GiB", "as reported"];
        double[][] values = [.. all.Select(r => new double[] { r.Result.BytesToSendAt(12), r.Result.BytesToSendAt(21), r.Result.BytesToSendAt(30), (double)r.Result.ReportedDirty4K * 4096 })];
        double largest = values.SelectMany(v => v).DefaultIfEmpty().Max();
        if (largest == 0) return Nothing(heading, "Unit of tracking", "Sent over all harvests (bytes)", all.Length == 0 ? "No runs were given." : "Nothing was written and nothing reported.");
        Scale sent = Scale.Log("Sent over all harvests", Quantity.Bytes, values.SelectMany(v => v));
        Drawing figure = new(heading);
        figure.Axes(Scale.Names("Unit of tracking"), sent);
        string[] labels = LabelsOf(all);
        for (int i = 0; i < all.Length; i++)
            figure.Bars(labels[i], places, values[i].Select(sent.Place), stacked: false,
                [.. values[i].Select((v, at) => $"{labels[i]}, {places[at]}: {Words.ShowBytes(v)}{(values[i][0] > 0 ? $", {Words.Number(v / values[i][0])} times what was written" : "")}")]);
        int first = Array.FindIndex(values, v => v[0] > 0);
        string factors = first < 0 ? "No page was written." : $"{labels[first]} writes {Words.ShowBytes(values[first][0])} in 4 KiB pages; units of 2 MiB send {Words.Number(values[first][1] / values[first][0])} times that, units of 1 GiB {Words.Number(values[first][2] / values[first][0])} times.";
        return figure.Build($"{factors} Sent as reported: {LowestAndHighest(labels, [.. values.Select(v => v[3])], Words.ShowBytes)}");
    }

    /// <inheritdoc cref="FlushCost(IEnumerable{ReplayRun}, string?)"/>
    public static GenericChart FlushCost(this ReplayRun run, string? title = null) => FlushCost([run], title);

    /// <summary>Time that software spends on harvests, splits and collapses, stacked by part at the typical value of the cost profile; the error bars span the profile's low and high.</summary>
    public static GenericChart FlushCost(this IEnumerable<ReplayRun> runs, string? title = null)
    {
        ReplayRun[] all = [.. runs];
        string heading = TitleOf(title, "What dirty tracking costs in software", all);
        CostRange[] totals = [.. all.Select(r => r.Result.Costs.SoftwareNs)];
        double largest = totals.Select(t => t.High).DefaultIfEmpty().Max();
        if (largest == 0) return Nothing(heading, "Run", "Time of software over the run (ns)", all.Length == 0 ? "No runs were given." : "Tracking cost nothing: nothing was looked at, cleared, invalidated or split.");
        Scale time = Scale.FromZero("Time of software over the run", Quantity.Time, largest);
        Drawing figure = new(heading);
        figure.Axes(Scale.Names("Run"), time);
        string[] labels = LabelsOf(all);
        List<(string Name, double[] Ns)> parts = [];
        foreach (string part in all.SelectMany(r => PartsOf(r).Select(row => row.Name)).Distinct())
        {
            double[] ns = [.. all.Select(r => PartsOf(r).Where(row => row.Name == part).Sum(row => row.TotalNs.Default))];
            if (ns.Any(n => n > 0)) parts.Add((part, ns));
        }
        foreach ((string name, double[] ns) in parts) figure.Bars(name, labels, ns.Select(time.Place), stacked: true, [.. ns.Select((n, i) => $"{labels[i]}, {name}: {Words.ShowTime(n)}")]);
        figure.Ranges("low to high", labels, [.. totals.Select(t => t.Low / time.Size)], [.. totals.Select(t => t.Default / time.Size)], [.. totals.Select(t => t.High / time.Size)]);
        string widest = parts.Count == 0 ? "" : $" The largest part is {parts.MaxBy(p => p.Ns.Sum()).Name}.";
        return figure.Build($"{LowestAndHighest(labels, [.. totals.Select(t => t.Default)], Words.ShowTime)} By the cost profile the highest may be {Words.ShowTime(totals.Max(t => t.High))}, the lowest {Words.ShowTime(totals.Min(t => t.Low))}.{widest}");
    }

    private static IEnumerable<CostRow> PartsOf(ReplayRun run) => run.Result.Costs.Rows.Where(row => SoftwareGroups.Contains(row.Group));

    /// <summary>
    /// Runs side by side. One metric is drawn in its own unit; several are drawn as multiples of the first run's, which is 1 (a metric of which the
    /// first run has 0 is left out).
    /// </summary>
    /// <param name="runs">Runs to compare, such as those of <see cref="Recording.Compare"/>.</param>
    /// <param name="metrics">Keys of the JSON contract, such as "walks"; nothing for bytesReported, harvestCostNs, commands, walks, tableReads and peakTableBytes.</param>
    /// <param name="title">Another title.</param>
    public static GenericChart Vendors(this IEnumerable<ReplayRun> runs, IEnumerable<string>? metrics = null, string? title = null)
    {
        ReplayRun[] all = [.. runs];
        (string Key, string Name, Func<ReplaySummary, double> Value, Quantity Unit)[] chosen = [.. (metrics ?? UsualMetrics).Select(MetricOf)];
        string heading = TitleOf(title, chosen.Length == 1 ? $"IOMMU models compared, {chosen[0].Name}" : "IOMMU models compared", all);
        if (all.Length == 0 || chosen.Length == 0) return Nothing(heading, "Metric", "Multiple of the first run (ratio)", all.Length == 0 ? "No runs were given." : "No metrics were given.");
        string[] labels = LabelsOf(all);
        ReplaySummary[] summaries = [.. all.Select(r => r.Summary)];
        double[][] values = [.. chosen.Select(m => summaries.Select(m.Value).ToArray())];
        return chosen.Length == 1 ? OneMetric(heading, labels, chosen[0].Name, chosen[0].Unit, values[0]) : ManyMetrics(heading, labels, [.. chosen.Select(m => m.Name)], values);
    }

    private static GenericChart OneMetric(string heading, string[] labels, string name, Quantity kind, double[] values)
    {
        Scale scale = Scale.FromZero($"{char.ToUpperInvariant(name[0])}{name[1..]}{(kind == Quantity.Plain ? " (number)" : "")}", kind, values.Max());
        string show(double v) => kind switch { Quantity.Bytes => Words.ShowBytes(v), Quantity.Time => Words.ShowTime(v), _ => Words.Number(v) };
        Drawing figure = new(heading);
        figure.Axes(Scale.Names("Run"), scale);
        figure.Bars(name, labels, values.Select(scale.Place), stacked: false);
        if (values.Max() == 0) figure.Say("All values are 0.");
        return figure.Build($"{heading}. {LowestAndHighest(labels, values, show)}");
    }

    private static GenericChart ManyMetrics(string heading, string[] labels, string[] names, double[][] values)
    {
        int[] drawn = [.. Enumerable.Range(0, names.Length).Where(m => values[m][0] > 0)];
        string axis = $"Multiple of {labels[0]} (ratio)";
        if (drawn.Length == 0) return Nothing(heading, "Metric", axis, $"All metrics of {labels[0]} are 0, so nothing can be compared with it.");
        double[] ratios = [.. drawn.SelectMany(m => values[m].Select(v => v / values[m][0]))];
        Drawing figure = new(heading);
        Scale scale = Scale.Fitting(axis, Quantity.Plain, ratios);
        figure.Axes(Scale.Names("Metric"), scale);
        for (int i = 0; i < labels.Length; i++)
            figure.Bars(labels[i], drawn.Select(m => names[m]), drawn.Select(m => scale.Place(values[m][i] / values[m][0])), stacked: false, [.. drawn.Select(m => $"{labels[i]}, {names[m]}: {Words.Number(values[m][i])}")]);
        (int metric, int run) = (from m in drawn from i in Enumerable.Range(0, labels.Length) orderby values[m][i] / values[m][0] descending select (m, i)).First();
        string left = drawn.Length == names.Length ? "" : $" Left out, since {labels[0]} has none: {string.Join(", ", Enumerable.Range(0, names.Length).Except(drawn).Select(m => names[m]))}.";
        return figure.Build($"{Words.Count(labels.Length, "run")} compared with {labels[0]} in {Words.Count(drawn.Length, "metric")}. Furthest above it: {labels[run]}, {names[metric]}, {Words.Number(values[metric][run] / values[metric][0])} times.{left}");
    }

    private static (string Key, string Name, Func<ReplaySummary, double> Value, Quantity Unit) MetricOf(string key)
    {
        foreach ((string Key, string Name, Func<ReplaySummary, double> Value, Quantity Unit) metric in Metrics)
            if (metric.Key == key) return metric;
        throw new ArgumentException($"There is no metric '{key}'; there is: {string.Join(", ", Metrics.Select(m => m.Key))}.", nameof(key));
    }
}
