namespace Workbench.Notebooks.Magics;

/// <summary>An option of a magic or of a language's line.</summary>
/// <param name="Name">With its dashes, such as "--from".</param>
/// <param name="ValueName">What its value is called in the usage line; null for a switch without value.</param>
/// <param name="IsRequired">Must it be there?</param>
public sealed record MagicOption(string Name, string? ValueName, bool IsRequired = false);

/// <summary>What may follow a magic on its line.</summary>
/// <param name="Positional">The name of the one argument without option; null if there is none.</param>
/// <param name="IsPositionalRequired">Must that argument be there?</param>
/// <param name="Options">The options.</param>
public sealed record MagicSyntax(string? Positional, bool IsPositionalRequired, params IReadOnlyList<MagicOption> Options)
{
    /// <summary>Nothing may follow.</summary>
    public static MagicSyntax Nothing { get; } = new(null, false);

    /// <summary>The line to write, such as "#!share &lt;name&gt; --from &lt;language&gt; [--as &lt;name&gt;]".</summary>
    public string Usage(string magic)
    {
        IEnumerable<string> words = Options.Select(o => o.ValueName is null ? o.Name : $"{o.Name} <{o.ValueName}>").Zip(Options, (text, o) => o.IsRequired ? text : $"[{text}]");
        if (Positional is not null) words = words.Prepend(IsPositionalRequired ? $"<{Positional}>" : $"[<{Positional}>]");
        return string.Join(' ', words.Prepend("#!" + magic));
    }
}
