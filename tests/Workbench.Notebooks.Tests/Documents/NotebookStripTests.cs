using System.Text.Json.Nodes;
using CsCheck;
using Workbench.Notebooks.Documents;
using Xunit;

namespace Workbench.Notebooks.Tests.Documents;

public sealed class NotebookStripTests
{
    [Fact]
    public void What_a_run_put_in_goes_and_what_the_author_wrote_stays()
    {
        NotebookCell cell = Samples.Code("1", "parameters");
        NotebookCell ran = cell with { ExecutionCount = 3, Outputs = [new JsonObject()], Metadata = (JsonObject)cell.Metadata.DeepClone() };
        ran.Metadata["execution"] = new JsonObject();
        ran.Metadata["scrolled"] = true;
        NotebookDocument document = Samples.Notebook(ran) with { Metadata = new() { ["widgets"] = 1, ["kernelspec"] = new JsonObject() } };
        Assert.Equal(Samples.Notebook(cell) with { Metadata = new() { ["kernelspec"] = new JsonObject() } }, NotebookStrip.Strip(document));
        Assert.Single(ran.Outputs);
    }

    [Fact]
    public void Stripping_twice_changes_nothing_more() => Samples.Documents.Sample(document =>
    {
        NotebookDocument once = NotebookStrip.Strip(document);
        return NotebookStrip.Strip(once).Equals(once) && once.Cells.Select(c => c.Source).SequenceEqual(document.Cells.Select(c => c.Source));
    });
}
