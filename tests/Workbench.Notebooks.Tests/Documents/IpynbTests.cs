using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Workbench.Notebooks.Documents;
using Xunit;

namespace Workbench.Notebooks.Tests.Documents;

public sealed class IpynbTests
{
    // Written by Python's json as nbformat calls it: indent=1, sort_keys, ensure_ascii off.
    private static readonly string Canonical = """
        {
         "cells": [
          {
           "attachments": {
            "x.png": {
             "image/png": "aGk="
            }
           },
           "cell_type": "markdown",
           "id": "a-1",
           "metadata": {},
           "source": [
            "# Übergröße 😀 @LS@",
            "end \"quoted\" \\ \t\u0001@DEL@"
           ]
          },
          {
           "cell_type": "code",
           "execution_count": 3,
           "id": "b_2",
           "metadata": {
            "tags": [
             "parameters"
            ],
            "vscode": {
             "languageId": "csharp"
            }
           },
           "outputs": [
            {
             "name": "stdout",
             "output_type": "stream",
             "text": [
              "1\n",
              "2"
             ]
            },
            {
             "data": {
              "application/json": {
               "a": [
                1e+100,
                -0.0,
                true
               ],
               "z": 1.5
              },
              "text/plain": [
               "1"
              ]
             },
             "execution_count": 3,
             "metadata": {},
             "output_type": "execute_result"
            },
            {
             "ename": "E",
             "evalue": "v",
             "output_type": "error",
             "traceback": []
            }
           ],
           "source": [
            "var x = 1;\n",
            "x"
           ]
          },
          {
           "cell_type": "raw",
           "id": "c3",
           "metadata": {
            "format": "text/latex"
           },
           "source": []
          }
         ],
         "metadata": {
          "empty": {},
          "kernelspec": {
           "display_name": ".NET (C#)",
           "language": "C#",
           "name": ".net-csharp"
          },
          "language_info": {
           "file_extension": ".cs",
           "name": "C#"
          },
          "none": null,
          "widgets_x": []
         },
         "nbformat": 4,
         "nbformat_minor": 5
        }
        """.Replace("@LS@", "\u2028", StringComparison.Ordinal).Replace("@DEL@", "\u007f", StringComparison.Ordinal) + "\n";

    private static string Refusal(string text) => Assert.Throws<NotebookFormatException>(() => Ipynb.Read(text, "nb.ipynb")).Message;

    private static string WithCell(string cell) => $$"""{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"raw","id":"a","metadata":{},"source":""},{{cell}}]}""";

    [Fact]
    public void What_is_written_is_read_again() => Samples.Documents.Sample(document => Ipynb.Read(Ipynb.Write(document)).Equals(document));

    [Fact]
    public void What_was_written_once_is_written_the_same_again() => Samples.Documents.Sample(document =>
    {
        string text = Ipynb.Write(document);
        return Ipynb.Write(Ipynb.Read(text)) == text;
    });

    [Fact]
    public void A_notebook_as_jupyter_stores_it_comes_back_byte_for_byte() => Assert.Equal(Canonical, Ipynb.Write(Ipynb.Read(Canonical)));

    [Fact]
    public void Cells_are_read_with_everything_they_hold()
    {
        NotebookDocument document = Ipynb.Read(Canonical);
        Assert.Equal(["a-1", "b_2", "c3"], document.Cells.Select(c => c.Id));
        Assert.Equal([NotebookCellKind.Markdown, NotebookCellKind.Code, NotebookCellKind.Raw], document.Cells.Select(c => c.Kind));
        Assert.Equal("var x = 1;\nx", document.Cells[1].Source);
        Assert.Equal("", document.Cells[2].Source);
        Assert.Equal(3, document.Cells[1].ExecutionCount);
        Assert.Equal(3, document.Cells[1].Outputs.Count);
        Assert.True(document.Cells[1].HasTag("parameters"));
        Assert.NotNull(document.Cells[0].Extra["attachments"]);
        Assert.Equal("csharp", CellLanguages.OfNotebook(document));
    }

