using System.Reflection;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Sessions;

/// <summary>Exceptions to what a cell shows.</summary>
internal static partial class CellErrors
{
    /// <summary>Does the code of a cell stand among the frames?</summary>
    public static bool IsOfCell(Exception e) => CellMethod().IsMatch(e.StackTrace ?? "");

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

    // Only what stands before the engine's call of the cell says something to its author, and of that not how the runtime passed an exception on.
    private static IEnumerable<string> Frames(Exception e)
    {
        string[] lines = [.. (e.StackTrace ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeWhile(l => !Engine().IsMatch(l)).Where(l => !Passing().IsMatch(l))];
        // The outermost frame of a cell is of the one that ran; others are of functions that earlier ones declared.
        string own = lines.Select(NumberOf).LastOrDefault(n => n.Length > 0) ?? "";
        foreach (string line in lines)
        {
            string place = NumberOf(line) == own ? " in cell:line " : " in an earlier cell:line ";
            yield return "   " + CellMethod().Replace(CellBody().Replace(Source().Replace(line, place), "cell"), "cell.");
        }
    }

    private static string NumberOf(string frame) => CellMethod().Match(frame).Groups["number"].Value;

    [GeneratedRegex(@"^---| in /_/|^\S+ System\.Reflection\.(MethodBaseInvoker|RuntimeMethodInfo)\.")]
    private static partial Regex Passing();

    [GeneratedRegex(@" in (?:[^\n]*[/\\])?cell(?:\.fsx)?:line ")]
    private static partial Regex Source();

    [GeneratedRegex(@"^\S+ (Microsoft\.CodeAnalysis\.Scripting\.|Workbench\.Notebooks\.(?!Display\.)|FSharp\.Compiler\.|System\.Threading\.(Thread|ExecutionContext|ThreadPool)\b)")]
    private static partial Regex Engine();

    // The statements of the cell itself.
    [GeneratedRegex(@"\bSubmission#\d+\.<<Initialize>>d__\d+\.MoveNext\(\)|<StartupCode\$FSI_\d+>\.\$FSI_\d+\.main@\(\)")]
    private static partial Regex CellBody();

    [GeneratedRegex(@"\bSubmission#(?<number>\d+)\.|\bFSI_(?<number>\d+)(_\w+?)?\.")]
    private static partial Regex CellMethod();
}
