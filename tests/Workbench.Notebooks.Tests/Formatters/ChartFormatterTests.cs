using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.DotNet.Interactive.Formatting;
using Plotly.NET;
using Plotly.NET.TraceObjects;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Export;
using Workbench.Notebooks.Formatters;
using Xunit;

namespace Workbench.Notebooks.Tests.Formatters;

public sealed partial class ChartFormatterTests
{
    [Fact]
    public void A_chart_is_a_figure_a_picture_and_a_sentence()
    {
        MimeBundle bundle = ValueFormatter.Format(Samples.Chart());
        Assert.Equal(["application/vnd.plotly.v1+json", "text/html", "text/plain"], bundle.Keys);
        JsonObject figure = Assert.IsType<JsonObject>(bundle[ChartFormatter.PlotlyMime]);
        Assert.Equal(["data", "layout", "config"], figure.Select(m => m.Key));
        Assert.True(figure["config"]!["responsive"]!.GetValue<bool>());
        Assert.Equal("Dirty pages\nHighest at 2 s: 5 pages.", bundle.TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public void The_markup_is_one_image_that_holds_the_picture()
    {
        string html = ValueFormatter.Format(Samples.Chart()).TextOf(MimeBundle.Html)!;
        Match image = Image().Match(html);
        Assert.True(image.Success, html);
        Assert.Equal(("Dirty pages Highest at 2 s: 5 pages.", "500", "300"), (image.Groups["alt"].Value, image.Groups["width"].Value, image.Groups["height"].Value));
        XElement svg = XElement.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(image.Groups["data"].Value)));
        Assert.Equal("svg", svg.Name.LocalName);
        Assert.Equal(3, svg.Descendants().Count(e => e.Name.LocalName == "circle"));
    }

    [Fact]
    public void Interactive_formatting_gives_the_same_after_a_value_was_formatted()
    {
        GenericChart chart = Samples.Chart();
        MimeBundle bundle = ValueFormatter.Format(chart);
        Assert.Equal(bundle.TextOf(MimeBundle.Html), chart.ToDisplayString(MimeBundle.Html));
        Assert.Equal(bundle.TextOf(MimeBundle.PlainText), chart.ToDisplayString(MimeBundle.PlainText));
        Assert.True(JsonNode.DeepEquals(bundle[ChartFormatter.PlotlyMime], JsonNode.Parse(chart.ToDisplayString(ChartFormatter.PlotlyMime))));
    }

    [Fact]
    public void A_chart_without_a_summary_tells_names_counts_and_ranges()
    {
        Assert.Equal("vtd (scatter): 4 points, x 0 to 1.5, y 1 to 5", ValueFormatter.Format(Samples.Chart(title: null, summary: null)).TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public void A_name_that_looks_like_markup_stays_a_name()
    {
        string html = ValueFormatter.Format(Samples.Chart(title: "<script>alert(\"1\")</script>", summary: null)).TextOf(MimeBundle.Html)!;
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.Matches(Image(), html);
    }

    [Fact]
    public void The_figure_is_that_of_Plotly_NET()
    {
        Defaults.DefaultTemplate = ChartTemplates.light;
        foreach (GenericChart chart in Charts())
        {
            JsonNode? expected = Samples.Normal(JsonNode.Parse(GenericChart.toFigureJson(chart))), actual = Samples.Normal(FigureJson.Of(chart));
            ((JsonObject)expected!).Remove("frames");
            Assert.Equal(expected.ToJsonString(), actual!.ToJsonString());
        }
    }

    [Fact]
    public void What_no_still_picture_can_show_is_said_in_words_where_no_browser_is()
    {
        string html = ChartFormatter.Html(FigureJson.Of(Samples.Chart("pie")));
        if (Chromium.Find() is null) Assert.Contains("A still picture cannot show a trace of type pie.", html, StringComparison.Ordinal);
        else Assert.Matches(Image(), html);
    }

    // Every kind of member Plotly.NET writes: templates, colours, lists of colours, enumerations, dates.
    private static IEnumerable<GenericChart> Charts()
    {
        yield return Samples.Chart();
        Trace trace = new("bar");
        trace.SetProperty("x", new[] { new DateTime(2024, 1, 2, 3, 4, 5, DateTimeKind.Unspecified), new DateTime(2024, 2, 3, 0, 0, 1, DateTimeKind.Unspecified) });
        trace.SetProperty("y", new object[] { 1UL, 2.5f });
        trace.SetProperty("text", new List<string> { "a", "<b>" });
        Marker marker = new();
        marker.SetProperty("color", Color.fromColors([Color.fromString("red"), Color.fromRGB(1, 2, 3)]));
        trace.SetProperty("marker", marker);
        yield return GenericChart.ofTraceObject(true, trace);
        yield return GenericChart.combine([Samples.Chart(), GenericChart.ofTraceObject(true, trace)]);
    }

    [GeneratedRegex("^<img alt=\"(?<alt>[^\"<>]*)\" width=\"(?<width>\\d+)\" height=\"(?<height>\\d+)\" style=\"[^\"]*\" src=\"data:image/svg\\+xml;base64,(?<data>[A-Za-z0-9+/=]+)\">$")]
    private static partial Regex Image();
}
