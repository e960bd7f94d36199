namespace Workbench.Replay.Sweeps;

/// <summary>What came of one cell.</summary>
public sealed record SweepRow
{
    /// <summary>The cell's number.</summary>
    public required int Cell { get; init; }
    /// <summary>What became of it.</summary>
    public required SweepStatus Status { get; init; }
    /// <summary>Why there are no figures; null if there are.</summary>
    public string? Error { get; init; }
    /// <summary>The figures; null if there are none.</summary>
    public ReplaySummary? Summary { get; init; }

    /// <summary>The row of a replay.</summary>
    internal static SweepRow Of(SweepCell cell, ReplayResult result) => new() { Cell = cell.Number, Status = SweepStatus.Done, Summary = ReplaySummary.Of(result, cell.Experiment, cell.Trace.Name) };

    /// <summary>The row of a cell that could not be replayed.</summary>
    internal static SweepRow Of(SweepCell cell, Exception failure)
    {
        // ArgumentException appends " (Parameter 'x')", which means nothing in a table.
        string message = failure.Message.Split(" (Parameter '", 2)[0];
        return new() { Cell = cell.Number, Status = failure is ModelLimitException ? SweepStatus.Cannot : SweepStatus.Error, Error = message };
    }
}
