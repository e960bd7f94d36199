using System.Text;

namespace Workbench.Notebooks.Cells;

/// <summary>
/// Splits a cell into magics and code. A line that begins with #! and a letter is a magic, unless it lies inside a string, a comment or a fenced block of the language above it;
/// one that names a language changes the language of the lines below it.
/// </summary>
public static class CellSplitter
{
    private const string Prefix = "#!";

    /// <summary>The parts of a cell in order; empty code is left out unless a language was named for it.</summary>
    public static IReadOnlyList<CellPart> Split(string code, string language, Func<string, bool> isLanguage)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(language);
        ArgumentNullException.ThrowIfNull(isLanguage);
        List<CellPart> parts = [];
        string[] lines = code.ReplaceLineEndings("\n").Split('\n');
        IReadOnlyList<string> options = [];
        int languageLine = 0;
        int begin = 0;
        for (int i = 0; i <= lines.Length; i++)
        {
            if (i < lines.Length && (!IsMagic(lines[i]) || OpenText.IsOpen(language, Join(begin, i)))) continue;
            string text = Join(begin, i);
            string[] words = i == lines.Length ? [] : Words(lines[i].Trim()[Prefix.Length..]);
            bool namesLanguage = words.Length > 0 && isLanguage(words[0]);
            // Between a language's line and its code other magics may stand.
            bool isPending = languageLine > 0 && !namesLanguage && i < lines.Length && string.IsNullOrWhiteSpace(text);
            if (!isPending && (languageLine > 0 || !string.IsNullOrWhiteSpace(text)))
            {
                parts.Add(new CodePart(language, options, text, begin + 1) { LanguageLine = languageLine });
                (options, languageLine) = ([], 0);
            }
            if (namesLanguage) (language, options, languageLine) = (words[0], words[1..], i + 1);
            else if (i < lines.Length) parts.Add(new MagicPart(words[0], words[1..], language, i + 1));
            begin = i + 1;
        }
        return parts;

        string Join(int from, int to) => from >= to ? "" : string.Join('\n', lines[from..to]);
    }

    /// <summary>Words separated by blanks; single or double quotes hold one together.</summary>
    public static string[] Words(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        List<string> words = [];
        StringBuilder word = new();
        char quote = '\0';
        bool isOpen = false;
        foreach (char c in line)
        {
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word.Append(c);
            }
            else if (c is '"' or '\'') (quote, isOpen) = (c, true);
            else if (char.IsWhiteSpace(c))
            {
                if (isOpen || word.Length > 0) words.Add(word.ToString());
                word.Clear();
                isOpen = false;
            }
            else word.Append(c);
        }
        if (isOpen || word.Length > 0) words.Add(word.ToString());
        return [.. words];
    }

    // A letter must follow: "#! /bin/sh" and "#!/usr/bin/env" are not ours.
    internal static bool IsMagic(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().TrimStart();
        return text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length > Prefix.Length && char.IsLetter(text[Prefix.Length]);
    }
}
