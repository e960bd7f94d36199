using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Documents;

namespace Workbench.Notebooks.Export;

/// <summary>Figures as files, drawn by plotly.js in a browser: one run for all SVG and PNG pictures, one for each PDF. A file appears only when it is whole.</summary>
public static partial class FigureExport
{
    private const double DefaultWidth = 700, DefaultHeight = 450;

    /// <summary>Writes the figures into a folder and returns the files' paths, figure by figure.</summary>
    public static async Task<IReadOnlyList<string>> WriteAsync(Chromium browser, IReadOnlyList<NamedFigure> figures, string folder, FigureFormats formats, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(browser);
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(formats);
        if (formats.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(' ', problems), nameof(formats));
        CheckNames(figures);
        if (figures.Count == 0) return [];
        Directory.CreateDirectory(folder);
        bool svg = formats.Svg || formats.PdfWidthsMm.Count > 0;
        List<(byte[]? Svg, byte[]? Png)> pictures = await DrawAsync(browser, figures, svg, formats.Png, formats.WidthPx, formats.Scale, formats.Timeout, cancellation).ConfigureAwait(false);
        List<string> written = [];
        for (int i = 0; i < figures.Count; i++)
        {
            string path = Path.Combine(folder, figures[i].Name);
            (byte[]? vector, byte[]? pixels) = pictures[i];
            if (formats.Svg && vector is not null) written.Add(Put(path + ".svg", vector));
            if (pixels is not null) written.Add(Put(path + ".png", pixels));
            foreach (double width in vector is null ? [] : formats.PdfWidthsMm)
            {
                string suffix = formats.PdfWidthsMm.Count == 1 ? ".pdf" : FormattableString.Invariant($"-{width:0.##}mm.pdf");
                written.Add(await PrintAsync(browser, vector!, Size(figures[i].Figure, formats.WidthPx), width, path + suffix, formats.Timeout, cancellation).ConfigureAwait(false));
            }
        }
        return written;
    }

    /// <summary>One figure as SVG text.</summary>
    public static string ToSvg(Chromium browser, JsonObject figure)
    {
        ArgumentNullException.ThrowIfNull(browser);
        ArgumentNullException.ThrowIfNull(figure);
        List<(byte[]? Svg, byte[]? Png)> drawn = Task.Run(() => DrawAsync(browser, [new("figure", figure)], svg: true, png: false, null, 1, TimeSpan.FromMinutes(1), CancellationToken.None)).GetAwaiter().GetResult();
        return Encoding.UTF8.GetString(drawn[0].Svg ?? throw new ExportException($"{browser.Path} drew no picture."));
    }

