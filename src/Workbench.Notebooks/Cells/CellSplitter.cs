using System.Text;

namespace Workbench.Notebooks.Cells;

/// <summary>Splits a cell into magics and code. A line that begins with #! is a magic; one that names a language changes the language of the lines below it.</summary>
public static class CellSplitter
{
    private const string Prefix = "#!";

    /// <summary>The parts of a cell in order; empty code is left out unless a language was named for it.</summary>
    public static IReadOnlyList<CellPart> Split(string code, string language, Func<string, bool> isLanguage)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(isLanguage);
        List<CellPart> parts = [];
        string[] lines = code.ReplaceLineEndings("\n").Split('\n');
        IReadOnlyList<string> options = [];
        bool isNamed = false;
        int begin = 0;
        for (int i = 0; i <= lines.Length; i++)
        {
            if (i < lines.Length && !IsMagic(lines[i])) continue;
            string text = string.Join('\n', lines[begin..i]);
            if (isNamed || text.Trim().Length > 0) parts.Add(new CodePart(language, options, text, begin + 1));
            if (i == lines.Length) break;
            string[] words = Words(lines[i].Trim()[Prefix.Length..]);
            isNamed = words.Length > 0 && isLanguage(words[0]);
            if (isNamed) (language, options) = (words[0], words[1..]);
            else parts.Add(new MagicPart(words.Length == 0 ? "" : words[0], words.Length == 0 ? [] : words[1..], i + 1));
            begin = i + 1;
        }
        return parts;
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

    private static bool IsMagic(string line) => line.AsSpan().TrimStart().StartsWith(Prefix, StringComparison.Ordinal);
}