    [Fact]
    public void Cells_of_older_formats_are_given_ids_that_stay_the_same()
    {
        const string Old = """{"nbformat":4,"nbformat_minor":2,"metadata":{},"cells":[{"cell_type":"code","source":"1","metadata":{},"outputs":[]},{"cell_type":"code","source":"1","metadata":{},"outputs":[]},{"cell_type":"markdown","source":["1"]}]}""";
        string[] ids = [.. Ipynb.Read(Old).Cells.Select(c => c.Id)];
        Assert.Equal(3, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{8}$", id));
        Assert.Equal(ids, Ipynb.Read(Old).Cells.Select(c => c.Id));
        Assert.Contains("\"nbformat_minor\": 5", Ipynb.Write(Ipynb.Read(Old)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_does_not_matter()
    {
        byte[] marked = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Canonical)];
        Assert.Equal(Ipynb.Read(Canonical), Ipynb.Read(marked, "nb.ipynb"));
    }

    [Fact]
    public void Numbers_keep_every_digit()
    {
        const string Text = """{"nbformat":4,"nbformat_minor":5,"metadata":{"n":[1.50,12345678901234567890123,1e100,-0.0]},"cells":[]}""";
        string written = Ipynb.Write(Ipynb.Read(Text));
        foreach (string number in (string[])["1.50,", "12345678901234567890123,", "1e100,", "-0.0\n"]) Assert.Contains(number, written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "nb.ipynb is empty")]
    [InlineData("[]", "nb.ipynb is JSON but no notebook")]
    [InlineData("null", "nb.ipynb is JSON but no notebook")]
    [InlineData("{\"cells\":[]}", "'nbformat' is missing; the number 4 is needed")]
    [InlineData("{\n \"nbformat\": 4,\n \"cells\" []}", "nb.ipynb line 3, column 10: broken JSON")]
    [InlineData("{\"nbformat\":3,\"nbformat_minor\":0,\"worksheets\":[]}", "is in notebook format 3; formats 4.0 to 4.5 are read. Convert it with 'jupyter nbconvert")]
    [InlineData("{\"nbformat\":4,\"nbformat_minor\":6,\"cells\":[]}", "format 4.6, newer than this program")]
    [InlineData("{\"nbformat\":5,\"cells\":[]}", "format 5.0, newer than this program")]
    [InlineData("{\"nbformat\":4}", "'cells' is missing; a list of cells is needed")]
    [InlineData("{\"nbformat\":4,\"cells\":[],\"metadata\":[]}", "'metadata' is []; an object is needed")]
    [InlineData("{\"nbformat\":4,\"cells\":[],\"metadata\":{\"a\":1,\"a\":2}}", "broken JSON")]
    [InlineData("{\"nbformat\":4,\"cells\":[],\"metadata\":{\"a\":\"\\ud800\"}}", "half of a UTF-16 pair")]
    public void What_is_no_notebook_is_refused_with_the_place(string text, string says) => Assert.Contains(says, Refusal(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("7", "nb.ipynb cell 2 is 7; an object is needed.")]
    [InlineData("{\"source\":\"\"}", "nb.ipynb cell 2: 'cell_type' is missing; it is code, markdown or raw.")]
    [InlineData("{\"cell_type\":\"heading\"}", "nb.ipynb cell 2: 'cell_type' is \"heading\"")]
    [InlineData("{\"cell_type\":\"code\"}", "nb.ipynb cell 2: 'source' is missing")]
    [InlineData("{\"cell_type\":\"code\",\"source\":[1]}", "nb.ipynb cell 2: 'source' is [1]")]
    [InlineData("{\"cell_type\":\"code\",\"source\":\"\",\"id\":7}", "nb.ipynb cell 2: 'id' is 7")]
    [InlineData("{\"cell_type\":\"code\",\"source\":\"\",\"metadata\":7}", "nb.ipynb cell 2: 'metadata' is 7")]
    [InlineData("{\"cell_type\":\"code\",\"source\":\"\",\"outputs\":[7]}", "nb.ipynb cell 2: 'outputs' is [7]")]
    public void A_broken_cell_is_refused_with_its_number(string cell, string says) => Assert.Contains(says, Refusal(WithCell(cell)), StringComparison.Ordinal);

    [Fact]
    public void Any_cut_of_a_notebook_is_refused_and_nothing_worse()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Canonical);
        for (int length = 0; length < bytes.Length - 2; length++) Assert.Throws<NotebookFormatException>(() => Ipynb.Read(bytes.AsSpan(0, length), "nb.ipynb"));
    }

    [Fact]
    public void Any_change_of_a_byte_is_read_or_refused_and_nothing_worse() => Gen.Select(Gen.Int[0, Encoding.UTF8.GetByteCount(Canonical) - 1], Gen.Byte).Sample((at, value) =>
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Canonical);
        bytes[at] = value;
        try
        {
            Ipynb.Write(Ipynb.Read(bytes, "nb.ipynb"));
        }
        catch (NotebookFormatException)
        {
            return;
        }
    }, iter: 2000);

    [Fact]
    public void Two_documents_are_equal_whatever_the_order_of_their_members()
    {
        NotebookDocument one = Samples.Notebook() with { Metadata = new() { ["a"] = 1, ["b"] = new JsonObject() } };
        Assert.Equal(one, Samples.Notebook() with { Metadata = new() { ["b"] = new JsonObject(), ["a"] = 1 } });
        Assert.NotEqual(one, Samples.Notebook() with { Metadata = new() { ["a"] = 2, ["b"] = new JsonObject() } });
    }
}