    private static async Task<List<(byte[]? Svg, byte[]? Png)>> DrawAsync(Chromium browser, IReadOnlyList<NamedFigure> figures, bool svg, bool png, int? widthPx, double scale, TimeSpan timeout, CancellationToken cancellation)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("workbench-export-");
        try
        {
            string page = Path.Combine(work.FullName, "figures.html");
            await File.WriteAllTextAsync(page, Page(figures, svg, png, widthPx, scale), cancellation).ConfigureAwait(false);
            string document = await ChromiumRun.DumpDomAsync(browser, page, timeout, cancellation).ConfigureAwait(false);
            Dictionary<string, string> results = Results().Matches(document).ToDictionary(m => m.Groups["id"].Value, m => System.Net.WebUtility.HtmlDecode(m.Groups["value"].Value));
            List<(byte[]?, byte[]?)> pictures = [];
            for (int i = 0; i < figures.Count; i++) pictures.Add((svg ? Result(i, "svg") : null, png ? Result(i, "png") : null));
            return pictures;

            byte[] Result(int index, string format)
            {
                string id = FormattableString.Invariant($"{index}-{format}"), name = figures[index].Name;
                if (!results.TryGetValue(id, out string? value)) throw new ExportException($"{browser.Path} ended before figure {name} was drawn as {format}. Export fewer figures at once, or give it more time.");
                int comma = value.IndexOf(',', StringComparison.Ordinal);
                if (!value.StartsWith("data:image/", StringComparison.Ordinal) || comma < 0) throw new ExportException($"Figure {name} could not be drawn as {format}: {value}");
                return value.AsSpan(0, comma).EndsWith(";base64", StringComparison.Ordinal) ? Convert.FromBase64String(value[(comma + 1)..]) : Encoding.UTF8.GetBytes(Uri.UnescapeDataString(value[(comma + 1)..]));
            }
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static string Page(IReadOnlyList<NamedFigure> figures, bool svg, bool png, int? widthPx, double scale)
    {
        StringBuilder page = new();
        page.Append("<!DOCTYPE html><meta charset=\"utf-8\"><body><script>").Append(PlotlyScript.Source).Append("</script><script>\nconst jobs=[");
        for (int i = 0; i < figures.Count; i++)
        {
            (double width, double height) = Size(figures[i].Figure, widthPx);
            foreach ((string format, bool wanted) in (ReadOnlySpan<(string, bool)>)[("svg", svg), ("png", png)])
            {
                if (!wanted) continue;
                page.Append(CultureInfo.InvariantCulture, $"{{id:\"{i}-{format}\",figure:{InlineJson(figures[i].Figure)},options:{{format:\"{format}\",width:{width},height:{height},scale:{(format == "png" ? scale : 1)}}}}},\n");
            }
        }
        page.Append("""
            ];
            (async () => {
              for (const job of jobs) {
                let value;
                try { value = await Plotly.toImage({ data: job.figure.data, layout: job.figure.layout }, job.options); }
                catch (e) { value = 'error: ' + (e && e.message || e); }
                const result = document.createElement('pre');
                result.id = job.id;
                result.textContent = value;
                document.body.append(result);
              }
            })();
            </script>
            """);
        return page.ToString();
    }

    /// <summary>JSON that may stand inside a script element.</summary>
    internal static string InlineJson(JsonNode json) => json.ToJsonString().Replace("<", "\\u003c", StringComparison.Ordinal);

    private static async Task<string> PrintAsync(Chromium browser, byte[] svg, (double Width, double Height) size, double widthMm, string path, TimeSpan timeout, CancellationToken cancellation)
    {
        DirectoryInfo work = Directory.CreateTempSubdirectory("workbench-export-");
        try
        {
            double heightMm = widthMm * size.Height / size.Width;
            string page = Path.Combine(work.FullName, "page.html"), pdf = Path.Combine(work.FullName, "page.pdf");
            await File.WriteAllBytesAsync(Path.Combine(work.FullName, "figure.svg"), svg, cancellation).ConfigureAwait(false);
            await File.WriteAllTextAsync(page, string.Create(CultureInfo.InvariantCulture,
                $"<!DOCTYPE html><meta charset=\"utf-8\"><style>@page{{size:{widthMm:0.###}mm {heightMm:0.###}mm;margin:0}}html,body{{margin:0}}img{{display:block;width:{widthMm:0.###}mm;height:{Math.Floor(heightMm * 100) / 100:0.###}mm}}</style><img src=\"figure.svg\">"), cancellation).ConfigureAwait(false);
            await ChromiumRun.PrintAsync(browser, page, pdf, timeout, cancellation).ConfigureAwait(false);
            return Put(path, await File.ReadAllBytesAsync(pdf, cancellation).ConfigureAwait(false));
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static string Put(string path, byte[] bytes)
    {
        AtomicFile.WriteAllBytes(path, bytes);
        return path;
    }

    private static (double Width, double Height) Size(JsonObject figure, int? widthPx)
    {
        double width = Side("width", DefaultWidth), height = Side("height", DefaultHeight);
        return widthPx is int wanted ? (wanted, Math.Max(1, Math.Round(height * wanted / width))) : (width, height);

        double Side(string name, double otherwise) =>
            (figure["layout"] as JsonObject)?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) is >= 1 and <= 20_000 and double side ? side : otherwise;
    }

    private static void CheckNames(IReadOnlyList<NamedFigure> figures)
    {
        foreach (NamedFigure figure in figures)
            if (figure.Name.Length == 0 || figure.Name.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0 || figure.Name.Contains('/', StringComparison.Ordinal) || figure.Name.Contains('\\', StringComparison.Ordinal))
                throw new ArgumentException($"'{figure.Name}' is no name for a figure's file: it may hold no folder and no character a file's name cannot have.", nameof(figures));
        if (figures.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Two figures are named '{twice.Key}'; one file would replace the other.", nameof(figures));
    }

    [GeneratedRegex("<pre id=\"(?<id>[^\"]+)\">(?<value>.*?)</pre>", RegexOptions.Singleline)]
    private static partial Regex Results();
}
