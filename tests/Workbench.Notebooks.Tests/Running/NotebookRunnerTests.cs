using System.Text.Json.Nodes;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Running;
using Workbench.Notebooks.Tests.Documents;
using Xunit;

namespace Workbench.Notebooks.Tests.Running;

public sealed class NotebookRunnerTests
{
    private static Task<RunReport> Run(params NotebookCell[] cells) => NotebookRunner.RunAsync(Samples.Notebook(cells), null, TestContext.Current.CancellationToken);

    private static Task<RunReport> Run(RunOptions options, params NotebookCell[] cells) => NotebookRunner.RunAsync(Samples.Notebook(cells), options, TestContext.Current.CancellationToken);

    private static IReadOnlyList<JsonObject> Outputs(RunReport report, int number) => report.Document.Cells[number - 1].Outputs;

    private static string Text(JsonNode? lines) => string.Concat(((JsonArray)lines!).Select(l => l!.GetValue<string>()));

    private static string Plain(JsonObject output) => Text(output["data"]!["text/plain"]);

    [Fact]
    public async Task Cells_run_top_to_bottom_in_one_session_and_leave_their_outputs()
    {
        RunReport report = await Run(Samples.Markdown("# T"), Samples.Code("var n = 41;\nConsole.Write(\"a\\nb\"); Console.Write(\"c\\n\"); Console.Error.Write(\"e\");\nn + 1"), Samples.Code("n") with { Outputs = [new JsonObject()], ExecutionCount = 9 });
        Assert.Null(report.FirstFailure);
        Assert.Equal(["stream", "stream", "execute_result"], Outputs(report, 2).Select(o => o["output_type"]!.GetValue<string>()));
        Assert.Equal(["stdout", "stderr"], Outputs(report, 2).Take(2).Select(o => o["name"]!.GetValue<string>()));
        Assert.Equal("""["a\n","bc\n"]""", Outputs(report, 2)[0]["text"]!.ToJsonString());
        Assert.Equal("42", Plain(Outputs(report, 2)[2]));
        Assert.Equal("41", Plain(Assert.Single(Outputs(report, 3))));
        Assert.Equal([null, 1L, 2L], report.Document.Cells.Select(c => c.ExecutionCount));
        Assert.Equal(2, Outputs(report, 3)[0]["execution_count"]!.GetValue<long>());
        Assert.Equal([(2, 3), (3, 1)], report.Cells.Select(c => (c.Number, c.Outputs)));
    }

    [Fact]
    public async Task A_run_stops_at_the_first_error_and_keeps_what_ran()
    {
        RunReport report = await Run(Samples.Code("1"), Samples.Code("\nthrow new InvalidOperationException(\"no\");"), Samples.Code("3") with { Outputs = [new JsonObject()] });
        Assert.Equal((2, "System.InvalidOperationException"), (report.FirstFailure!.Number, report.FirstFailure.Error!.Name));
        Assert.Equal([CellRunStatus.Ok, CellRunStatus.Failed, CellRunStatus.NotRun], report.Cells.Select(c => c.Status));
        Assert.Equal("error", Outputs(report, 2)[0]["output_type"]!.GetValue<string>());
        Assert.Equal("no", Outputs(report, 2)[0]["evalue"]!.GetValue<string>());
        Assert.Empty(Outputs(report, 3));
    }

    [Fact]
    public async Task Errors_may_be_allowed_for_all_cells_or_for_one()
    {
        RunReport all = await Run(new RunOptions { AllowErrors = true }, Samples.Code("throw new Exception();"), Samples.Code("2"));
        Assert.Equal([CellRunStatus.Failed, CellRunStatus.Ok], all.Cells.Select(c => c.Status));
        Assert.Equal(1, all.FirstFailure?.Number);
        RunReport one = await Run(Samples.Code("throw new Exception();", "raises-exception"), Samples.Code("2"));
        Assert.Equal([CellRunStatus.ExpectedError, CellRunStatus.Ok], one.Cells.Select(c => c.Status));
        Assert.Null(one.FirstFailure);
    }

