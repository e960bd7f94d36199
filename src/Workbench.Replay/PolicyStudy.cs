using System.Runtime.ExceptionServices;
using Workbench.Replay.Feeding;

namespace Workbench.Replay;

/// <summary>The replays of a <see cref="PolicyGrid"/>: what can be replayed, what is left out and why, and the rows that come of it.</summary>
public sealed class PolicyStudy
{
    private readonly List<Lack> lacks = [];
    private readonly List<Experiment> cells = [];
    private readonly Experiment[] all;

    /// <summary>Plans the replays. What no model could make right is refused; what one model lacks leaves its cells out.</summary>
    public PolicyStudy(PolicyGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        if (grid.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems));
        foreach (Experiment cell in grid.Cells())
        {
            string[] missing = [.. cell.Validate()];
            if (missing.Length == 0) cells.Add(cell);
            else lacks.AddRange(missing.Select(reason => new Lack(cell, reason)));
        }
        if (cells.Count == 0) throw new ArgumentException("No cell of the grid can be replayed. " + string.Join(" ", LeftOut));
        all = [.. cells.Select(PolicyGrid.Untracked).Concat(cells).Distinct()];
    }

    /// <summary>Replays in all: one for each cell, and one without tracking for each machine.</summary>
    public int Replays => all.Length;

    /// <summary>What is left out: each reason once for each model, with the leaf sizes it holds for.</summary>
    public IReadOnlyList<string> LeftOut =>
        [.. lacks.GroupBy(l => (Model: PolicyRow.ModelOf(l.Cell), l.Reason)).Select(same => $"{same.Key.Model} with leaves of {string.Join(", ", same.Select(l => l.Cell.PageSize).Distinct())}: {same.Key.Reason}")];

    /// <summary>Replays every cell, those of a group from one reading of the trace; rows in the order of the cells, whichever was done first.</summary>
    /// <param name="open">Opens the trace, once for each group; a source that is <see cref="IDisposable"/> is disposed.</param>
    /// <param name="mostAtOnce">Replays at the same time, at least 1; the machines of four times as many are in memory.</param>
    /// <param name="progress">Told how many replays are done, one call at a time.</param>
    /// <param name="cancellation">Stops all replays with <see cref="OperationCanceledException"/>.</param>
    public IReadOnlyList<PolicyRow> Run(Func<ITraceSource> open, int mostAtOnce, Action<long>? progress = null, CancellationToken cancellation = default) =>
        Run((group, done) => SharedFeed.Run(open, group, mostAtOnce, done, null, cancellation), 4 * mostAtOnce, progress);

    internal IReadOnlyList<PolicyRow> Run(Action<Experiment[], Action<int, FedReplay>> replay, int groupSize, Action<long>? progress)
    {
        Dictionary<Experiment, ReplayResult> results = [];
        Dictionary<Experiment, string> refused = [];
        long done = 0;
        foreach (Experiment[] group in all.Chunk(groupSize))
        {
            replay(group, (number, outcome) =>
            {
                if (outcome.Result is { } result) results[group[number]] = result;
                // ArgumentException, which the builder threw, appends " (Parameter 'x')"; that means nothing to a user.
                else if (outcome.Failure is ModelLimitException limit) refused[group[number]] = limit.Message.Split(" (Parameter '", 2)[0];
                else if (outcome.Failure is { } failure) ExceptionDispatchInfo.Throw(failure);
                progress?.Invoke(++done);
            });
        }
        lacks.AddRange(all.Where(refused.ContainsKey).Select(cell => new Lack(cell, refused[cell])).Except(lacks));
        PolicyRow[] rows = [.. cells.Where(c => results.ContainsKey(c) && results.ContainsKey(PolicyGrid.Untracked(c))).Select(c => PolicyRow.Of(c, results[c], results[PolicyGrid.Untracked(c)]))];
        return rows.Length > 0 ? rows : throw new ArgumentException("No cell of the grid could be replayed. " + string.Join(" ", LeftOut));
    }

    /// <summary>Why a cell is left out.</summary>
    private readonly record struct Lack(Experiment Cell, string Reason);
}
