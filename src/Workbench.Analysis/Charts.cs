using System.Text.Json;
using System.Text.Json.Nodes;
using Plotly.NET;
using Workbench.Analysis.Figures;
using Workbench.Replay;
using Dyn = DynamicObj.DynamicObj;

namespace Workbench.Analysis;

/// <summary>
/// The house charts: one call each, from runs, rows or recordings. Every chart says in a sentence or two what it shows (<see cref="Summary"/>), so
/// that it can be read where it cannot be seen; the same input gives the same figure.
/// </summary>
public static partial class Charts
{
    /// <summary>Points of a line at most; more harvests are averaged in groups.</summary>
    private const int MostPoints = 1000;

    /// <summary>What a chart shows, in a sentence or two; empty for a chart that does not say.</summary>
    public static string Summary(this GenericChart chart)
    {
        ArgumentNullException.ThrowIfNull(chart);
        return GenericChart.getLayout(chart).Properties.GetValueOrDefault("meta") is Dyn meta && meta.Properties.GetValueOrDefault("summary") is string summary ? summary : "";
    }

    /// <summary>The figure (data and layout) as plotly's JSON.</summary>
    public static string ToFigureJson(this GenericChart chart) => GenericChart.toFigureJson(chart);

    /// <summary>Labels that tell runs apart: the trace's name is added where traces differ, then what differs in the experiments, a number where all is the same.</summary>
    private static string[] LabelsOf(ReplayRun[] runs)
    {
        bool isOneTrace = runs.Select(r => r.Trace).Distinct().Count() <= 1;
        string[] labels = [.. runs.Select(r => isOneTrace || r.Label == r.Trace ? r.Label : $"{r.Label}, {r.Trace}")];
        foreach (IGrouping<string, int> same in Enumerable.Range(0, labels.Length).GroupBy(i => labels[i]).Where(g => g.Count() > 1).ToArray())
        {
            (int Run, JsonObject Settings)[] experiments = [.. same.Select(i => (i, JsonSerializer.SerializeToNode(runs[i].Experiment, ReplayJson.Default.Experiment)?.AsObject() ?? []))];
            string[] differing = [.. experiments.SelectMany(e => e.Settings.Select(s => s.Key)).Distinct().Where(key => experiments.Select(e => e.Settings[key]?.ToJsonString()).Distinct().Count() > 1)];
            foreach ((int run, JsonObject settings) in experiments) labels[run] += string.Concat(differing.Select(key => $", {key} {settings[key]}"));
        }
        return Distinct(labels);
    }

    private static string[] Distinct(IReadOnlyList<string> labels)
    {
        Dictionary<string, int> seen = [];
        return [.. labels.Select(label =>
        {
            int before = seen.GetValueOrDefault(label);
            seen[label] = before + 1;
            return before == 0 ? label : $"{label} ({before + 1})";
        })];
    }

    /// <summary>A chart without data that says why.</summary>
    private static GenericChart Nothing(string title, string x, string y, string sentence)
    {
        Drawing figure = new(title);
        figure.Axes(Scale.FromZero(x).Bare(), Scale.FromZero(y).Bare());
        figure.Say(sentence);
        return figure.Build(sentence);
    }

    private static string TitleOf(string? given, string usual, IReadOnlyList<ReplayRun> runs)
    {
        if (given is not null) return given;
        string[] traces = [.. runs.Select(r => r.Trace).Distinct()];
        return traces.Length == 1 ? $"{usual}: {traces[0]}" : usual;
    }

    /// <summary>Of two ends, said once if they are the same.</summary>
    private static string LowestAndHighest(string[] labels, IReadOnlyList<double> values, Func<double, string> show)
    {
        if (values.Count == 1) return $"{labels[0]}: {show(values[0])}.";
        int low = Index(values, values.Min()), high = Index(values, values.Max());
        return values[low] == values[high] ? $"All {values.Count} the same: {show(values[low])}." : $"Lowest: {labels[low]} with {show(values[low])}; highest: {labels[high]} with {show(values[high])}.";
    }

    private static int Index(IReadOnlyList<double> values, double wanted)
    {
        int at = 0;
        while (values[at] != wanted) at++;
        return at;
    }
}