    [Fact]
    public async Task A_cell_tagged_skip_execution_stays_as_it_was()
    {
        JsonObject kept = new() { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = new JsonArray("old") };
        RunReport report = await Run(Samples.Code("throw new Exception();", "skip-execution") with { Outputs = [kept] }, Samples.Code("2"));
        Assert.Equal([CellRunStatus.Skipped, CellRunStatus.Ok], report.Cells.Select(c => c.Status));
        Assert.True(JsonNode.DeepEquals(kept, Assert.Single(Outputs(report, 1))));
        Assert.Equal(1, report.Document.Cells[1].ExecutionCount);
    }

    [Theory]
    [InlineData("var a = 1;\nvar b = c;", "CompileError", 2)]
    [InlineData("\n#!nonsense", "UnknownMagic", 2)]
    [InlineData("int zero = 0;\nint b = 1 / zero;", "System.DivideByZeroException", 2)]
    [InlineData("int F(int a) =>\n 1 / a;\n\nF(0)", "System.DivideByZeroException", 2)]
    [InlineData("\nThread t = new(() =>\n throw new TimeoutException());\nt.Start(); t.Join();", "System.TimeoutException", 3)]
    [InlineData("\nJsonNodeOf(1);\nstatic object JsonNodeOf(int n) => System.Text.Json.JsonDocument.Parse(\"{\");", "System.Text.Json.JsonReaderException", 3)]
    [InlineData("#!fsharp\nlet zero = 0\nlet b = 1 / zero", "System.DivideByZeroException", 3)]
    public async Task An_error_names_its_line_in_the_cell(string source, string kind, int line)
    {
        RunReport report = await Run(Samples.Code(source));
        Assert.Equal((kind, line), (report.FirstFailure!.Error!.Name, report.FirstFailure.ErrorLine));
    }

    [Fact]
    public async Task A_frame_in_a_function_of_an_earlier_cell_is_not_taken_for_a_line_of_this_one()
    {
        RunReport report = await Run(Samples.Code("\n\nint F(int a) => 1 / a;"), Samples.Code("\nF(0)"));
        Assert.Equal((2, 2), (report.FirstFailure!.Number, report.FirstFailure.ErrorLine));
        Assert.Equal(["System.DivideByZeroException: Attempted to divide by zero.", "   at cell.F(Int32 a) in an earlier cell:line 3", "   at cell in cell:line 2"], report.FirstFailure.Error!.Traceback);
    }

    [Fact]
    public async Task A_thread_that_fails_makes_its_cell_fail_and_the_next_one_is_not_run()
    {
        RunReport report = await Run(Samples.Code("Thread t = new(() => throw new Exception(\"boo\")); t.Start(); t.Join(); 1"), Samples.Code("2"));
        Assert.Equal([CellRunStatus.Failed, CellRunStatus.NotRun], report.Cells.Select(c => c.Status));
        Assert.Equal("A thread of the cell failed: boo", report.FirstFailure!.Error!.Message);
    }

