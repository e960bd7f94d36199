using System.Globalization;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Magics;

/// <summary>The words after a magic, checked against its syntax.</summary>
public sealed class MagicArguments
{
    private readonly Dictionary<string, string> options = [];

    private MagicArguments()
    {
    }

    /// <summary>The argument without option, or null.</summary>
    public string? Positional { get; private set; }

    /// <summary>The value of an option, "" for a switch; null if it is not there.</summary>
    public string? this[string option] => options.GetValueOrDefault(option);

    /// <summary>The value of an option that the syntax requires.</summary>
    public string Required(string option) => options[option];

    /// <summary>Reads "--name value", "--name=value" and "--name:value"; anything the syntax does not have, and whatever is missing, is a <see cref="CellException"/> with the usage line.</summary>
    public static MagicArguments Parse(string magic, IReadOnlyList<string> words, MagicSyntax syntax, int line)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(syntax);
        MagicArguments result = new();
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            if (!word.StartsWith("--", StringComparison.Ordinal))
            {
                if (syntax.Positional is null) throw Wrong($"takes no argument '{word}'");
                if (result.Positional is not null) throw Wrong($"takes one {syntax.Positional}, and '{word}' is a second");
                result.Positional = word;
                continue;
            }
            int separator = word.IndexOfAny(['=', ':']);
            string name = separator < 0 ? word : word[..separator];
            MagicOption option = syntax.Options.FirstOrDefault(o => o.Name == name) ?? throw Wrong($"has no option {name}");
            if (result.options.ContainsKey(name)) throw Wrong($"has {name} twice");
            if (option.ValueName is null && separator >= 0) throw Wrong($"takes no value for {name}");
            if (option.ValueName is null) result.options.Add(name, "");
            else if (separator >= 0) result.options.Add(name, word[(separator + 1)..]);
            else if (i + 1 < words.Count && !words[i + 1].StartsWith("--", StringComparison.Ordinal)) result.options.Add(name, words[++i]);
            else throw Wrong($"needs a {option.ValueName} after {name}");
        }
        if (syntax.IsPositionalRequired && result.Positional is null) throw Wrong($"needs a {syntax.Positional}");
        if (syntax.Options.FirstOrDefault(o => o.IsRequired && !result.options.ContainsKey(o.Name)) is { } missing) throw Wrong($"needs {missing.Name}");
        return result;

        CellException Wrong(string what) => new("UsageError", string.Create(CultureInfo.InvariantCulture, $"Line {line}: #!{magic} {what}. Usage: {syntax.Usage(magic)}"));
    }
}
