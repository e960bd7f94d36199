using System.Reflection;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Sessions;

/// <summary>Exceptions to what a cell shows.</summary>
internal static class CellErrors
{
    public static CellOutcome Interrupted() => new()
    {
        Status = CellStatus.Interrupted,
        Error = new("Interrupted", "The cell was interrupted.", ["The cell was interrupted. Code that does not look at the token 'Interrupted' may still be running; it keeps its core until the kernel restarts."]),
    };

    public static CellOutcome Of(Exception e)
    {
        e = Innermost(e);
        CellError error = e is CellException cell
            ? new(cell.Kind, cell.Message, [cell.Message, .. cell.Details])
            : new(e.GetType().FullName ?? e.GetType().Name, e.Message, [$"{e.GetType().FullName}: {e.Message}", .. Frames(e)]);
        return new() { Status = CellStatus.Error, Error = error };
    }

    private static Exception Innermost(Exception e) => e switch
    {
        TargetInvocationException { InnerException: { } inner } => Innermost(inner),
        AggregateException { InnerExceptions: [var only] } => Innermost(only),
        _ => e,
    };

    // The engine's own frames say nothing to the author of a cell.
    private static IEnumerable<string> Frames(Exception e)
    {
        string[] lines = (e.StackTrace ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.TakeWhile(l => !l.Contains("Microsoft.CodeAnalysis.Scripting.", StringComparison.Ordinal) && !l.Contains("Workbench.Notebooks.", StringComparison.Ordinal))
            .Select(l => "   " + l.Replace("Submission#", "cell ", StringComparison.Ordinal));
    }
}
