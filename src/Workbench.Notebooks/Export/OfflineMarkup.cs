using System.Net;
using System.Text.RegularExpressions;

namespace Workbench.Notebooks.Export;

/// <summary>Takes out of markup what a browser would fetch from a network: sources of images, scripts and frames, style sheets, imports. Links a reader may follow stay.</summary>
internal static partial class OfflineMarkup
{
    public static string Clean(string html)
    {
        html = Fetching().Replace(html, m => $"{m.Groups["before"].Value}data-not-fetched={m.Groups["value"].Value}");
        html = StyleSheet().Replace(html, m => $"<!-- style sheet left out: {WebUtility.HtmlEncode(m.Groups["href"].Value.Replace("--", "", StringComparison.Ordinal))} -->");
        html = Import().Replace(html, "");
        return CssAddress().Replace(html, "none");
    }

    [GeneratedRegex("""(?<before><[a-z][^<>]*?\s)(?:src|srcset|poster|background|data|xlink:href)\s*=\s*(?<value>"\s*(?:https?:)?//[^"]*"|'\s*(?:https?:)?//[^']*'|(?:https?:)?//[^\s>]*)""", RegexOptions.IgnoreCase)]
    private static partial Regex Fetching();

    [GeneratedRegex("""<link\b[^<>]*?href\s*=\s*["']?(?<href>(?:https?:)?//[^"'\s>]*)[^<>]*>""", RegexOptions.IgnoreCase)]
    private static partial Regex StyleSheet();

    [GeneratedRegex("""@import\s+[^;<]*//[^;<]*;?""", RegexOptions.IgnoreCase)]
    private static partial Regex Import();

    [GeneratedRegex("""url\(\s*["']?\s*(?:https?:)?//[^)]*\)""", RegexOptions.IgnoreCase)]
    private static partial Regex CssAddress();
}
