using CsCheck;
using Workbench.Notebooks.Documents;
using Xunit;

namespace Workbench.Notebooks.Tests.Documents;

public sealed class CellScriptTests
{
    [Fact]
    public void Csharp_is_code_and_everything_else_comments()
    {
        NotebookDocument document = Samples.Notebook(Samples.Markdown("# Title\n\nText"), Samples.Code("var x = 1;\n#!time\nx", "parameters"), Samples.Code("#!fsharp\nlet y = 2"));
        Assert.Equal("// %% [markdown]\n// # Title\n//\n// Text\n\n// %% tags=[\"parameters\"]\nvar x = 1;\n// #!time\nx\n\n// %% [fsharp]\n// #!fsharp\n// let y = 2\n", CellScript.Write(document));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        NotebookDocument document = Samples.Notebook(Samples.Markdown("# Title\n\nText"), Samples.Code("var x = 1;\n#!time\nx", "parameters", "x]y"), Samples.Code("#!fsharp\nlet y = 2"), Samples.Code(""));
        NotebookDocument read = CellScript.Read(CellScript.Write(document));
        Assert.Equal(document.Cells.Select(c => (c.Kind, c.Source, CellLanguages.Of(document, c), string.Join(',', c.Tags))), read.Cells.Select(c => (c.Kind, c.Source, CellLanguages.Of(read, c), string.Join(',', c.Tags))));
    }

    [Fact]
    public void A_script_that_was_written_is_written_the_same_again() => Samples.Documents.Sample(document =>
    {
        string script = CellScript.Write(document);
        return CellScript.Write(CellScript.Read(script)) == script;
    });

    [Fact]
    public void A_script_without_markers_is_one_cell() => Assert.Equal("var x = 1;\nx", Assert.Single(CellScript.Read("\nvar x = 1;\nx\n").Cells).Source);

    [Fact]
    public void Tags_that_are_no_list_are_refused() => Assert.Contains("tags=[\"parameters\"]", Assert.Throws<NotebookFormatException>(() => CellScript.Read("// %% tags=parameters\n1")).Message, StringComparison.Ordinal);
}
