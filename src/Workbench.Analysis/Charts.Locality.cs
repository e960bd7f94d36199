using System.Globalization;
using Plotly.NET;
using Workbench.Analysis.Figures;
using Workbench.Iommu.Caches;
using Workbench.Replay;
using Workbench.Replay.Curves;
using Workbench.Replay.Footprints;

namespace Workbench.Analysis;

/// <summary>Where and how often memory is written.</summary>
public static partial class Charts
{
    /// <inheritdoc cref="CumulativeUnique(IEnumerable{Recording}, View, string, int, string?)"/>
    public static GenericChart CumulativeUnique(this Recording recording, View view = View.Migration, string granule = "4K", int bins = 200, string? title = null) => CumulativeUnique([recording], view, granule, bins, title);

    /// <summary>Distinct pages written since the beginning, over time: how fast a workload reaches new memory. Counted from the trace, without an IOMMU.</summary>
    /// <param name="recordings">Recordings to overlay; time counts from each one's first event.</param>
    /// <param name="view">Which addresses count; what a migration tracks, if not said.</param>
    /// <param name="granule">The size of what is counted, "4K", "2M" and so on.</param>
    /// <param name="bins">Points of each line, 1 to 10,000.</param>
    /// <param name="title">Another title.</param>
    public static GenericChart CumulativeUnique(this IEnumerable<Recording> recordings, View view = View.Migration, string granule = "4K", int bins = 200, string? title = null)
    {
        int log2 = GranuleOf(granule);
        if (bins is < 1 or > 10_000) throw new ArgumentOutOfRangeException(nameof(bins), $"{bins} points: 1 to 10,000 are possible.");
        Recording[] all = [.. recordings];
        string heading = title ?? (all.Length == 1 ? $"Memory written for the first time: {all[0].Name}" : "Memory written for the first time");
        const string xAxis = "Time since the first event (s)";
        string yAxis = $"Distinct {Iec(log2)} pages written (pages)";
        if (all.Length == 0) return Nothing(heading, xAxis, yAxis, "No recordings were given.");
        Drawing figure = new(heading);
        figure.Axes(Scale.FromZero(xAxis), Scale.FromZero(yAxis));
        string[] labels = Distinct([.. all.Select(r => r.Name)]);
        List<double> totals = [];
        for (int i = 0; i < all.Length; i++)
        {
            (double[] x, double?[] y) = Cumulate(all[i], view, log2, bins);
            totals.Add(y[^1] ?? 0);
            figure.Line(labels[i], x, y);
        }
        if (totals.Max() == 0) figure.Say("Nothing was written.");
        string unit = $"pages of {Iec(log2)}";
        return figure.Build($"{LowestAndHighest(labels, totals, v => $"{Words.Number(v)} {unit} ({Words.ShowBytes(v * Math.Pow(2, log2))})")} Addresses counted: {string.Join(", ", all.Select(r => Words.Of(WritePass.ViewOf(r.Provenance, view))).Distinct())}.");
    }

    private static (double[] X, double?[] Y) Cumulate(Recording recording, View view, int log2, int bins)
    {
        long first = recording.FirstTimeNs, length = recording.LastTimeNs - first;
        HashSet<(int, ulong)> seen = [];
        long[] added = new long[bins + 1];
        recording.VisitWrites(view, writes =>
        {
            foreach (ref readonly PageWrite write in writes)
            {
                // A write at the edge of a bin belongs to the point at that edge.
                long at = length == 0 ? 0 : (long)(((Int128)(write.TimeNs - first) * bins + length - 1) / length);
                for (ulong page = write.FirstPage >> (log2 - 12); page <= write.LastPage >> (log2 - 12); page++)
                    if (seen.Add((write.Space, page))) added[at]++;
            }
        });
        double[] x = new double[bins + 1];
        double?[] y = new double?[bins + 1];
        long sum = 0;
        for (int i = 0; i <= bins; i++)
        {
            x[i] = length / 1e9 * i / bins;
            y[i] = sum += added[i];
        }
        return (x, y);
    }

