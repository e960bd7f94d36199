using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Export;

/// <summary>A cell as a page shows it: Markdown, or code with what it gave.</summary>
public sealed record PageCell
{
    /// <summary>The source: Markdown, or code of the given language.</summary>
    public required string Source { get; init; }

    /// <summary>The language of code (csharp, fsharp, sql …); null for Markdown.</summary>
    public string? Language { get; init; }

    /// <summary>The number Jupyter shows beside the cell, if it ran.</summary>
    public int? ExecutionCount { get; init; }

    /// <summary>What the cell gave, in order.</summary>
    public IReadOnlyList<PageOutput> Outputs { get; init; } = [];

    /// <summary>A cell of Markdown.</summary>
    public static PageCell Markdown(string source) => new() { Source = source };

    /// <summary>A cell of code.</summary>
    public static PageCell Code(string source, string language, params IReadOnlyList<PageOutput> outputs) => new() { Source = source, Language = language, Outputs = outputs };
}

/// <summary>One output of a cell: exactly one of its three kinds is set.</summary>
public sealed record PageOutput
{
    private PageOutput()
    {
    }

    /// <summary>A value shown, or null.</summary>
    public MimeBundle? Bundle { get; private init; }

    /// <summary>What the cell printed, or null.</summary>
    public string? Printed { get; private init; }

    /// <summary>Whether the printed text went to the error stream.</summary>
    public bool IsErrorStream { get; private init; }

    /// <summary>The error the cell ended with, or null.</summary>
    public CellError? Error { get; private init; }

    /// <summary>A value shown.</summary>
    public static PageOutput Of(MimeBundle bundle) => new() { Bundle = bundle };

    /// <summary>Text printed to the output or the error stream.</summary>
    public static PageOutput Stream(string text, bool isError = false) => new() { Printed = text, IsErrorStream = isError };

    /// <summary>An error.</summary>
    public static PageOutput Of(CellError error) => new() { Error = error };
}
