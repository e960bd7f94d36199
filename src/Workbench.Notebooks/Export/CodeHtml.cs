using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Workbench.Notebooks.Export;

/// <summary>Code as HTML with words, texts and comments marked, for the languages of the workbench; other code is shown plain.</summary>
internal static partial class CodeHtml
{
    private static readonly HashSet<string> CSharp = [.. ("abstract as async await base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit extern false finally fixed float for foreach get goto if implicit in init int interface internal is lock long namespace new not null object operator or and out override params private protected public readonly record ref required return sbyte sealed set short sizeof static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using var virtual void volatile when where while with yield").Split(' ')];
    private static readonly HashSet<string> FSharp = [.. ("abstract and as assert begin class do done downcast downto elif else end exception false finally for fun function if in inherit inline interface internal lazy let match member module mutable namespace new not null of open or override private public rec return sig static struct then to true try type upcast use val void when while with yield").Split(' ')];
    private static readonly HashSet<string> Sql = new("select from where group by order limit offset having as on join left right inner outer full cross union all distinct insert into values update set delete create table view with and or not in is null like between case when then else end asc desc over partition using count sum avg min max".Split(' '), StringComparer.OrdinalIgnoreCase);

    public static string Of(string source, string language)
    {
        (HashSet<string>? words, Regex? tokens) = language.ToLowerInvariant() switch
        {
            "csharp" or "c#" => (CSharp, CSharpTokens()),
            "fsharp" or "f#" => (FSharp, FSharpTokens()),
            "sql" => (Sql, SqlTokens()),
            _ => (null, null),
        };
        if (words is null || tokens is null) return WebUtility.HtmlEncode(source);
        StringBuilder html = new();
        int at = 0;
        foreach (Match match in tokens.Matches(source))
        {
            html.Append(WebUtility.HtmlEncode(source[at..match.Index]));
            string? kind = match.Groups["comment"].Success ? "c" : match.Groups["text"].Success ? "s" : words.Contains(match.Value) ? "k" : null;
            string token = WebUtility.HtmlEncode(match.Value);
            html.Append(kind is null ? token : $"<span class=\"{kind}\">{token}</span>");
            at = match.Index + match.Length;
        }
        return html.Append(WebUtility.HtmlEncode(source[at..])).ToString();
    }

    [GeneratedRegex("""(?<comment>//[^\n]*|/\*.*?\*/|^\#[!rli][^\n]*)|(?<text>"{3}.*?"{3}|[$@]*"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\])'+)|\w+""", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CSharpTokens();

    [GeneratedRegex("""(?<comment>//[^\n]*|\(\*.*?\*\)|^\#[!rli][^\n]*)|(?<text>"{3}.*?"{3}|\$?"(?:\\.|[^"\\])*")|\w+""", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex FSharpTokens();

    [GeneratedRegex("""(?<comment>--[^\n]*|/\*.*?\*/|^\#![^\n]*)|(?<text>'(?:''|[^'])*')|\w+""", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex SqlTokens();
}