    /// <summary>
    /// IOTLB miss ratio over the number of entries of a fully associative LRU IOTLB, counted in one pass for all sizes; one line for each model and page size. Harvests are left
    /// out, as they would be with <see cref="Experiment.HarvestEvery"/> "0". What a curve cannot be made for (docs/curves.md) is replayed once for each size, harvests and all.
    /// </summary>
    /// <param name="recording">The recording.</param>
    /// <param name="experiment">Everything but the IOTLB; nothing for the usual.</param>
    /// <param name="models">IOMMU models; nothing for the experiment's.</param>
    /// <param name="pageSizes">Largest leaves, such as "4K" and "2M"; nothing for the experiment's.</param>
    /// <param name="entries">Numbers of entries, 1 to 65,536; nothing for 1, 4, 16 and so on to 4096.</param>
    /// <param name="title">Another title.</param>
    public static GenericChart IotlbMissCurve(this Recording recording, Experiment? experiment = null, IEnumerable<string>? models = null, IEnumerable<string>? pageSizes = null, IEnumerable<int>? entries = null, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(recording);
        experiment ??= new();
        int[] sizes = [.. (entries ?? [1, 4, 16, 64, 256, 1024, 4096]).Distinct().Order()];
        List<Experiment> experiments = [];
        foreach ((_, Experiment model) in new ModelComparison { Common = experiment, Iommus = [.. models ?? [PolicyRow.ModelOf(experiment)]] }.Cells())
            foreach (string pageSize in pageSizes ?? [experiment.PageSize]) experiments.Add(model with { PageSize = pageSize });
        if (MissCurves.Problems(experiment).Any())
            return recording.Sweep(experiments.SelectMany(e => sizes.Select(size => e with { Iotlb = string.Create(CultureInfo.InvariantCulture, $"1x{size}:lru") }))).IotlbMissCurve(title);
        CurveOptions options = new() { Geometries = CurveGeometries.Fully, Sizes = sizes };
        MissLine[] lines = sizes.Length == 0 ? [] : [.. experiments.Select(e => new MissLine(ReplayRun.LabelOf(e), [.. recording.Curve(e, options).Points.Where(p => p.Hits + p.Misses > 0).Select(p => (p.Entries, 100.0 * p.Misses / (p.Hits + p.Misses)))]))];
        return Draw(title ?? $"IOTLB misses by size: {recording.Name}", lines);
    }

    /// <summary>IOTLB miss ratio over entries, from runs that differ in their IOTLB; runs of one label make a line.</summary>
    public static GenericChart IotlbMissCurve(this IEnumerable<ReplayRun> runs, string? title = null)
    {
        ReplayRun[] all = [.. runs];
        bool isOneTrace = all.Select(r => r.Trace).Distinct().Count() == 1;
        return Draw(TitleOf(title, "IOTLB misses by size", all), [.. all.GroupBy(r => isOneTrace ? r.Label : $"{r.Label}, {r.Trace}").Select(line =>
            new MissLine(line.Key, [.. line.Where(r => Translations(r) > 0).Select(r => (Entries: EntriesOf(r), Percent: 100.0 * r.Result.Counters.IotlbMisses / Translations(r))).OrderBy(p => p.Entries)]))]);
    }

    private sealed record MissLine(string Label, (int Entries, double Percent)[] Points);

    private static GenericChart Draw(string heading, MissLine[] lines)
    {
        const string xAxis = "IOTLB entries (logarithmic)", yAxis = "IOTLB misses (% of translations)";
        if (lines.Length == 0) return Nothing(heading, xAxis, yAxis, "No runs were given.");
        lines = [.. lines.Where(line => line.Points.Length > 0)];
        if (lines.Length == 0) return Nothing(heading, xAxis, yAxis, "No translations: the device accessed nothing.");
        Drawing figure = new(heading);
        figure.Axes(Scale.Log(xAxis, TicksOf(lines.SelectMany(line => line.Points.Select(p => p.Entries)))), Scale.FromZero(yAxis));
        List<string> ends = [];
        foreach ((string label, (int Entries, double Percent)[] points) in lines)
        {
            figure.Line(label, points.Select(p => (double)p.Entries), points.Select(p => (double?)p.Percent), markers: true);
            ends.Add($"{label}: {Words.Number(points[0].Percent)} % with {Words.Count(points[0].Entries, "entry").Replace("entrys", "entries", StringComparison.Ordinal)}, {Words.Number(points[^1].Percent)} % with {points[^1].Entries:n0}");
        }
        return figure.Build($"Of the translations the IOTLB misses, by size. {string.Join("; ", ends)}.");
    }

    /// <summary>A tick at each size, if they are few; else at every other, and so on.</summary>
    private static double[] TicksOf(IEnumerable<int> entries)
    {
        int[] sizes = [.. entries.Distinct().Order()];
        int step = ((sizes.Length - 1) / 10) + 1;
        return [.. sizes.Where((_, i) => i % step == 0).Select(n => (double)n)];
    }

    private static long Translations(ReplayRun run) => run.Result.Counters.IotlbHits + run.Result.Counters.IotlbMisses + run.Result.Counters.DirtyRewalks;

    private static int EntriesOf(ReplayRun run) => IotlbGeometry.TryParse(run.Experiment.Iotlb, out IotlbGeometry geometry, out string error) ? geometry.Entries : throw new ArgumentException(error, nameof(run));

    private static int GranuleOf(string granule) => PageSizes.Log2Of(granule) ?? throw new ArgumentException($"'{granule}' is no page size; a power of two from 4K up, written with K, M, G or T.", nameof(granule));

    private static string Iec(int log2) => Words.ShowBytes(Math.Pow(2, log2));
}