    [Fact]
    public async Task An_unknown_language_is_the_cells_error()
    {
        RunReport report = await Run(Samples.Code("x") with { Metadata = new() { ["polyglot_notebook"] = new JsonObject { ["kernelName"] = "cobol" } } });
        Assert.Contains("cobol", report.FirstFailure!.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cell_that_takes_too_long_ends_the_run_even_where_errors_are_allowed()
    {
        RunReport report = await Run(new RunOptions { AllowErrors = true, Timeout = TimeSpan.FromSeconds(2) }, Samples.Code("while (true) { Interrupted.ThrowIfCancellationRequested(); }"), Samples.Code("2"));
        Assert.Equal([CellRunStatus.TimedOut, CellRunStatus.NotRun], report.Cells.Select(c => c.Status));
        Assert.Contains("Cell 1 did not end within 2 s.", report.FirstFailure!.Error!.Message, StringComparison.Ordinal);
        Assert.False(report.IsInterrupted);
    }

    [Fact]
    public async Task A_cancelled_run_keeps_what_ran()
    {
        using CancellationTokenSource stop = new();
        RunOptions options = new() { OnStep = step => { if (step.Id == "cell-2") stop.CancelAfter(200); } };
        RunReport report = await NotebookRunner.RunAsync(Samples.Notebook(Samples.Code("1"), Samples.Code("Console.Write(\"so far\"); while (true) { Interrupted.ThrowIfCancellationRequested(); }"), Samples.Code("3")), options, stop.Token);
        Assert.True(report.IsInterrupted);
        Assert.Null(report.FirstFailure);
        Assert.Equal([CellRunStatus.Ok, CellRunStatus.Interrupted, CellRunStatus.NotRun], report.Cells.Select(c => c.Status));
        Assert.Equal("1", Plain(Outputs(report, 1)[0]));
    }

    [Fact]
    public async Task A_display_is_replaced_in_the_cell_that_showed_it()
    {
        RunReport report = await Run(Samples.Code("var shown = display(\"old\"); display(\"other\");"), Samples.Code("shown.Update(\"new\"); 2"));
        Assert.Equal(["new", "other"], Outputs(report, 1).Select(Plain));
        Assert.Equal("2", Plain(Assert.Single(Outputs(report, 2))));
    }

    [Theory]
    [InlineData("Console.Write(1); clear_output(); Console.Write(2);", "2")]
    [InlineData("Console.Write(1); clear_output(true); Console.Write(2);", "2")]
    [InlineData("Console.Write(1); clear_output(true);", "1")]
    [InlineData("Console.Write(1); clear_output();", "")]
    public async Task Outputs_are_cleared_at_once_or_by_the_next_one(string source, string left) =>
        Assert.Equal(left, string.Concat(Outputs(await Run(Samples.Code(source)), 1).Select(o => Text(o["text"]))));

    [Fact]
    public async Task Nobody_can_be_asked_for_input()
    {
        RunReport report = await Run(Samples.Code("GetInput(\"your name?\")"));
        Assert.Contains("your name?", report.FirstFailure!.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_runs_give_the_same_bytes_and_times_only_when_asked_for()
    {
        NotebookCell[] cells = [Samples.Code("var d = display(\"a\"); display(new[] { 1, 2 }); Console.Write(\"x\");"), Samples.Code("d.Update(\"b\"); throw new Exception(\"e\");")];
        string first = Ipynb.Write((await Run(cells)).Document);
        Assert.Equal(first, Ipynb.Write((await Run(cells)).Document));
        Assert.DoesNotContain("execute_input", first, StringComparison.Ordinal);
        RunReport timed = await Run(new RunOptions { Timings = true }, cells);
        Assert.Matches("^....-..-..T..:..:..\\.......Z$", timed.Document.Cells[0].Metadata["execution"]!["iopub.execute_input"]!.GetValue<string>());
        Assert.Equal(first.Length, Ipynb.Write(timed.Document with { Cells = [.. timed.Document.Cells.Select(c => c with { Metadata = [] })] }).Length);
    }

    [Fact]
    public async Task Cells_are_numbered_as_in_the_document_that_was_given()
    {
        RunOptions options = new() { Parameters = [ParameterValue.Parse("n=2")], AllowErrors = true };
        RunReport first = await Run(options, Samples.Markdown("# T"), Samples.Code("var n = 1;", "parameters"), Samples.Code("n"));
        Assert.Equal([(2, "cell-2"), (0, "injected-parameters"), (3, "cell-3")], first.Cells.Select(c => (c.Number, c.Id)));
        Assert.Equal("2", Plain(Assert.Single(Outputs(first, 4))));
        RunReport second = await NotebookRunner.RunAsync(first.Document, options, TestContext.Current.CancellationToken);
        Assert.Equal([(2, "cell-2"), (3, "injected-parameters"), (4, "cell-3")], second.Cells.Select(c => (c.Number, c.Id)));
    }

    [Fact]
    public async Task Every_cell_is_announced_with_its_comment_or_the_heading_above_it()
    {
        List<RunStep> steps = [];
        await Run(new RunOptions { OnStep = steps.Add }, Samples.Code("1"), Samples.Markdown("## Part"), Samples.Code("2"), Samples.Code("// Own words\n3"));
        Assert.Equal([new(0, 3, "cell-1", "1"), new(1, 3, "cell-3", "Part"), new(2, 3, "cell-4", "Own words"), new(3, 3, "", "")], steps);
    }
}
