using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Html;
using Workbench.Notebooks.Export;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Formatters;
using Xunit;

namespace Workbench.Notebooks.Tests.Export;

public sealed partial class HtmlPageTests
{
    private static string Page(params PageCell[] cells) => HtmlPage.Of("A <notebook>", cells);

    private static string Shown(object? value) => Page(PageCell.Code("x", "csharp", PageOutput.Of(ValueFormatter.Format(value))));

    [Fact]
    public void Markdown_becomes_markup_and_formulas_stay_text()
    {
        string page = Page(PageCell.Markdown("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nCost is $n \\log n$."));
        Assert.Contains(">Title</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<td>1</td>", page, StringComparison.Ordinal);
        Assert.Contains("n \\log n", page, StringComparison.Ordinal);
        Assert.Contains("<title>A &lt;notebook&gt;</title>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Wide_tables_scroll_in_a_box_of_their_own_and_long_code_wraps()
    {
        string style = Page().Split("<style>")[1].Split("</style>")[0].Split("@media print")[0];
        Assert.Matches(@"\n\.markdown table\{display:block;[^}]*max-width:100%;overflow-x:auto\}", style);
        Assert.Matches(@"\n\.output\{overflow-x:auto", style);
        Assert.Matches(@"\npre\.source\{white-space:pre-wrap", style);
    }

    [Fact]
    public void Code_is_escaped_and_its_words_are_marked()
    {
        string page = Page(PageCell.Code("var a = b < c; // \"x\"\nreturn \"<\";", "csharp"));
        Assert.Contains("<span class=\"k\">var</span> a = b &lt; c; <span class=\"c\">// &quot;x&quot;</span>\n<span class=\"k\">return</span> <span class=\"s\">&quot;&lt;&quot;</span>;", page, StringComparison.Ordinal);
        Assert.Contains("<code class=\"language-x&quot;&gt;\">a &lt; b</code>", Page(PageCell.Code("a < b", "x\">")), StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_and_errors_lose_their_control_codes_and_keep_their_colours()
    {
        string page = Page(PageCell.Code("x", "csharp", PageOutput.Stream("a\u001b[31mred\u001b[0m<b>\u001b[2K\u0007"), PageOutput.Stream("oops", isError: true), PageOutput.Of(new CellError("Bad", "it broke", ["\u001b[1mBad\u001b[22m: it broke", "   at line 1"]))));
        Assert.Contains("<pre class=\"stream\">a<span class=\"ansi-1\">red</span>&lt;b&gt;</pre>", page, StringComparison.Ordinal);
        Assert.Contains("<pre class=\"stream stderr\">oops</pre>", page, StringComparison.Ordinal);
        Assert.Contains("<pre class=\"error\"><span class=\" ansi-bold\">Bad</span>: it broke\n   at line 1</pre>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chart_comes_to_life_and_has_a_still_picture_for_paper()
    {
        string page = Shown(Samples.Chart());
        Assert.Contains("Plotly.newPlot(\"figure-1\"", page, StringComparison.Ordinal);
        Assert.Single(Stills().Matches(page));
        Assert.Contains(".chart .interactive{display:none!important}", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plotting_script_is_there_once_and_only_for_charts()
    {
        PageCell chart = PageCell.Code("x", "csharp", PageOutput.Of(ValueFormatter.Format(Samples.Chart())));
        Assert.Equal(2, Page(chart, chart).Split("plotly.js v2").Length);
        Assert.True(Shown(Samples.Frame(3)).Length < 20_000);
    }

    [Fact]
    public void Frames_and_markup_are_shown_as_they_are()
    {
        Assert.Contains("<table class=\"workbench-frame\">", Shown(Samples.Frame(3)), StringComparison.Ordinal);
        Assert.Contains("<div class=\"output\"><b>x</b></div>", Shown(new HtmlString("<b>x</b>")), StringComparison.Ordinal);
        Assert.Contains("<pre class=\"value\">a &lt; b</pre>", Shown("a < b"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_fetched_from_a_network()
    {
        string page = Page(
            PageCell.Markdown("![far](https://example.org/x.png) <img src='//example.org/y.png'> [a link](https://example.org)"),
            PageCell.Code("x", "csharp", PageOutput.Of(ValueFormatter.Format(new HtmlString("""
                <script src="https://example.org/a.js"></script><link rel="stylesheet" href="https://example.org/a.css"><iframe src=https://example.org></iframe>
                <style>@import "https://example.org/b.css"; a{background:url(https://example.org/c.png)}</style><img srcset="https://example.org/d.png 2x">
                """))), PageOutput.Of(ValueFormatter.Format(Samples.Chart()))));
        string markup = Scripts().Replace(page, "");
        Assert.Empty(Fetches().Matches(markup).Select(m => m.Value));
        Assert.Contains("<a href=\"https://example.org\">a link</a>", markup, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_draws_the_charts_of_a_page()
    {
        Chromium browser = FigureExportTests.Browser();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("workbench-test-");
        try
        {
            string path = Path.Combine(folder.FullName, "page.html");
            await File.WriteAllTextAsync(path, Shown(Samples.Chart()), TestContext.Current.CancellationToken);
            string document = await ChromiumRun.DumpDomAsync(browser, path, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            Assert.Contains("js-plotly-plot", document, StringComparison.Ordinal);
            Assert.Equal(3, document.Split("class=\"point\"").Length - 1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex("<div class=\"still\"><img alt=")]
    private static partial Regex Stills();

    // Every script element with content; one that fetches has none.
    [GeneratedRegex("<script>.*?</script>", RegexOptions.Singleline)]
    private static partial Regex Scripts();

    [GeneratedRegex("""(?:[\s"'](?:src|srcset|poster|data)\s*=\s*["']?\s*(?:https?:)?//|<link[^>]*href|@import|url\(\s*["']?(?:https?:)?//)""", RegexOptions.IgnoreCase)]
    private static partial Regex Fetches();
}
