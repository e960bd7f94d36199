using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Workbench.Notebooks.Export;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Tests.Formatters;
using Xunit;

namespace Workbench.Notebooks.Tests.Export;

public sealed class FigureExportTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("workbench-test-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Figures_become_vector_and_pixel_files_in_one_run()
    {
        Chromium browser = Browser();
        JsonObject odd = FigureJson.Of(Samples.Chart(title: "</script><pre id=\"0-svg\">"));
        IReadOnlyList<string> written = await FigureExport.WriteAsync(browser, [new("fig-01-1", FigureJson.Of(Samples.Chart())), new("fig-02-1", odd)], folder.FullName, new() { Png = true, Scale = 2 }, TestContext.Current.CancellationToken);
        Assert.Equal(["fig-01-1.svg", "fig-01-1.png", "fig-02-1.svg", "fig-02-1.png"], written.Select(Path.GetFileName));
        Assert.Equal(4, folder.GetFiles().Length);
        XElement svg = XElement.Load(written[0]);
        Assert.Equal(("500", "300"), ((string?)svg.Attribute("width"), (string?)svg.Attribute("height")));
        byte[] png = await File.ReadAllBytesAsync(written[1], TestContext.Current.CancellationToken);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        Assert.Equal((1000, 600), (BigEndian(png, 16), BigEndian(png, 20)));
        // A title that looks like markup ends neither the script nor another figure.
        Assert.Equal("svg", XElement.Load(written[2]).Name.LocalName);
    }

    [Fact]
    public async Task A_figure_becomes_a_page_for_paper_of_each_width()
    {
        Chromium browser = Browser();
        IReadOnlyList<string> written = await FigureExport.WriteAsync(browser, [new("fig-01-1", FigureJson.Of(Samples.Chart()))], folder.FullName, new() { Svg = false, PdfWidthsMm = [85, 177.8] }, TestContext.Current.CancellationToken);
        Assert.Equal(["fig-01-1-85mm.pdf", "fig-01-1-177.8mm.pdf"], written.Select(Path.GetFileName));
        string pdf = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(written[0], TestContext.Current.CancellationToken));
        Assert.StartsWith("%PDF", pdf, StringComparison.Ordinal);
        // 85 x 51 mm in points of 1/72 inch, on one page.
        string box = pdf[(pdf.IndexOf("/MediaBox", StringComparison.Ordinal) + 9)..].Split('[', ']')[1];
        double[] sides = [.. box.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => double.Parse(s, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(85 / 25.4 * 72, sides[2], 1.0);
        Assert.Equal(51 / 25.4 * 72, sides[3], 1.0);
        Assert.Single(pdf.Split("/Type /Page\n")[1..]);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_leaves_no_file()
    {
        Chromium browser = Browser();
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FigureExport.WriteAsync(browser, [new("fig", FigureJson.Of(Samples.Chart()))], folder.FullName, new(), soon.Token));
        Assert.Empty(folder.GetFiles());
    }

    [Fact]
    public async Task What_a_failing_browser_says_is_in_the_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in for a browser is a shell script.");
        string script = Path.Combine(folder.FullName, "browser");
        await File.WriteAllTextAsync(script, "#!/bin/sh\necho 'no display found' >&2\nexit 7\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ExportException error = await Assert.ThrowsAsync<ExportException>(() => FigureExport.WriteAsync(Chromium.Require(script), [new("fig", FigureJson.Of(Samples.Chart()))], folder.FullName, new(), TestContext.Current.CancellationToken));
        Assert.Contains("code 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("no display found", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_that_does_not_end_is_stopped()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in for a browser is a shell script.");
        string script = Path.Combine(folder.FullName, "browser");
        await File.WriteAllTextAsync(script, "#!/bin/sh\nsleep 600\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ExportException error = await Assert.ThrowsAsync<ExportException>(() => FigureExport.WriteAsync(Chromium.Require(script), [new("fig", FigureJson.Of(Samples.Chart()))], folder.FullName, new() { Timeout = TimeSpan.FromMilliseconds(300) }, TestContext.Current.CancellationToken));
        Assert.Contains("did not end within", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_browser_that_does_not_exist_is_named()
    {
        ExportException error = Assert.Throws<ExportException>(() => Chromium.Find("/nowhere/chromium"));
        Assert.Contains("--browser names '/nowhere/chromium', which does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_clash_or_leave_the_folder_are_refused()
    {
        JsonObject figure = FigureJson.Of(Samples.Chart());
        Chromium any = Chromium.Require(Environment.ProcessPath);
        await Assert.ThrowsAsync<ArgumentException>(() => FigureExport.WriteAsync(any, [new("../out", figure)], folder.FullName, new(), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => FigureExport.WriteAsync(any, [new("a", figure), new("A", figure)], folder.FullName, new(), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => FigureExport.WriteAsync(any, [new("a", figure)], folder.FullName, new() { Scale = 0, WidthPx = 5 }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_usual_name_has_the_cell_and_the_figure() => Assert.Equal("fig-03-1", NamedFigure.NameOf(3, 1));

    /// <summary>The browser of this machine. Without one the test is skipped, but in continuous integration it fails.</summary>
    internal static Chromium Browser()
    {
        Chromium? browser = Chromium.Find();
        if (browser is null && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(Chromium.NotFound);
        if (browser is null) Assert.Skip(Chromium.NotFound);
        return browser;
    }

    private static int BigEndian(byte[] bytes, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
}
