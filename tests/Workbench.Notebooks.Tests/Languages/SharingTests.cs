using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Languages;

public sealed class SharingTests : IDisposable
{
    private readonly TestNotebook notebook = new();

    public void Dispose() => notebook.Dispose();

    [Fact]
    public async Task CSharp_values_go_to_FSharp_and_back_with_their_types()
    {
        await notebook.Value("var xs = new List<int> { 1, 2, 3 };");
        Assert.Equal("6", await notebook.Value("#!fsharp\n#!share xs --from csharp\nlet total = Seq.sum xs\ntotal"));
        Assert.Equal("12", await notebook.Value("#!share total --from fsharp --as twice\ntwice * 2"));
    }

    [Fact]
    public async Task A_query_reads_CSharp_and_FSharp_variables_and_its_result_is_a_CSharp_frame()
    {
        await notebook.Value("var left = new[] { new { Id = 1, Name = \"a\" }, new { Id = 2, Name = \"b\" } };");
        await notebook.Value("let right = [ {| Id = 2; Size = 7.5 |} ]", "fsharp");
        await notebook.Value("#!sql --name joined\nselect l.Name, r.Size from \"left\" l join \"right\" r using (Id)");
        Assert.Equal("b 7.5", await notebook.Value("joined.Rows.Count == 1 ? $\"{joined[\"Name\"][0]} {joined[\"Size\"][0]}\" : \"wrong\""));
    }

    [Fact]
    public async Task A_frame_goes_through_all_three_languages()
    {
        await notebook.Value("using Microsoft.Data.Analysis;\nvar frame = new DataFrame(new Int64DataFrameColumn(\"n\", new long[] { 3, 4 }));");
        Assert.Equal("2", await notebook.Value("#!fsharp\n#!share frame --from csharp\nframe.Rows.Count"));
        await notebook.Value("#!sql --name sums\nselect sum(n) as s from frame");
        Assert.Equal("7", await notebook.Value("#!fsharp\n#!share sums --from sql\nsums.[\"s\"].[0L]"));
        Assert.Equal("System.Int64", await notebook.Value("sums[\"s\"].DataType.ToString()"));
    }

    [Fact]
    public async Task FSharp_values_are_tables_under_a_name_given_by_share()
    {
        await notebook.Value("let numbers = [ 1 .. 10 ]", "fsharp");
        await notebook.Value("#!sql --name answer\n#!share numbers --from fsharp --as ns\nselect 1", "csharp");
        Assert.Equal("55", await notebook.Value("#!sql --name answer\nselect sum(value)::bigint as s from ns\n#!csharp\nanswer[\"s\"][0]"));
    }

    [Fact]
    public async Task A_name_that_is_none_in_the_target_is_refused()
    {
        await notebook.Value("let x' = 1", "fsharp");
        CellError error = await notebook.Error("#!share x' --from fsharp");
        Assert.Equal("UsageError", error.Name);
        error = await notebook.Error("#!share \"x'\" --from fsharp");
        Assert.Equal("InvalidName", error.Name);
        Assert.Equal("1", await notebook.Value("#!share \"x'\" --from fsharp --as x\nx"));
    }

    [Fact]
    public async Task A_variable_that_is_not_there_is_named_with_those_that_are()
    {
        await notebook.Value("var one = 1; var two = 2;");
        CellError error = await notebook.Error("#!fsharp\n\n#!share three --from csharp");
        Assert.Equal("MagicError", error.Name);
        Assert.Equal("Line 3: csharp has no variable 'three'; it has: one, two.", error.Message);
    }
}
