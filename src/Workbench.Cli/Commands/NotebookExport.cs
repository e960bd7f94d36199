using System.CommandLine;
using System.Globalization;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Export;
using Workbench.Notebooks.Pictures;
using Workbench.Notebooks.Running;

namespace Workbench.Cli.Commands;

/// <summary>What else a run can leave: one offline HTML page, and its figures as files.</summary>
internal sealed class NotebookExport
{
    private static readonly Option<string?> Html = new("--html") { Description = "write the notebook with its outputs as one HTML file that needs no network" };
    private static readonly Option<string?> Figures = new("--figures") { Description = "write the charts into this folder, named by cell: fig-03-1.svg" };
    private static readonly Option<string?> Formats = new("--figure-formats") { Description = "svg, png, pdf, separated by commas; png and pdf need a Chromium [default: svg]" };
    private static readonly Option<string?> Widths = new("--figure-width") { Description = "width of svg and png such as 800px, of pdf such as 85mm; separated by commas; needs a Chromium" };
    private static readonly Option<string?> Browser = new("--browser") { Description = "the Chromium, Chrome or Edge to draw with [default: the one found]" };

    private readonly string? page, folder;
    private readonly FigureFormats formats = new();
    private readonly Chromium? browser;

    private NotebookExport(string? page, string? folder, FigureFormats formats, Chromium? browser) => (this.page, this.folder, this.formats, this.browser) = (page, folder, formats, browser);

    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Html, Figures, Formats, Widths, Browser]) command.Add(option);
    }

    /// <summary>What is asked for; what cannot be done is found out before the notebook runs.</summary>
    public static NotebookExport Read(ParseResult parsed)
    {
        string? page = parsed.GetValue(Html), folder = parsed.GetValue(Figures), browser = parsed.GetValue(Browser);
        if (page is not null && Directory.Exists(page)) throw new ArgumentException($"--html {page} is a folder; name a file in it.");
        if (page is not null) OutputFolder.Check("--html", page);
        if (folder is not null && File.Exists(folder)) throw new ArgumentException($"--figures {folder} is a file; name a folder, which is made if need be.");
        if (folder is not null) OutputFolder.Check("--figures", folder);
        if (folder is null && (parsed.GetValue(Formats) ?? parsed.GetValue(Widths) ?? browser) is not null) throw new ArgumentException("--figure-formats, --figure-width and --browser say how figures are written; name a folder for them with --figures.");
        FigureFormats formats = FormatsOf(parsed.GetValue(Formats) ?? "svg", parsed.GetValue(Widths));
        // Plain SVG is drawn here; all else is a browser's work.
        bool needsBrowser = folder is not null && (formats.Png || formats.PdfWidthsMm.Count > 0 || formats.WidthPx is not null || browser is not null);
        try
        {
            return new(page, folder, formats, needsBrowser ? Chromium.Require(browser) : null);
        }
        catch (ExportException e)
        {
            throw new ArgumentException(e.Message, e);
        }
    }

    /// <summary>Makes the folders, so that what cannot be written is known before the notebook runs.</summary>
    public void MakeFolders()
    {
        if (page is not null) OutputFolder.MakeFor(page);
        if (folder is not null) Directory.CreateDirectory(folder);
    }

    /// <summary>Writes the page and the figures; gives the files' paths.</summary>
    public async Task<IReadOnlyList<string>> WriteAsync(string title, RunReport report, CancellationToken cancellation)
    {
        List<string> written = [];
        if (page is not null)
        {
            AtomicFile.WriteAllText(page, HtmlPage.Of(title, NotebookPages.Cells(report.Document)));
            written.Add(page);
        }
        if (folder is null) return written;
        IReadOnlyList<NamedFigure> figures = NotebookPages.Figures(report);
        try
        {
            written.AddRange(browser is null ? Draw(figures, folder) : await FigureExport.WriteAsync(browser, figures, folder, formats, cancellation).ConfigureAwait(false));
        }
        catch (ExportException e)
        {
            throw new IOException(e.Message, e);
        }
        return written;
    }

    private static IEnumerable<string> Draw(IReadOnlyList<NamedFigure> figures, string folder)
    {
        List<(string Path, string Svg)> pictures = [];
        foreach (NamedFigure figure in figures)
        {
            StillPicture picture = StillPicture.Of(figure.Figure);
            pictures.Add((Path.Combine(folder, figure.Name + ".svg"), picture.Svg ?? throw new ExportException($"{figure.Name} cannot be drawn without a browser: {picture.Refusal} Name one with --browser.")));
        }
        foreach ((string path, string svg) in pictures) AtomicFile.WriteAllText(path, svg);
        return pictures.Select(p => p.Path);
    }

    private static FigureFormats FormatsOf(string formats, string? widths)
    {
        string[] names = formats.Split(',', StringSplitOptions.TrimEntries);
        if (Array.Find(names, n => n is not ("svg" or "png" or "pdf")) is { } unknown) throw new ArgumentException($"--figure-formats: '{unknown}' is none of svg, png, pdf.");
        int? pixels = null;
        List<double> millimetres = [];
        foreach (string width in widths?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            if (width.EndsWith("mm", StringComparison.Ordinal) && double.TryParse(width.AsSpan(0, width.Length - 2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double mm)) millimetres.Add(mm);
            else if (pixels is null && width.EndsWith("px", StringComparison.Ordinal) && int.TryParse(width.AsSpan(0, width.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out int px)) pixels = px;
            else throw new ArgumentException($"--figure-width: '{width}' is no width; write one such as 800px, and for pdf such as 85mm.");
        }
        if (names.Contains("pdf") != (millimetres.Count > 0)) throw new ArgumentException("--figure-formats pdf and a --figure-width in mm belong together, such as --figure-formats pdf --figure-width 85mm.");
        FigureFormats read = new() { Svg = names.Contains("svg"), Png = names.Contains("png"), WidthPx = pixels, PdfWidthsMm = millimetres };
        return read.Validate() is { Count: > 0 } problems ? throw new ArgumentException("--figure-width: " + string.Join(' ', problems)) : read;
    }
}
