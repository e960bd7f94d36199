using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>How a cell of a run ended.</summary>
public enum CellRunStatus
{
    /// <summary>To its end.</summary>
    Ok,
    /// <summary>By an error, as its tag raises-exception allows.</summary>
    ExpectedError,
    /// <summary>By an error of its own.</summary>
    Failed,
    /// <summary>It took longer than it may.</summary>
    TimedOut,
    /// <summary>The run was cancelled in it.</summary>
    Interrupted,
    /// <summary>Not run: its tag skip-execution says so.</summary>
    Skipped,
    /// <summary>Not reached.</summary>
    NotRun,
}

/// <summary>What came of one code cell.</summary>
public sealed record CellRun
{
    /// <summary>Its place among all cells of the document that was given, from 1; 0 is the cell the run put in for the parameters.</summary>
    public required int Number { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its first comment, or the last heading above it.</summary>
    public required string Title { get; init; }

    /// <summary>How it ended.</summary>
    public CellRunStatus Status { get; init; } = CellRunStatus.NotRun;

    /// <summary>How long it took, seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>How many outputs it left.</summary>
    public int Outputs { get; init; }

    /// <summary>What went wrong, also where that was allowed; null if nothing did.</summary>
    public CellError? Error { get; init; }

    /// <summary>The line in the cell that the error names, from 1; null if it names none.</summary>
    public int? ErrorLine { get; init; }
}

/// <summary>What came of a run.</summary>
public sealed record RunReport
{
    /// <summary>The document as it is now: outputs of the cells that ran, none in those not reached.</summary>
    public required NotebookDocument Document { get; init; }

    /// <summary>Its code cells, in order.</summary>
    public required IReadOnlyList<CellRun> Cells { get; init; }

    /// <summary>The first cell that failed or ran out of time; null if none did.</summary>
    public CellRun? FirstFailure => Cells.FirstOrDefault(c => c.Status is CellRunStatus.Failed or CellRunStatus.TimedOut);

    /// <summary>Was the run cancelled before its end?</summary>
    public required bool IsInterrupted { get; init; }
}
