namespace Workbench.Notebooks.Sessions;

/// <summary>How a session is set up.</summary>
public sealed record SessionOptions
{
    /// <summary>The folder that relative paths of #r, #load and #!import begin at: the notebook's own.</summary>
    public string Folder { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>Assemblies every C# and F# cell may use, beside the runtime's.</summary>
    public IReadOnlyList<System.Reflection.Assembly> References { get; init; } = [];

    /// <summary>Namespaces every C# and F# cell has open, beside the usual ones.</summary>
    public IReadOnlyList<string> Imports { get; init; } = [];

    /// <summary>Put before the numbers of display ids: empty for a run that must give the same bytes, unique for a kernel whose front end outlives it.</summary>
    public string DisplayIdPrefix { get; init; } = "display-";

    /// <summary>Entered around every cell, so that a host can give code of its own the cell's progress bar and cancellation; null: nothing is.</summary>
    public Func<Display.CellScope, IDisposable>? AroundCell { get; init; }
}
