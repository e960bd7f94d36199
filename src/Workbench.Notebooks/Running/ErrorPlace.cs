using System.Globalization;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>The line in the cell that an error speaks of.</summary>
internal static partial class ErrorPlace
{
    /// <summary>The first line named by a compiler's "(line,column):", a frame's "cell:line n", or a message's "Line n:"; null if there is none.</summary>
    public static int? LineOf(CellError error)
    {
        foreach (string text in error.Traceback)
        {
            Match match = Place().Match(text);
            if (match.Success) return int.Parse(match.Groups.Values.Skip(1).First(g => g.Success).ValueSpan, CultureInfo.InvariantCulture);
        }
        return null;
    }

    // A compiler's place without a file before it, and a frame in the cell's source: lines of files and of libraries are not the cell's.
    [GeneratedRegex(@"^\((\d{1,6}),\d+\): | in cell:line (\d{1,6})\b|^Line (\d{1,6}):|\bcell \S*, line (\d{1,6})\b")]
    private static partial Regex Place();
}
