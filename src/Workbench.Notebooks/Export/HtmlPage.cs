using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Markdig;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Formatters;

namespace Workbench.Notebooks.Export;

/// <summary>A whole notebook as one HTML file that needs nothing else: figures one can zoom into, with a still picture of each for paper and for readers without scripts. No network is used, and a policy in the page forbids it.</summary>
public static class HtmlPage
{
    private static readonly MarkdownPipeline Markdown = new MarkdownPipelineBuilder().UseAdvancedExtensions().Build();

    /// <summary>The page's text.</summary>
    public static string Of(string title, IReadOnlyList<PageCell> cells)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(cells);
        StringBuilder body = new();
        int figures = 0;
        foreach (PageCell cell in cells)
        {
            if (cell.Language is null)
            {
                body.Append("<section class=\"markdown\">\n").Append(OfflineMarkup.Clean(Markdig.Markdown.ToHtml(cell.Source, Markdown))).Append("</section>\n");
                continue;
            }
            body.Append("<section class=\"code\">\n");
            if (cell.Source.Length > 0)
            {
                string count = cell.ExecutionCount is int n ? string.Create(CultureInfo.InvariantCulture, $" data-count=\"[{n}]\"") : "";
                body.Append(CultureInfo.InvariantCulture, $"<pre class=\"source\"{count}><code class=\"language-{WebUtility.HtmlEncode(cell.Language)}\">{CodeHtml.Of(cell.Source, cell.Language)}</code></pre>\n");
            }
            foreach (PageOutput output in cell.Outputs) body.Append(Output(output, ref figures)).Append('\n');
            body.Append("</section>\n");
        }
        StringBuilder page = new();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:\">\n")
            .Append("<title>").Append(WebUtility.HtmlEncode(title)).Append("</title>\n<style>\n").Append(PageStyle.Css).Append("</style>\n<script>document.documentElement.classList.add('scripted')</script>\n");
        if (figures > 0) page.Append("<script>").Append(PlotlyScript.Source).Append("</script>\n");
        return page.Append("</head>\n<body>\n<main>\n").Append(body).Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static string Output(PageOutput output, ref int figures)
    {
        if (output.Printed is { } printed) return $"<pre class=\"stream{(output.IsErrorStream ? " stderr" : "")}\">{AnsiText.ToHtml(printed)}</pre>";
        if (output.Error is { } error)
        {
            string trace = error.Traceback.Count > 0 ? string.Join('\n', error.Traceback) : $"{error.Name}: {error.Message}";
            return $"<pre class=\"error\">{AnsiText.ToHtml(trace)}</pre>";
        }
        return output.Bundle is { } bundle ? Value(bundle, ref figures) : "";
    }

    private static string Value(MimeBundle bundle, ref int figures)
    {
        if (bundle.TryGetValue(ChartFormatter.PlotlyMime, out JsonNode? node) && node is JsonObject figure) return Figure(figure, bundle.TextOf(MimeBundle.Html), ++figures);
        if (bundle.TextOf(MimeBundle.Html) is { } html) return $"<div class=\"output\">{OfflineMarkup.Clean(html)}</div>";
        if (bundle.TextOf("text/markdown") is { } markdown) return $"<div class=\"output markdown\">{OfflineMarkup.Clean(Markdig.Markdown.ToHtml(markdown, Markdown))}</div>";
        if (bundle.TextOf("image/svg+xml") is { } svg) return $"<div class=\"output\"><img alt=\"{Alt(bundle)}\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\"></div>";
        foreach (string type in (string[])["image/png", "image/jpeg", "image/gif"])
            if (bundle.TextOf(type) is { } pixels) return $"<div class=\"output\"><img alt=\"{Alt(bundle)}\" src=\"data:{type};base64,{WebUtility.HtmlEncode(pixels.ReplaceLineEndings(""))}\"></div>";
        if (bundle.TextOf(MimeBundle.PlainText) is { } text) return $"<pre class=\"value\">{AnsiText.ToHtml(text)}</pre>";
        return bundle.Count == 0 ? "" : $"<pre class=\"value\">{WebUtility.HtmlEncode($"[{string.Join(", ", bundle.Keys)}]")}</pre>";
    }

    private static string Figure(JsonObject figure, string? still, int number)
    {
        still ??= ChartFormatter.Html(figure);
        return string.Create(CultureInfo.InvariantCulture, $$"""
            <figure class="chart"><div class="interactive" id="figure-{{number}}"></div><div class="still">{{OfflineMarkup.Clean(still)}}</div>
            <script>Plotly.newPlot("figure-{{number}}",...(f=>[f.data,f.layout,{responsive:true,displaylogo:false}])({{FigureExport.InlineJson(figure)}}))</script></figure>
            """);
    }

    private static string Alt(MimeBundle bundle) => WebUtility.HtmlEncode(bundle.TextOf(MimeBundle.PlainText) ?? "picture");
}
