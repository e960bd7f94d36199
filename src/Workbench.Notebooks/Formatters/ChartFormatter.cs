using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Plotly.NET;
using Workbench.Notebooks.Export;
using Workbench.Notebooks.Pictures;

namespace Workbench.Notebooks.Formatters;

/// <summary>A chart as what notebooks show: the figure for those that can draw it, one picture for all others, a sentence for consoles.</summary>
public static class ChartFormatter
{
    /// <summary>The MIME type of a Plotly figure in a notebook.</summary>
    public const string PlotlyMime = "application/vnd.plotly.v1+json";

    /// <summary>The figure with the setting that lets it fit its window.</summary>
    public static JsonObject Figure(GenericChart chart)
    {
        JsonObject figure = FigureJson.Of(chart);
        figure["config"] = new JsonObject { ["responsive"] = true };
        return figure;
    }

    /// <summary>One image element with the picture inside; where no picture can be made, a sentence that says so.</summary>
    public static string Html(JsonObject figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        StillPicture picture = StillPicture.Of(figure);
        if (picture.IsDrawn) return Image(figure, picture.Svg, picture.Width, picture.Height);
        string reason = picture.Refusal;
        if (Chromium.Find() is { } browser)
        {
            try
            {
                string svg = FigureExport.ToSvg(browser, figure);
                return Image(figure, svg, (int)(Size(figure, "width") ?? 700), (int)(Size(figure, "height") ?? 450));
            }
            catch (Exception e) when (e is ExportException or IOException or TimeoutException)
            {
                reason = $"{reason} {e.Message}";
            }
        }
        else reason += " " + Chromium.NotFound;
        return $"<p>{WebUtility.HtmlEncode(reason)}</p><p>{WebUtility.HtmlEncode(Text(figure))}</p>".Replace("\n", "<br>", StringComparison.Ordinal);
    }

    /// <summary>The chart in words: its title, and its summary (layout.meta.summary) or what each trace holds.</summary>
    public static string Text(JsonObject figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        StringBuilder text = new();
        JsonObject? layout = figure["layout"] as JsonObject;
        if (TextOf(layout?["title"] is JsonObject title ? title["text"] : layout?["title"]) is { Length: > 0 } heading) text.Append(FigureText.Plain(heading)).Append('\n');
        if (TextOf((layout?["meta"] as JsonObject)?["summary"]) is { Length: > 0 } summary) return text.Append(summary).ToString();
        List<string> traces = [.. (figure["data"] as JsonArray ?? []).OfType<JsonObject>().Select(FigureText.Describe)];
        return text.Append(traces.Count == 0 ? "An empty chart." : string.Join('\n', traces)).ToString();
    }

    private static string Image(JsonObject figure, string svg, int width, int height) => string.Create(CultureInfo.InvariantCulture,
        $"<img alt=\"{WebUtility.HtmlEncode(Text(figure)).Replace("\n", " ", StringComparison.Ordinal)}\" width=\"{width}\" height=\"{height}\" style=\"max-width:100%;height:auto\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\">");

    private static double? Size(JsonObject figure, string name) => (figure["layout"] as JsonObject)?[name] is JsonValue value && value.TryGetValue(out double size) && size is > 0 and < 20_000 ? size : null;

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
