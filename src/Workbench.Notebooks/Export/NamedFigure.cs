using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Export;

/// <summary>A figure to be exported under a name.</summary>
/// <param name="Name">The file's name without extension, such as fig-03-1.</param>
/// <param name="Figure">The figure: data and layout.</param>
public sealed record NamedFigure(string Name, JsonObject Figure)
{
    /// <summary>The usual name: the cell's number in two digits and the figure's number in the cell.</summary>
    public static string NameOf(int cell, int figure) => FormattableString.Invariant($"fig-{cell:00}-{figure}");
}
