using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using Workbench.Replay;
using Workbench.Replay.Curves;
using Workbench.Replay.Feeding;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Analysis;

/// <summary>Replaying.</summary>
public sealed partial class Recording
{
    /// <summary>Machines that a sweep has in memory at the same time.</summary>
    private const int MostAtOnce = 16;

    private static string Tool { get; } = $"workbench {typeof(Recording).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Replays the recording: <c>recording.Replay(new() { Iommu = "amd", PageSize = "2M" })</c>. Progress and cancellation come from the <see cref="RunScope"/>.</summary>
    /// <param name="experiment">What to replay and how; nothing for the usual.</param>
    public ReplayRun Replay(Experiment? experiment = null)
    {
        experiment ??= new();
        if (experiment.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(experiment));
        return Replay(experiment, ReplayRun.LabelOf(experiment), RunScope.Reporter(ReplayRun.LabelOf(experiment), EventCount), RunScope.Current?.Cancellation ?? default);
    }

    /// <summary>Replays the recording once for each experiment: <c>recording.Sweep(sizes.Select(s => new Experiment { PageSize = s }))</c>. It is read once for up to 16 of them, and they are replayed on all processors.</summary>
    /// <returns>A run for each experiment, in their order.</returns>
    public IReadOnlyList<ReplayRun> Sweep(IEnumerable<Experiment> experiments)
    {
        ArgumentNullException.ThrowIfNull(experiments);
        Experiment[] all = [.. experiments];
        foreach (Experiment experiment in all)
            if (experiment.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(experiments));
        ReplayRun[] runs = new ReplayRun[all.Length];
        Action<long> report = RunScope.Reporter("sweep", EventCount * all.Length);
        long before = 0;
        foreach (IGrouping<string?, int> same in Enumerable.Range(0, all.Length).GroupBy(i => Moment.Of(all[i].FromMark)?.Mark))
            foreach (int[] group in same.Chunk(MostAtOnce))
            {
                MarkFinder mark = new(same.Key);
                long done = before;
                IReadOnlyList<FedReplay> replays = Feed([.. group.Select(i => all[i])], mark, static failure => true, events => report(done + events));
                for (int i = 0; i < group.Length; i++)
                    runs[group[i]] = RunOf(all[group[i]], ReplayRun.LabelOf(all[group[i]]), replays[i].Result ?? throw new System.Diagnostics.UnreachableException("a replay that failed has thrown"), mark);
                before += EventCount * group.Length;
            }
        return runs;
    }

    /// <summary>Replays all at once from one reading; a failure that is fatal ends them all and is thrown.</summary>
    private IReadOnlyList<FedReplay> Feed(IReadOnlyList<Experiment> experiments, MarkFinder mark, Func<Exception, bool> isFatal, Action<long> report) =>
        SharedFeed.Run(() => new TimedSource(new DmatSource(Reader()), mark), experiments, Environment.ProcessorCount, (_, outcome) =>
        {
            if (outcome.Failure is { } failure && isFatal(failure)) ExceptionDispatchInfo.Throw(failure);
        }, report, RunScope.Current?.Cancellation ?? default);

