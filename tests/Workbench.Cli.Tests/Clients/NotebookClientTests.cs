using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Export;
using Workbench.Testing;
using Xunit;

namespace Workbench.Cli.Tests.Clients;

/// <summary>The programs people run notebooks with, on the notebooks of this repository. They take both cores: no other test runs beside them.</summary>
[Collection(nameof(NotebookClientTests))]
[CollectionDefinition(nameof(NotebookClientTests), DisableParallelization = true)]
public sealed partial class NotebookClientTests : IDisposable
{
    private const int PageWidth = 1280, PageHeight = 1000, HighestScreenshot = 16_000;
    private const int FewestPixelsOfAChart = 1000;

    // For each code cell: how many pixels of each picture are not white, and how many rows its largest table has.
    private const string Drawn = """
        Promise.all(Jupyter.notebook.get_cells().filter(c => c.cell_type === 'code').map(async c => ({
            source: c.get_text(),
            errors: c.output_area.outputs.filter(o => o.output_type === 'error').map(o => o.ename + ': ' + o.evalue),
            rows: Math.max(0, ...[...c.element[0].querySelectorAll('.output_area table')].map(t => t.querySelectorAll('tbody tr').length)),
            pictures: await Promise.all([...c.element[0].querySelectorAll('.output_area img')].map(async i => {
                await i.decode();
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [i.naturalWidth, i.naturalHeight];
                const context = canvas.getContext('2d');
                context.fillStyle = 'white';
                context.fillRect(0, 0, canvas.width, canvas.height);
                context.drawImage(i, 0, 0);
                const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
                let marked = 0;
                for (let at = 0; at < pixels.length; at += 4) if (pixels[at] < 250 || pixels[at + 1] < 250 || pixels[at + 2] < 250) marked++;
                return marked;
            }))
        })))
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly ShippedNotebooks notebooks = new();

    public void Dispose() => notebooks.Dispose();

    [Fact]
    public void Nbconvert_runs_every_notebook()
    {
        using KernelInstallation installation = KernelInstallation.Requiring("nbconvert");
        string[] files = [.. ShippedNotebooks.Names.Select(n => notebooks.PathOf(n + ".ipynb"))];
        string limit = string.Create(CultureInfo.InvariantCulture, $"{Patience.TotalSeconds:0}");
        (int exit, _, string error) = installation.RunModule("nbconvert", "", ["--to", "notebook", "--execute", $"--ExecutePreprocessor.timeout={limit}", $"--ExecutePreprocessor.startup_timeout={limit}", "--output-dir", notebooks.PathOf("run"), .. files]);
        Assert.True(exit == 0, error);
        notebooks.AssertTables();
        foreach (string name in ShippedNotebooks.Names)
        {
            foreach (JsonNode? cell in JsonNode.Parse(File.ReadAllText(notebooks.PathOf(Path.Combine("run", name + ".ipynb"))))!["cells"]!.AsArray())
            {
                if ((string?)cell!["cell_type"] != "code") continue;
                string source = string.Concat(cell["source"]!.AsArray().Select(l => (string?)l)), outputs = cell["outputs"]!.ToJsonString();
                Assert.NotNull(cell["execution_count"]);
                Assert.True(!HasChart(source) || outputs.Contains("image/svg", StringComparison.Ordinal), $"{name}: no picture from {source}");
                Assert.True(!HasTable(source) || outputs.Contains("text/html", StringComparison.Ordinal), $"{name}: no table from {source}");
            }
        }
    }

    [Fact]
    public void The_console_imports_every_notebook()
    {
        using KernelInstallation installation = KernelInstallation.Requiring("jupyter_console");
        installation.WorkingDirectory = notebooks.Folder;
        string lines = string.Concat(ShippedNotebooks.Names.Select(n => $"#!import {n}.ipynb\n"));
        (int exit, string output, string error) = installation.RunModule("jupyter_console", lines, "--kernel", KernelInstallation.KernelName, "--simple-prompt");
        Assert.True(exit == 0, error);
        notebooks.AssertTables();
        foreach (string name in ShippedNotebooks.Names)
        {
            // A console is narrow: the first two columns are always shown, the last ones not.
            string[][] rows = [.. File.ReadLines(Repository.PathOf("notebooks", "expected", name + ".csv")).Skip(1).Take(3).Select(l => l.Split(','))];
            foreach ((int at, string[] row) in rows.Index())
                Assert.Matches($@"(?m)^ *{at} +{Shown(row[0])} +{Shown(row[1])} ", output);
        }
    }

    [Fact]
    public void The_classic_notebook_runs_every_notebook_and_draws_its_tables_and_charts()
    {
        using KernelInstallation installation = KernelInstallation.Requiring("notebook");
        Chromium? chromium = Chromium.Find();
        if (chromium is null) KernelInstallation.Lacks(Chromium.NotFound);
        using NotebookServer server = new(installation, notebooks.Folder, Patience);
        using DevTools page = new(chromium!, PageWidth, PageHeight, TestContext.Current.CancellationToken);
        foreach (string name in ShippedNotebooks.Names)
        {
            page.Resize(PageWidth, PageHeight);
            page.Open(server.Address + "notebooks/" + name + ".ipynb");
            page.WaitFor($"Jupyter.notebook.notebook_path === '{name}.ipynb' && Jupyter.notebook._fully_loaded && Jupyter.notebook.kernel.is_connected() && Jupyter.notebook.kernel.info_reply.banner", Patience);
            page.Evaluate("Jupyter.notebook.execute_all_cells()");
            page.WaitFor("!Jupyter.notebook.kernel_busy && Jupyter.notebook.get_cells().every(c => c.cell_type !== 'code' || typeof c.input_prompt_number === 'number')", Patience);
            AssertDrawn(name, page.Evaluate(Drawn)!.AsArray());
            Photograph(name, page);
            notebooks.AssertTable(name);
            page.Evaluate("window.onbeforeunload = null; new Promise(done => Jupyter.notebook.session.delete(done, done)).then(() => true)");
        }
    }

    private static void AssertDrawn(string name, JsonArray cells)
    {
        Assert.NotEmpty(cells);
        foreach (JsonNode? cell in cells)
        {
            string source = (string)cell!["source"]!;
            Assert.Empty(cell["errors"]!.AsArray());
            int[] pictures = [.. cell["pictures"]!.AsArray().Select(p => (int)p!)];
            Assert.True(pictures.Length >= (HasChart(source) ? 1 : 0), $"{name}: no picture from {source}");
            Assert.All(pictures, marked => Assert.True(marked >= FewestPixelsOfAChart, $"{name}: a picture of {marked} pixels from {source}"));
            Assert.True(!HasTable(source) || (int)cell["rows"]! > 0, $"{name}: no table from {source}");
        }
    }

    // The page as high as its notebook, for people to look at.
    private static void Photograph(string name, DevTools page)
    {
        int height = (int)(double)page.Evaluate("document.getElementById('header').offsetHeight + document.getElementById('notebook-container').offsetHeight + 60")!;
        page.Resize(PageWidth, Math.Min(height, HighestScreenshot));
        page.Evaluate("new Promise(done => { window.dispatchEvent(new Event('resize')); document.getElementById('site').scrollTop = 0; setTimeout(() => done(true), 300); })");
        string folder = Repository.PathOf("artifacts", "screenshots");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, name[..2] + ".png"), page.Screenshot());
    }

    private static bool HasChart(string source) => ChartLine().IsMatch(source);

    private static bool HasTable(string source) => TableLine().IsMatch(source);

    private static string Shown(string cell) => long.TryParse(cell, CultureInfo.InvariantCulture, out long number) ? number.ToString("n0", CultureInfo.InvariantCulture) : Regex.Escape(cell.Trim('"'));

    [GeneratedRegex(@"(?m)^Charts\.")]
    private static partial Regex ChartLine();

    // A cell whose last line is the name of a frame, or makes one.
    [GeneratedRegex(@"(\n(table|frame|vendors|kinds|ranked)|\)\.ToFrame\(\))\s*$")]
    private static partial Regex TableLine();
}
