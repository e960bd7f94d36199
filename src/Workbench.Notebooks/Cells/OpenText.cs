using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Workbench.Notebooks.Cells;

/// <summary>Is the end of a piece of code inside text that runs over lines: a string, a comment, a fenced block? A line that begins with #! there is text, not a magic.</summary>
internal static partial class OpenText
{
    private static readonly CSharpParseOptions Script = new(LanguageVersion.Preview, DocumentationMode.None, SourceCodeKind.Script);

    // Unterminated: raw string, verbatim string, block comment.
    private static readonly HashSet<string> Unterminated = ["CS8997", "CS1039", "CS1035"];

    /// <summary>Does the code end inside text of that language? Languages without such text: no.</summary>
    public static bool IsOpen(string language, string code) => language.ToUpperInvariant() switch
    {
        "CSHARP" or "C#" => IsOpenCSharp(code),
        "FSHARP" or "F#" => IsOpenFSharp(code),
        "MARKDOWN" or "MD" => IsOpenMarkdown(code),
        "HTML" => IsOpenHtml(code),
        "SQL" => IsOpenSql(code),
        _ => false,
    };

    /// <summary>Does C# end inside a raw or verbatim string or a block comment?</summary>
    public static bool IsOpenCSharp(string code) =>
        MayRunOverLines().IsMatch(code) && CSharpSyntaxTree.ParseText(code, Script).GetDiagnostics().Any(d => Unterminated.Contains(d.Id));

    private static bool IsOpenFSharp(string code)
    {
        int comments = 0;
        for (int i = 0; i < code.Length; i++)
        {
            ReadOnlySpan<char> rest = code.AsSpan(i);
            if (comments == 0 && rest.StartsWith("//")) i = LineEnd(code, i);
            else if (rest.StartsWith("(*") && !rest.StartsWith("(*)")) (comments, i) = (comments + 1, i + 1);
            else if (comments > 0 && rest.StartsWith("*)")) (comments, i) = (comments - 1, i + 1);
            else if (rest.StartsWith("\"\"\""))
            {
                int end = code.IndexOf("\"\"\"", i + 3, StringComparison.Ordinal);
                if (end < 0) return true;
                i = end + 2;
            }
            else if (rest[0] == '"')
            {
                bool isVerbatim = i > 0 && code[i - 1] == '@';
                i++;
                while (i < code.Length && code[i] != '"') i += !isVerbatim && code[i] == '\\' ? 2 : 1;
                if (i >= code.Length) return true;
            }
            else if (rest.StartsWith("'\"'")) i += 2;
        }
        return comments > 0;
    }

    private static bool IsOpenMarkdown(string code)
    {
        string? fence = null;
        foreach (string line in code.Split('\n'))
        {
            string text = line.Trim();
            if (fence is null && FenceBegin().Match(text) is { Success: true } begin) fence = begin.Value;
            else if (fence is not null && text.Length >= fence.Length && text.All(c => c == fence[0])) fence = null;
        }
        return fence is not null;
    }

    private static bool IsOpenHtml(string code)
    {
        if (code.LastIndexOf("<!--", StringComparison.Ordinal) > code.LastIndexOf("-->", StringComparison.Ordinal)) return true;
        return ((string[])["pre", "script", "style", "textarea"]).Any(tag =>
            LastTag(code, "<" + tag) > code.LastIndexOf("</" + tag, StringComparison.OrdinalIgnoreCase));
    }

    private static int LastTag(string code, string tag)
    {
        int at = code.LastIndexOf(tag, StringComparison.OrdinalIgnoreCase);
        return at >= 0 && at + tag.Length < code.Length && char.IsLetterOrDigit(code[at + tag.Length]) ? -1 : at;
    }

    private static bool IsOpenSql(string code)
    {
        for (int i = 0; i < code.Length; i++)
        {
            ReadOnlySpan<char> rest = code.AsSpan(i);
            string? end = rest.StartsWith("/*") ? "*/" : rest[0] is '\'' or '"' ? rest[..1].ToString() : null;
            if (rest.StartsWith("--")) i = LineEnd(code, i);
            else if (end is not null)
            {
                int close = code.IndexOf(end, i + end.Length, StringComparison.Ordinal);
                if (close < 0) return true;
                i = close + end.Length - 1;
            }
        }
        return false;
    }

    private static int LineEnd(string code, int from) => code.IndexOf('\n', from) is >= 0 and int end ? end : code.Length;

    [GeneratedRegex("\"\"\"|@\\$?\"|/\\*")]
    private static partial Regex MayRunOverLines();

    [GeneratedRegex("^(`{3,}|~{3,})")]
    private static partial Regex FenceBegin();
}
