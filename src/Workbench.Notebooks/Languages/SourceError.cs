using System.Globalization;

namespace Workbench.Notebooks.Languages;

/// <summary>One complaint of a compiler about a place in a cell.</summary>
/// <param name="Line">From 1, in the cell.</param>
/// <param name="Column">From 1.</param>
/// <param name="Id">The compiler's number, such as "CS0103"; may be empty.</param>
/// <param name="Message">What it says.</param>
/// <param name="File">The file it is in, if not the cell itself.</param>
internal sealed record SourceError(int Line, int Column, string Id, string Message, string? File = null)
{
    /// <summary>All complaints as one exception: for each its place and text, the line and a caret below the column.</summary>
    public static CellException ToException(IReadOnlyList<SourceError> errors, string paddedCode)
    {
        string[] lines = paddedCode.Split('\n');
        return new("CompileError", errors[0].Message, [.. errors.SelectMany(e => e.Show(lines))]);
    }

    private IEnumerable<string> Show(string[] lines)
    {
        string id = Id.Length == 0 ? "error" : "error " + Id;
        yield return string.Create(CultureInfo.InvariantCulture, $"{File}({Line},{Column}): {id}: {Message}");
        if (File is not null || Line < 1 || Line > lines.Length || string.IsNullOrWhiteSpace(lines[Line - 1])) yield break;
        string text = lines[Line - 1].TrimEnd('\r');
        yield return "    " + text;
        // Tabs stay tabs, so that the caret stands below its character.
        yield return "    " + string.Concat(text.Take(Column - 1).Select(c => c == '\t' ? '\t' : ' ')) + "^";
    }
}
