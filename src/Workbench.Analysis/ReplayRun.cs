using Workbench.Analysis.Display;
using Workbench.Display;
using Workbench.Replay;

namespace Workbench.Analysis;

/// <summary>One replay: what was asked, what came out, and what is needed to run it again.</summary>
[TypeFormatterSource(typeof(ReplayRunFormatter))]
public sealed record ReplayRun
{
    /// <summary>The trace's short name, as <see cref="Recording.Open"/> takes it.</summary>
    public required string Trace { get; init; }
    /// <summary>What the trace says of itself.</summary>
    public required string Title { get; init; }
    /// <summary>What charts and tables call the run; change it with <c>run with { Label = "…" }</c>.</summary>
    public required string Label { get; init; }
    /// <summary>What was asked for.</summary>
    public required Experiment Experiment { get; init; }
    /// <summary>What was counted.</summary>
    public required ReplayResult Result { get; init; }
    /// <summary>Hashes of trace and experiment, and the version that ran.</summary>
    public required RunManifest Manifest { get; init; }
    /// <summary>Trace time at which tracking began, ns; charts count time from there.</summary>
    public required long BeginNs { get; init; }

    /// <summary>The result in one flat object: the JSON contract of docs/replay.md.</summary>
    public ReplaySummary Summary => ReplaySummary.Of(Result, Experiment, Manifest.Trace);

    /// <summary>A label made of what differs from the usual: model, leaf size, policy, flush, tracker, quirks.</summary>
    public static string LabelOf(Experiment experiment)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        List<string> words = [PolicyRow.ModelOf(experiment)];
        if (experiment.PageSize != "as-mapped") words.Add(experiment.PageSize);
        if (experiment.Policy != "never") words.Add(experiment.Policy);
        if (experiment.Flush != FlushStrategy.After) words.Add("flush " + Words.Of(experiment.Flush));
        if (experiment.Tracker != "iommufd") words.Add(experiment.Tracker);
        if (experiment.Quirks != "fixed") words.Add(experiment.Quirks);
        return string.Join(' ', words);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Label} on {Trace}: {Words.Count(Result.TrueDirty4K, "page")} written, {Words.Count(Result.ReportedDirty4K, "page")} reported, {Result.Missed4K} missed in {Words.Count(Result.Harvests.Count, "harvest")}";
}
