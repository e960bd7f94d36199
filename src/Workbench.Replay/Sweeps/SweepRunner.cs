using Workbench.Replay.Feeding;
using Workbench.Traces;

namespace Workbench.Replay.Sweeps;

/// <summary>
/// Replays the cells of a sweep that have no row yet, in groups: the cells of a group share one reading of their trace, and each row is in the journal as
/// soon as its cell is done. The order in which cells are done does not show in the rows.
/// </summary>
public sealed class SweepRunner
{
    /// <summary>What a replay takes without tables: caches, rings, and the events on their way.</summary>
    private const long LeastCellBytes = 24L << 20;
    /// <summary>Of 4 KiB mapped: its entry in a table, and bits of who wrote and reported it.</summary>
    private const ulong BytesForPage = 10;
    private const long BytesForHarvest = 256;
    /// <summary>What a file maps that does not say how much memory its guest has.</summary>
    private const ulong UsualMappedBytes = 4UL << 30;
    private const int LargestGroup = 32;
    /// <summary>From so many events on a cell takes long, and a kill loses all cells of its group: groups are then as small as keeps the threads busy.</summary>
    private const long LongEvents = 10_000_000;
    private const int LongCellsForThread = 2;

    private readonly SweepPlan plan;
    private readonly IReadOnlyList<SweepCell> cells;
    private readonly SweepJournal journal;
    private readonly int threads;
    private readonly long memoryBytes;

    /// <summary>Readies a run.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="cells">Its cells that are to be replayed: all, or those of a shard.</param>
    /// <param name="journal">Where rows are kept, and those of earlier runs are.</param>
    /// <param name="threads">Threads that work at the same time, at least 1.</param>
    /// <param name="memoryBytes">Memory that the machines of a group may take by estimate, bytes; one cell is replayed whatever it takes.</param>
    public SweepRunner(SweepPlan plan, IReadOnlyList<SweepCell> cells, SweepJournal journal, int threads, long memoryBytes)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        (this.plan, this.cells, this.journal, this.threads, this.memoryBytes) = (plan, cells, journal, threads, memoryBytes);
    }

    /// <summary>Cells that this object has replayed, as against those found in the journal.</summary>
    public int Replayed { get; private set; }

    /// <summary>Replays what is left and returns the rows of all cells, in order.</summary>
    /// <param name="progress">Told how far the sweep is, one call at a time.</param>
    /// <param name="cancellation">Stops with <see cref="OperationCanceledException"/>; finished rows are kept.</param>
    public IReadOnlyList<SweepRow> Run(Action<SweepProgress>? progress = null, CancellationToken cancellation = default)
    {
        SweepCell[] left = [.. cells.Where(c => !journal.Rows.ContainsKey(c.Number))];
        foreach (SweepCell cell in left.Where(c => c.Lack is not null)) journal.Append(new() { Cell = cell.Number, Status = SweepStatus.Cannot, Error = cell.Lack });
        SweepCell[] able = [.. left.Where(c => c.Lack is null)];
        long allEvents = able.Sum(c => c.Trace.Events), before = 0;
        foreach (SweepCell[] group in able.GroupBy(c => c.Trace).SelectMany(GroupsOf))
        {
            long events = before;
            Replay(group, done => Tell(events + done), cancellation);
            Tell(before += group.Sum(c => c.Trace.Events));
        }
        return [.. cells.Select(c => journal.Rows[c.Number])];

        void Tell(long events) => progress?.Invoke(new(journal.Rows.Count, cells.Count, events, allEvents));
    }

    /// <summary>Cells of one trace, as many at once as memory allows, in groups of about the same size.</summary>
    internal IEnumerable<SweepCell[]> GroupsOf(IEnumerable<SweepCell> ofOneTrace)
    {
        SweepCell[] all = [.. ofOneTrace];
        int most = (int)Math.Clamp(memoryBytes / all.Max(BytesOf), 1, all[0].Trace.Events >= LongEvents ? Math.Min(LargestGroup, (long)LongCellsForThread * threads) : LargestGroup);
        int groups = (all.Length + most - 1) / most;
        return all.Chunk((all.Length + groups - 1) / groups);
    }

    private static long BytesOf(SweepCell cell)
    {
        ulong pages = (cell.Trace.MappedBytes == 0 ? UsualMappedBytes : cell.Trace.MappedBytes) >> 12;
        long harvests = Duration.TryParse(cell.Experiment.HarvestEvery, out long every) && every > 0 ? Math.Min(ReplayResult.MostHarvests, cell.Trace.DurationNs / every) : 0;
        return LeastCellBytes + (long)Math.Min((ulong)long.MaxValue / 2, pages * BytesForPage) + (harvests * BytesForHarvest);
    }

    /// <summary>One group, from its first event to its last row: the place to save and resume within a group, should one ever take too long to lose.</summary>
    private void Replay(SweepCell[] group, Action<long> progress, CancellationToken cancellation)
    {
        ITraceSource? opened;
        try
        {
            opened = group[0].Trace.Open();
        }
        catch (Exception e) when (e is TraceFormatException or IOException or UnauthorizedAccessException)
        {
            foreach (SweepCell cell in group) Add(SweepRow.Of(cell, e));
            return;
        }
        SharedFeed.Run(() => Interlocked.Exchange(ref opened, null) ?? group[0].Trace.Open(), [.. group.Select(plan.RunnableOf)], threads,
            (number, outcome) => Add(outcome.Result is { } result ? SweepRow.Of(group[number], result) : SweepRow.Of(group[number], outcome.Failure ?? throw new System.Diagnostics.UnreachableException("a replay has neither result nor failure"))),
            progress, cancellation);
    }

    private void Add(SweepRow row)
    {
        Replayed++;
        journal.Append(row);
    }
}
