namespace Workbench.Notebooks.Languages.Sql;

/// <summary>One statement of a cell.</summary>
/// <param name="Text">As written, without the semicolon.</param>
/// <param name="Start">Where it begins in the code.</param>
internal sealed record SqlStatement(string Text, int Start);

/// <summary>SQL split at semicolons that are not in quotes, dollar quotes or comments.</summary>
internal static class SqlStatements
{
    /// <summary>The statements in order; those of blanks and comments alone are left out.</summary>
    public static IReadOnlyList<SqlStatement> Split(string code)
    {
        List<SqlStatement> statements = [];
        int start = 0;
        bool hasText = false;
        for (int i = 0; i <= code.Length; i++)
        {
            if (i == code.Length || code[i] == ';')
            {
                if (hasText) statements.Add(new(code[start..i], start));
                (start, hasText) = (i + 1, false);
            }
            else if (CommentEnd(code, i) is { } end) i = end;
            else
            {
                hasText |= !char.IsWhiteSpace(code[i]);
                i = QuoteEnd(code, i) ?? i;
            }
        }
        return statements;
    }

    private static int? CommentEnd(string code, int i)
    {
        ReadOnlySpan<char> rest = code.AsSpan(i);
        if (rest.StartsWith("--")) return Before(code, code.IndexOf('\n', i), 0);
        return rest.StartsWith("/*") ? Before(code, code.IndexOf("*/", i + 2, StringComparison.Ordinal), 1) : null;
    }

    // The last character of the quoted text that begins here; doubled quotes are two quoted texts in a row.
    private static int? QuoteEnd(string code, int i)
    {
        if (code[i] is '\'' or '"') return Before(code, code.IndexOf(code[i], i + 1), 0);
        if (code[i] != '$') return null;
        int second = code.IndexOf('$', i + 1);
        if (second < 0 || !code.AsSpan(i + 1, second - i - 1).ToString().All(c => char.IsLetterOrDigit(c) || c == '_') || (second > i + 1 && char.IsDigit(code[i + 1]))) return null;
        string quote = code[i..(second + 1)];
        return Before(code, code.IndexOf(quote, second + 1, StringComparison.Ordinal), quote.Length - 1);
    }

    private static int Before(string code, int found, int more) => found < 0 ? code.Length - 1 : found + more;
}
