using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>How a notebook is run.</summary>
public sealed record RunOptions
{
    /// <summary>The session's set-up; its folder is the notebook's.</summary>
    public SessionOptions Session { get; init; } = new() { DisplayIdPrefix = "" };

    /// <summary>Values for the notebook's parameters.</summary>
    public IReadOnlyList<ParameterValue> Parameters { get; init; } = [];

    /// <summary>The longest a cell may take; null: as long as it likes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Go on after a cell that failed. One that ran out of time ends the run all the same, as its code may still be running.</summary>
    public bool AllowErrors { get; init; }

    /// <summary>Store when each cell began and ended, in its metadata; two runs then differ.</summary>
    public bool Timings { get; init; }

    /// <summary>Told of every cell that begins and ends, in order; null: nobody is.</summary>
    public Action<RunStep>? OnStep { get; init; }

    /// <summary>Given the report when a cell ends the process, while the process ends; null: what ran is lost with it.</summary>
    public Action<RunReport>? OnProcessEnd { get; init; }
}

/// <summary>Where a run stands.</summary>
/// <param name="Done">Code cells that have ended.</param>
/// <param name="Total">Code cells there are to run.</param>
/// <param name="Id">The cell about to run; empty when the run has ended.</param>
/// <param name="Title">What the cell is called: its first comment, or the last heading above it.</param>
public readonly record struct RunStep(int Done, int Total, string Id, string Title);
