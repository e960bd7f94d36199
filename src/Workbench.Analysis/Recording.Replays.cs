using System.Security.Cryptography;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Analysis;

/// <summary>Replaying.</summary>
public sealed partial class Recording
{
    private static string Tool { get; } = $"workbench {typeof(Recording).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Replays the recording: <c>recording.Replay(new() { Iommu = "amd", PageSize = "2M" })</c>. Progress and cancellation come from the <see cref="RunScope"/>.</summary>
    /// <param name="experiment">What to replay and how; nothing for the usual.</param>
    public ReplayRun Replay(Experiment? experiment = null)
    {
        experiment ??= new();
        if (experiment.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(experiment));
        return Replay(experiment, ReplayRun.LabelOf(experiment), RunScope.Reporter(ReplayRun.LabelOf(experiment), EventCount), RunScope.Current?.Cancellation ?? default);
    }

    /// <summary>Replays the recording once for each experiment, in order: <c>recording.Sweep(sizes.Select(s => new Experiment { PageSize = s }))</c>.</summary>
    public IReadOnlyList<ReplayRun> Sweep(IEnumerable<Experiment> experiments)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        return [.. experiments.Select(e => Replay(e))];
    }

    /// <summary>Replays the recording through several IOMMU models, everything else being equal: <c>recording.Compare(["vtd", "amd", "smmu:64K"])</c>.</summary>
    /// <param name="models">Names of models, MODEL:GRANULE for another translation granule; nothing for all of them.</param>
    /// <param name="experiment">What all have in common; nothing for the usual.</param>
    /// <returns>One run for each model that can do what is asked; the others are named by <see cref="ResultList{T}.LeftOut"/>.</returns>
    public ResultList<ReplayRun> Compare(IEnumerable<string>? models = null, Experiment? experiment = null)
    {
        ModelComparison comparison = new() { Common = experiment ?? new() };
        if (models is not null) comparison = comparison with { Iommus = [.. models] };
        if (comparison.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(models));
        List<ReplayRun> runs = [];
        List<string> leftOut = [];
        foreach ((string name, Experiment cell) in comparison.Cells())
        {
            if (cell.Validate() is { Count: > 0 } lacks)
            {
                leftOut.Add($"{name}: {string.Join(" ", lacks)}");
                continue;
            }
            try
            {
                runs.Add(Replay(cell));
            }
            catch (ModelLimitException e)
            {
                leftOut.Add($"{name}: {e.Message}");
            }
        }
        return runs.Count > 0 ? new(runs, leftOut) : throw new ArgumentException("No model is left to compare. " + string.Join(" ", leftOut), nameof(models));
    }

    /// <summary>Replays the recording over a grid of models, leaf sizes, split policies and flush strategies (docs/policies.md), as many at once as there are processors.</summary>
    /// <param name="models">IOMMU models; nothing for vtd, amd, smmu and riscv.</param>
    /// <param name="granules">Leaf sizes that memory is mapped with at first; nothing for 4K, 2M and 1G.</param>
    /// <param name="policies">Split policies; nothing for never, eager, on-dirty and adaptive.</param>
    /// <param name="flushes">Flush strategies; nothing for After, PerRun, Domain and None.</param>
    /// <param name="experiment">What all cells have in common; nothing for the usual.</param>
    /// <returns>One row for each cell; cells that a model cannot do are named by <see cref="ResultList{T}.LeftOut"/>.</returns>
    public ResultList<PolicyRow> Policies(IEnumerable<string>? models = null, IEnumerable<string>? granules = null, IEnumerable<string>? policies = null, IEnumerable<FlushStrategy>? flushes = null, Experiment? experiment = null)
    {
        PolicyGrid grid = new() { Common = experiment ?? new() };
        if (models is not null) grid = grid with { Iommus = [.. models] };
        if (granules is not null) grid = grid with { Granules = [.. granules] };
        if (policies is not null) grid = grid with { Policies = [.. policies] };
        if (flushes is not null) grid = grid with { Flushes = [.. flushes] };
        PolicyStudy study = new(grid);
        Action<long> report = RunScope.Reporter("policies", study.Replays, "replays");
        IReadOnlyList<PolicyRow> rows = study.Run((cell, stop) => Replay(cell, "", static _ => { }, stop).Result, Environment.ProcessorCount, report, RunScope.Current?.Cancellation ?? default);
        return new(rows, study.LeftOut);
    }

    private ReplayRun Replay(Experiment experiment, string label, Action<long> report, CancellationToken cancellation)
    {
        using DmatReader reader = Reader();
        DmatSource source = new(reader);
        Moment from = Moment.Of(experiment.FromMark) ?? default;
        TimedSource? timed = from.Mark is null ? null : new(source, from.Mark);
        ReplayResult result = Replayer.Run(experiment, (ITraceSource?)timed ?? source, null, report, cancellation: cancellation);
        long warmUp = Duration.TryParse(experiment.WarmUp, out long ns) ? ns : 0;
        return new()
        {
            Trace = Name, Title = Title, Label = label, Experiment = experiment, Result = result, BeginNs = timed?.MarkNs ?? FirstTimeNs + from.Ns + warmUp,
            Manifest = new()
            {
                Tool = Tool, Trace = FileName, TraceSha256 = Sha256, Experiment = experiment,
                ExperimentSha256 = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(experiment, ReplayJson.Default.Experiment))),
                Files = new Dictionary<string, string>(),
            },
        };
    }

    /// <summary>A source that remembers when the mark came at which tracking begins.</summary>
    private sealed class TimedSource(ITraceSource source, string fromMark) : ITraceSource
    {
        private bool found;

        public long MarkNs { get; private set; }
        public TraceProvenance Provenance => source.Provenance;
        public long EventCount => source.EventCount;

        public ReadOnlySpan<TraceEvent> Next()
        {
            ReadOnlySpan<TraceEvent> next = source.Next();
            if (found) return next;
            foreach (ref readonly TraceEvent e in next)
            {
                if (e.Kind != EventKind.Mark || source.TextOf(e) != fromMark) continue;
                (found, MarkNs) = (true, e.TimeNs);
                break;
            }
            return next;
        }

        public string TextOf(in TraceEvent mark) => source.TextOf(mark);
    }
}
