using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Languages;

public sealed class CSharpAssistantTests : IDisposable
{
    private readonly TestNotebook notebook = new();

    public void Dispose() => notebook.Dispose();

    private ICodeAssistant Assistant => (ICodeAssistant)(notebook.Session.Find("csharp") ?? throw new InvalidOperationException());

    // A bar marks the position.
    private Task<CompletionSet> Complete(string marked) => Assistant.CompleteAsync(marked.Replace("|", "", StringComparison.Ordinal), marked.IndexOf('|', StringComparison.Ordinal), TestContext.Current.CancellationToken);

    private async Task<string?> Inspect(string marked, string mimeType = MimeBundle.PlainText) =>
        (await Assistant.InspectAsync(marked.Replace("|", "", StringComparison.Ordinal), marked.IndexOf('|', StringComparison.Ordinal), TestContext.Current.CancellationToken))?.TextOf(mimeType);

    [Fact]
    public async Task Completion_sees_variables_types_and_methods_of_earlier_cells()
    {
        await notebook.Value("record Harvest(int Pages, long Bytes); var harvests = new List<Harvest>();");
        await notebook.Value("int CountPages(Harvest h) => h.Pages;");
        Assert.Contains((await Complete("var x = harv|")).Items, i => i is { Text: "harvests", Kind: "instance" });
        Assert.Contains((await Complete("Count|")).Items, i => i is { Text: "CountPages", Kind: "function" } && i.Signature.Contains("Harvest h", StringComparison.Ordinal));
        Assert.Contains((await Complete("harvests[0].|")).Items, i => i is { Text: "Pages", Kind: "property" } && i.Signature.Contains("int Harvest.Pages", StringComparison.Ordinal));
        Assert.Contains((await Complete("harvests.Select(h => h.By|")).Items, i => i.Text == "Bytes");
        Assert.Contains((await Complete("new Har|")).Items, i => i is { Text: "Harvest", Kind: "class" });
    }

    [Fact]
    public async Task Completion_knows_extension_methods_and_what_displays()
    {
        Assert.Contains((await Complete("5.Disp|")).Items, i => i.Text == "Display");
        Assert.Contains((await Complete("disp|")).Items, i => i.Text == "display");
        Assert.Contains((await Complete("new[] { 1 }.Sel|")).Items, i => i.Text == "Select");
        Assert.Contains((await Complete("System.Te|")).Items, i => i is { Text: "Text", Kind: "module" });
        Assert.Contains((await Complete("awa|")).Items, i => i is { Text: "await", Kind: "keyword" });
    }

    [Fact]
    public async Task What_fits_replaces_what_was_typed_and_exact_case_comes_first()
    {
        await notebook.Value("var Total = 1; var total = 2; var subtotal = 3; var other = 4;");
        CompletionSet set = await Complete("1 + tot|");
        Assert.Equal((4, 7), (set.Start, set.End));
        Assert.Equal(["total", "Total", "subtotal"], set.Items.Select(i => i.Text).Where(t => t.EndsWith("otal", StringComparison.Ordinal)));
        Assert.DoesNotContain(set.Items, i => i.Text == "other");
        Assert.Equal("ReadAllText", (await Complete("File.RAT|")).Items[0].Text);
    }

    [Fact]
    public async Task A_cell_that_was_run_again_with_another_type_completes_as_the_latest()
    {
        await notebook.Value("var n = 1;");
        await notebook.Value("var n = \"text\";");
        Assert.Contains((await Complete("n.Subs|")).Items, i => i.Text == "Substring");
    }

    [Fact]
    public async Task Inspection_shows_signature_and_summary()
    {
        string? plain = await Inspect("display(|1)");
        Assert.Contains("DisplayedValue NotebookDisplay.display(object? value)", plain, StringComparison.Ordinal);
        Assert.Contains("Shows a value below the cell", plain, StringComparison.Ordinal);
        Assert.StartsWith("```csharp\n", await Inspect("disp|lay(1)", "text/markdown"), StringComparison.Ordinal);
        Assert.Contains("<pre><code>", await Inspect("display|(1)", MimeBundle.Html), StringComparison.Ordinal);
        Assert.Null(await Inspect("|"));
        await notebook.Value("var pages = 4096L;");
        Assert.Contains("long pages", await Inspect("pages|"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("var a = 1;", Completeness.Complete)]
    [InlineData("1 + 1", Completeness.Complete)]
    [InlineData("for (int i = 0; i < 3; i++) {", Completeness.Incomplete)]
    [InlineData("var s = \"\"\"\nabc", Completeness.Incomplete)]
    [InlineData("var s = $\"\"\"\nabc", Completeness.Incomplete)]
    [InlineData("var s = @\"abc", Completeness.Incomplete)]
    [InlineData("/* abc", Completeness.Incomplete)]
    [InlineData("foo(", Completeness.Incomplete)]
    [InlineData("var = = ;", Completeness.Invalid)]
    [InlineData(")", Completeness.Invalid)]
    [InlineData("", Completeness.Complete)]
    public void Completeness_of_code(string code, Completeness expected) => Assert.Equal(expected, Assistant.Check(code));
}
