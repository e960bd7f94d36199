namespace Workbench.Notebooks.Cells;

/// <summary>A piece of a cell: a magic, or code in one language.</summary>
/// <param name="FirstLine">Its first line in the cell, from 1.</param>
public abstract record CellPart(int FirstLine);

/// <summary>Code in one language.</summary>
/// <param name="Language">The language's name or an alias as written.</param>
/// <param name="Options">What stood after the language's magic on its line, such as "--name" and "x".</param>
/// <param name="Code">The code, lines joined by "\n".</param>
/// <param name="FirstLine">Its first line in the cell, from 1.</param>
public sealed record CodePart(string Language, IReadOnlyList<string> Options, string Code, int FirstLine) : CellPart(FirstLine)
{
    /// <summary>The line of the cell that named the language, with the options; 0 if none did.</summary>
    public int LanguageLine { get; init; }

    /// <summary>The code with empty lines before it, so that its line numbers are those of the cell.</summary>
    public string PaddedCode => new string('\n', FirstLine - 1) + Code;
}

/// <summary>A magic such as #!share x --from csharp.</summary>
/// <param name="Name">The name without #!.</param>
/// <param name="Arguments">The words after it; quotes hold words together.</param>
/// <param name="Language">The language in force where it stands.</param>
/// <param name="FirstLine">Its line in the cell, from 1.</param>
public sealed record MagicPart(string Name, IReadOnlyList<string> Arguments, string Language, int FirstLine) : CellPart(FirstLine);
