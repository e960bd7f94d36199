using CsCheck;
using Workbench.Notebooks.Documents;
using Xunit;

namespace Workbench.Notebooks.Tests.Documents;

public sealed class DibTests
{
    private const string Canonical = """
        #!meta

        {"kernelInfo":{"defaultKernelName":"csharp","items":[{"aliases":[],"name":"csharp"},{"aliases":[],"name":"mine"}]}}

        #!markdown

        # Title

        #!csharp

        var x = 1;

        #!time
        x

        #!fsharp

        let y = 2

        #!mine

        anything

        """;

    [Fact]
    public void Cells_begin_at_lines_that_name_a_language()
    {
        NotebookDocument document = Dib.Read(Canonical);
        Assert.Equal(["# Title", "var x = 1;\n\n#!time\nx", "let y = 2", "anything"], document.Cells.Select(c => c.Source));
        Assert.Equal(NotebookCellKind.Markdown, document.Cells[0].Kind);
        Assert.Equal(["csharp", "fsharp", "mine"], document.Cells.Skip(1).Select(c => CellLanguages.Of(document, c)));
        Assert.Equal(4, document.Cells.Select(c => c.Id).Distinct().Count());
    }

    [Fact]
    public void A_file_comes_back_byte_for_byte() => Assert.Equal(Canonical, Dib.Write(Dib.Read(Canonical)));

    [Fact]
    public void What_is_written_is_read_again() => Gen.Select(Samples.Source, Gen.OneOf("csharp", "fsharp", "sql", "markdown", "raw")).Array[0, 5].Sample(cells =>
    {
        string text = string.Concat(cells.Select(c => $"#!{c.Item2}\n\n{c.Item1}\n\n"));
        NotebookDocument document = Dib.Read(text);
        return document.Cells.Count == cells.Length && Dib.Read(Dib.Write(document)).Equals(document);
    });

    [Fact]
    public void Text_before_the_first_language_is_csharp()
    {
        NotebookDocument document = Dib.Read("\n1 + 1\n\n#!f#\n2\n");
        Assert.Equal(["csharp", "fsharp"], document.Cells.Select(c => CellLanguages.Of(document, c)));
    }

    [Fact]
    public void Broken_metadata_is_refused_with_its_line() =>
        Assert.StartsWith("n.dib, #!meta of line 2 line 1, column 2: broken JSON", Assert.Throws<NotebookFormatException>(() => Dib.Read("\n#!meta\n{x}\n#!csharp\n1", "n.dib")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_cell_that_would_come_back_as_two_is_not_written()
    {
        NotebookDocument document = Samples.Notebook(Samples.Code("1"), Samples.Code("1\n#!fsharp\n2"));
        Assert.Contains("Cell 2 has a line '#!fsharp'", Assert.Throws<NotebookFormatException>(() => Dib.Write(document)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_whose_first_line_names_its_language_keeps_it()
    {
        NotebookDocument document = Dib.Read(Dib.Write(Samples.Notebook(Samples.Code("#!fsharp\nlet x = 1"))));
        Assert.Equal(("let x = 1", "fsharp"), (document.Cells[0].Source, CellLanguages.Of(document, document.Cells[0])));
    }
}
