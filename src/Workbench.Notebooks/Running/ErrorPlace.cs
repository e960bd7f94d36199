using System.Globalization;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>The line in the cell that an error speaks of.</summary>
internal static partial class ErrorPlace
{
    /// <summary>The first line named by a compiler's "(line,column):", a frame's "line n", or a message's "Line n:"; null if there is none.</summary>
    public static int? LineOf(CellError error)
    {
        foreach (string text in error.Traceback)
        {
            Match match = Place().Match(text);
            if (match.Success) return int.Parse(match.Groups.Values.Skip(1).First(g => g.Success).ValueSpan, CultureInfo.InvariantCulture);
        }
        return null;
    }

    [GeneratedRegex(@"\((\d{1,6}),\d+\): |:line (\d{1,6})\b|^Line (\d{1,6}):|\bcell \S*, line (\d{1,6})\b")]
    private static partial Regex Place();
}
