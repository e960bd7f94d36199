using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Sessions;

/// <summary>How a cell ended.</summary>
public enum CellStatus
{
    /// <summary>To its end.</summary>
    Ok,
    /// <summary>By an error of its own.</summary>
    Error,
    /// <summary>Interrupted by the user, or out of time.</summary>
    Interrupted,
}

/// <summary>An error of a cell, as Jupyter shows it.</summary>
/// <param name="Name">The exception's type, or the kind of error.</param>
/// <param name="Message">What it says.</param>
/// <param name="Traceback">Lines to show, the message among them.</param>
public sealed record CellError(string Name, string Message, IReadOnlyList<string> Traceback);

/// <summary>What came of a cell.</summary>
public sealed record CellOutcome
{
    /// <summary>How it ended.</summary>
    public required CellStatus Status { get; init; }

    /// <summary>The value of its last expression; null if it has none.</summary>
    public MimeBundle? Result { get; init; }

    /// <summary>What went wrong; null if nothing did.</summary>
    public CellError? Error { get; init; }
}
