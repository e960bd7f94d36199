using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Languages;

public sealed class FSharpLanguageTests : IDisposable
{
    private readonly TestNotebook notebook = new();

    public void Dispose() => notebook.Dispose();

    private Task<string?> Value(string code) => notebook.Value(code, "fsharp");

    [Fact]
    public async Task Declarations_stay_and_the_last_expression_is_the_result()
    {
        Assert.Null(await Value("let x = 20\nlet f a = a + 1"));
        Assert.Equal("42", await Value("f x * 2"));
        Assert.Null(await Value("printfn \"x is %d\" x"));
        Assert.Equal("x is 20\n", notebook.Output.Text(StreamName.Stdout).ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Values_are_displayed_with_the_names_of_CSharp()
    {
        await Value("display 1 |> ignore\n(2).Display() |> ignore\nHTML(\"<b>3</b>\")");
        Assert.Equal(["1", "2"], notebook.Output.Shown.Select(s => s.TextOf(MimeBundle.PlainText)));
    }

    [Fact]
    public async Task An_error_names_line_and_column_of_the_cell()
    {
        CellError error = await notebook.Error("let fine = 1\n#!fsharp\n\nlet y = nope + 1", "fsharp");
        Assert.Equal("CompileError", error.Name);
        Assert.Contains("(4,9): error FS0039", string.Join('\n', error.Traceback), StringComparison.Ordinal);
        error = await notebook.Error("let z = )", "fsharp");
        Assert.Equal("CompileError", error.Name);
    }

    [Fact]
    public async Task An_exception_is_the_cells_error_and_what_ran_before_it_stays()
    {
        CellError error = await notebook.Error("let mutable kept = 7\nkept <- 8\ninvalidOp \"no\" |> ignore", "fsharp");
        Assert.Equal(("System.InvalidOperationException", "no"), (error.Name, error.Message));
        Assert.DoesNotContain(error.Traceback, l => l.Contains("FSharp.Compiler", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Completion_knows_earlier_cells_and_namespaces()
    {
        await Value("let harvests = [ 1; 2 ]");
        ICodeAssistant assistant = (ICodeAssistant)(notebook.Session.Find("fsharp") ?? throw new InvalidOperationException());
        CompletionSet set = await assistant.CompleteAsync("List.len", 8, TestContext.Current.CancellationToken);
        Assert.Equal((5, 8), (set.Start, set.End));
        Assert.Contains(set.Items, i => i.Text == "length");
        set = await assistant.CompleteAsync("harv", 4, TestContext.Current.CancellationToken);
        Assert.Contains(set.Items, i => i.Text == "harvests");
    }

    [Theory]
    [InlineData("System.Console.Write(\"once\")\nfailwith \"boo\"")]
    [InlineData("let a = (System.Console.Write(\"once\"); 1)\nfailwith \"boo\"")]
    [InlineData("let a = 1\nSystem.Console.Write(\"once\")\nmatch a with\n| _ -> failwith \"boo\"")]
    public async Task An_expression_of_any_type_fails_with_its_own_words_and_runs_once(string code)
    {
        CellError error = await notebook.Error(code, "fsharp");
        Assert.Equal(("boo", "once"), (error.Message, notebook.Output.Text(StreamName.Stdout)));
    }

    [Fact]
    public async Task An_interrupted_loop_comes_back_at_once_and_says_so_until_it_ends()
    {
        await Value("let mutable stop = false");
        using CancellationTokenSource interrupt = new();
        Task<CellOutcome> loop = notebook.Session.RunAsync("System.Console.Write(\"go\")\nwhile not Interrupted.IsCancellationRequested do ()\nSystem.Threading.Thread.Sleep 300", "fsharp", notebook.Output, interrupt.Token);
        while (notebook.Output.Text(StreamName.Stdout) != "go") await Task.Delay(5, TestContext.Current.CancellationToken);
        await interrupt.CancelAsync();
        Assert.Equal(CellStatus.Interrupted, (await loop).Status);
        CellOutcome next = await notebook.Run("1", "fsharp");
        while (next.Error?.Name == "Busy") next = await notebook.Run("1", "fsharp");
        Assert.Equal("1", next.Result?.TextOf(MimeBundle.PlainText));
    }
}