    /// <summary>How often LRU IOTLBs of all sizes and shapes would miss, from one pass over the recording: <c>recording.Curve(new() { PageSize = "2M" })</c> (docs/curves.md).</summary>
    /// <param name="experiment">What decides the pages: view, model, granule, page size, invalidations; nothing for the usual.</param>
    /// <param name="options">Which sizes and shapes; nothing for fully associative ones up to 4096 entries and sets of 1 to 16 ways.</param>
    public MissCurve Curve(Experiment? experiment = null, CurveOptions? options = null)
    {
        experiment ??= new();
        using DmatReader reader = Reader();
        return MissCurves.Run(experiment, new DmatSource(reader), options, RunScope.Reporter($"{ReplayRun.LabelOf(experiment)}, all IOTLBs", EventCount), RunScope.Current?.Cancellation ?? default);
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
        List<string> leftOut = [];
        List<(string Name, Experiment Experiment)> cells = [];
        foreach ((string name, Experiment cell) in comparison.Cells())
        {
            if (cell.Validate() is { Count: > 0 } lacks) leftOut.Add($"{name}: {string.Join(" ", lacks)}");
            else cells.Add((name, cell));
        }
        MarkFinder mark = new(Moment.Of(comparison.Common.FromMark)?.Mark);
        IReadOnlyList<FedReplay> replays = Feed([.. cells.Select(c => c.Experiment)], mark, static failure => failure is not ModelLimitException, RunScope.Reporter("compare", EventCount * cells.Count));
        List<ReplayRun> runs = [];
        for (int i = 0; i < cells.Count; i++)
        {
            if (replays[i].Result is { } result) runs.Add(RunOf(cells[i].Experiment, ReplayRun.LabelOf(cells[i].Experiment), result, mark));
            else leftOut.Add($"{cells[i].Name}: {replays[i].Failure?.Message}");
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
        IReadOnlyList<PolicyRow> rows = study.Run(() => new DmatSource(Reader()), Environment.ProcessorCount, report, RunScope.Current?.Cancellation ?? default);
        return new(rows, study.LeftOut);
    }

    private ReplayRun Replay(Experiment experiment, string label, Action<long> report, CancellationToken cancellation)
    {
        using DmatSource file = new(Reader());
        // What a window passes over, the file's index tells its source, and nobody ahead of it.
        using ReadAhead? ahead = Moment.Of(experiment.FromMark)?.Ns > 0 ? null : ReadAhead.IfWorthwhile(file, Environment.ProcessorCount);
        MarkFinder mark = new(Moment.Of(experiment.FromMark)?.Mark);
        return RunOf(experiment, label, Replayer.Run(experiment, mark.IsNeeded ? new TimedSource(ahead ?? (ITraceSource)file, mark) : ahead ?? (ITraceSource)file, null, report, cancellation: cancellation), mark);
    }

    private ReplayRun RunOf(Experiment experiment, string label, ReplayResult result, MarkFinder mark)
    {
        long warmUp = Duration.TryParse(experiment.WarmUp, out long ns) ? ns : 0, from = Moment.Of(experiment.FromMark)?.Ns ?? 0;
        return new()
        {
            Trace = Name, Title = Title, Label = label, Experiment = experiment, Result = result, BeginNs = mark.IsSought ? mark.Ns : FirstTimeNs + from + warmUp,
            Manifest = new()
            {
                Tool = Tool, Trace = FileName, TraceSha256 = Sha256, Experiment = experiment,
                ExperimentSha256 = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(experiment, ReplayJson.Default.Experiment))),
                Files = new Dictionary<string, string>(),
            },
        };
    }

    /// <summary>When the mark came at which tracking begins.</summary>
    private sealed class MarkFinder(string? text)
    {
        public long Ns { get; private set; }
        public bool IsNeeded { get; private set; } = text is not null;
        public bool IsSought => text is not null;

        public void Look(ITraceSource source, ReadOnlySpan<TraceEvent> events)
        {
            foreach (ref readonly TraceEvent e in events)
            {
                if (e.Kind != EventKind.Mark || source.TextOf(e) != text) continue;
                (Ns, IsNeeded) = (e.TimeNs, false);
                return;
            }
        }
    }

    /// <summary>A source that looks for a mark as it is read, and is disposed with what it reads.</summary>
    private sealed class TimedSource(ITraceSource source, MarkFinder mark) : ITraceSource, IDisposable
    {
        public TraceProvenance Provenance => source.Provenance;
        public long EventCount => source.EventCount;

        public ReadOnlySpan<TraceEvent> Next()
        {
            ReadOnlySpan<TraceEvent> next = source.Next();
            if (mark.IsNeeded) mark.Look(source, next);
            return next;
        }

        public string TextOf(in TraceEvent e) => source.TextOf(e);
        public void Dispose() => (source as IDisposable)?.Dispose();
    }
}
