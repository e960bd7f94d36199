using Microsoft.Data.Analysis;

namespace Workbench.Analysis.Display;

/// <summary>A list of results of whatever type, to be shown.</summary>
internal interface IResultList
{
    /// <summary>What the rows are, with their number: "4 runs".</summary>
    string Title { get; }
    /// <summary>All columns.</summary>
    DataFrame Frame { get; }
    /// <summary>Names of the columns shown; the others are counted.</summary>
    IReadOnlyList<string> Columns { get; }
    /// <summary>What could not be run and why.</summary>
    IReadOnlyList<string> LeftOut { get; }
}
