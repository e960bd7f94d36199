using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Sessions;

public sealed class NotebookSessionTests : IDisposable
{
    private readonly NotebookSession session = new();
    private readonly RecordedOutput output = new();

    public void Dispose() => session.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<CellOutcome> Run(string code) => session.RunAsync(code, "csharp", output, Token);

    [Fact]
    public async Task The_value_of_the_last_expression_is_the_result()
    {
        CellOutcome outcome = await Run("var n = 41;\nn + 1");
        Assert.Equal(CellStatus.Ok, outcome.Status);
        Assert.Equal("42", outcome.Result?.TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public async Task A_cell_sees_what_earlier_ones_declared_and_may_declare_it_anew_with_another_type()
    {
        await Run("var n = 1;");
        await Run("var n = \"text\";");
        Assert.Equal("text", (await Run("n")).Result?.TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public async Task A_cell_that_ends_in_a_statement_or_in_void_has_no_result()
    {
        Assert.Null((await Run("1 + 1;")).Result);
        Assert.Null((await Run("Console.Write(\"x\")")).Result);
        Assert.Equal("x", output.Text(StreamName.Stdout));
    }

    [Fact]
    public async Task Streams_and_displays_keep_their_order()
    {
        await Run("Console.Write(1); display(2); Console.Error.Write(3); 4.Display();");
        Assert.Equal(["Stdout:1", "display display-1:2", "Stderr:3", "display display-2:4"], output.Events);
    }

    [Fact]
    public async Task An_exception_is_the_cells_error_and_what_ran_before_it_stays()
    {
        CellOutcome outcome = await Run("var kept = 7; throw new InvalidOperationException(\"no\");");
        Assert.Equal(CellStatus.Error, outcome.Status);
        Assert.Equal("System.InvalidOperationException", outcome.Error?.Name);
        Assert.Equal("7", (await Run("kept")).Result?.TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public async Task A_compile_error_names_line_and_column()
    {
        CellOutcome outcome = await Run("var a = 1;\nvar b = c;");
        Assert.Equal("CompileError", outcome.Error?.Name);
        Assert.Contains("(2,9)", string.Join('\n', outcome.Error!.Traceback), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_magic_names_the_known_ones()
    {
        CellOutcome outcome = await Run("#!nonsense");
        Assert.Equal("UnknownMagic", outcome.Error?.Name);
        Assert.Contains("#!lsmagic", outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_loop_is_interrupted_at_once_and_the_session_goes_on()
    {
        await Run("var stop = false; var before = 5;");
        using CancellationTokenSource interrupt = new();
        Task<CellOutcome> loop = session.RunAsync("Console.Write(\"go\"); while (!stop) Thread.Yield(); var before = 6;", "csharp", output, interrupt.Token);
        while (output.Text(StreamName.Stdout) != "go") await Task.Delay(5, Token);
        await interrupt.CancelAsync();
        Assert.Equal(CellStatus.Interrupted, (await loop).Status);
        Assert.Equal("5", (await Run("stop = true; before")).Result?.TextOf(MimeBundle.PlainText));
    }
}
