using System.Text.Json.Nodes;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Running;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Documents;
using Xunit;

namespace Workbench.Notebooks.Tests.Running;

public sealed class NotebookCheckTests
{
    private static IReadOnlyList<string> Problems(params NotebookCell[] cells)
    {
        using NotebookSession session = new();
        return NotebookCheck.Problems(Samples.Notebook(cells), session);
    }

    [Fact]
    public void A_good_notebook_has_no_problems() => Assert.Empty(Problems(Samples.Markdown("#!x"), Samples.Code("var n = 1;", "parameters"), Samples.Code("#!lsmagic\n#!c#\nn")));

    [Fact]
    public void Every_problem_is_said_with_its_cell()
    {
        NotebookCell other = Samples.Code("x") with { Metadata = new() { ["dotnet_interactive"] = new JsonObject { ["language"] = "cobol" } } };
        IReadOnlyList<string> problems = Problems(Samples.Code("1") with { Id = "a b" }, Samples.Code("1") with { Id = "x" }, Samples.Code("\n#!nonsense") with { Id = "x" }, other, Samples.Code("f();", "parameters"), Samples.Code("var a = 1;", "parameters"));
        Assert.Equal(6, problems.Count);
        Assert.StartsWith("cell 1 (a b): an id is 1 to 64", problems[0], StringComparison.Ordinal);
        Assert.StartsWith("cell 3 (x): cell 2 has the same id.", problems[1], StringComparison.Ordinal);
        Assert.StartsWith("cell 3 (x): line 2: there is no magic #!nonsense", problems[2], StringComparison.Ordinal);
        Assert.StartsWith("cell 4 (cell-4): there is no language 'cobol'; there is csharp", problems[3], StringComparison.Ordinal);
        Assert.Equal("cell 5 (cell-5) is tagged 'parameters' and assigns nothing.", problems[4]);
        Assert.Equal("cell 6 (cell-6): cell 5 is tagged 'parameters' too; only the first one counts.", problems[5]);
    }
}
