using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Workbench.Notebooks.Export;

/// <summary>Terminal text as HTML: colours and bold become spans, every other control sequence is left out.</summary>
internal static partial class AnsiText
{
    public static string ToHtml(string text)
    {
        StringBuilder html = new();
        int colour = -1, at = 0;
        bool bold = false, open = false;
        foreach (Match match in Sequence().Matches(text))
        {
            html.Append(WebUtility.HtmlEncode(Printable(text[at..match.Index])));
            at = match.Index + match.Length;
            if (!match.Groups["codes"].Success) continue;
            foreach (string part in match.Groups["codes"].Value.Split(';'))
            {
                _ = int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int code);
                switch (code)
                {
                    case 0: (colour, bold) = (-1, false); break;
                    case 1: bold = true; break;
                    case 22: bold = false; break;
                    case 39: colour = -1; break;
                    case >= 30 and <= 37: colour = code - 30; break;
                    case >= 90 and <= 97: colour = code - 90; break;
                }
            }
            if (open) html.Append("</span>");
            open = colour >= 0 || bold;
            if (open) html.Append(CultureInfo.InvariantCulture, $"<span class=\"{(colour >= 0 ? FormattableString.Invariant($"ansi-{colour}") : "")}{(bold ? " ansi-bold" : "")}\">");
        }
        html.Append(WebUtility.HtmlEncode(Printable(text[at..])));
        return open ? html.Append("</span>").ToString() : html.ToString();
    }

    private static string Printable(string text) => text.AsSpan().ContainsAny(Control) ? string.Concat(text.Where(c => !char.IsControl(c) || c is '\n' or '\t' or '\r')) : text;

    private static readonly System.Buffers.SearchValues<char> Control = System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 32).Where(c => c is not (9 or 10 or 13)).Select(c => (char)c), '\x7f']);

    // Colours end in m; other sequences begin with ESC [ or ESC ] and are dropped whole.
    [GeneratedRegex(@"\x1b\[(?<codes>[0-9;]*)m|\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[@-Z\\-_]")]
    private static partial Regex Sequence();
}
