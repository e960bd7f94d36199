namespace Workbench.Notebooks.Languages;

/// <summary>What is wrong with a cell before or instead of running it: a compile error, an unknown magic or language, a missing package.</summary>
public sealed class CellException : Exception
{
    /// <summary>An error of a kind ("CompileError", "UnknownMagic", …) with the lines to show.</summary>
    public CellException(string kind, string message, IReadOnlyList<string>? details = null, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Details = details ?? [];
    }

    /// <summary>The kind, shown as the error's name.</summary>
    public string Kind { get; }

    /// <summary>Further lines, such as one for each error of the compiler with its line and column in the cell.</summary>
    public IReadOnlyList<string> Details { get; }
}
