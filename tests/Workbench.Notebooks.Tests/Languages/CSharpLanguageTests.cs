using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Languages;

public sealed class CSharpLanguageTests : IDisposable
{
    private readonly TestNotebook notebook = new();

    public void Dispose() => notebook.Dispose();

    [Fact]
    public async Task Null_is_a_value()
    {
        Assert.Equal("null", await notebook.Value("(string)null"));
        Assert.Null(await notebook.Value("string s = null;"));
    }

    [Theory]
    [InlineData(5, "n + 1", "6")]
    [InlineData("text", "n.Length", "4")]
    [InlineData(new[] { 1, 2 }, "n.Sum()", "3")]
    [InlineData(null, "n is null", "True")]
    public async Task A_variable_set_from_outside_has_its_own_type(object? value, string code, string expected)
    {
        await notebook.Session.SetAsync("csharp", "n", value);
        Assert.Equal(expected, await notebook.Value(code), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(value, notebook.Session.Get("csharp", "n"));
    }

    [Fact]
    public async Task Generic_nested_and_tuple_types_are_declared_as_such()
    {
        await notebook.Session.SetAsync("csharp", "map", new Dictionary<string, List<(int, double)?[]>> { ["a"] = [[(1, 2.5), null]] });
        Assert.Equal("2.5", await notebook.Value("map[\"a\"][0][0].Value.Item2"));
        await notebook.Session.SetAsync("csharp", "keys", new Dictionary<int, string> { [3] = "" }.Keys);
        Assert.Equal("3", await notebook.Value("keys.First()"));
        await notebook.Session.SetAsync("csharp", "jagged", new int[1, 2][] { { [7], [] } });
        Assert.Equal("7", await notebook.Value("jagged[0, 0][0]"));
    }

    [Fact]
    public async Task A_type_of_a_cell_that_a_later_cell_hides_is_dynamic()
    {
        await notebook.Value("record Point(int X); var p = new Point(4);");
        object? old = notebook.Session.Get("csharp", "p");
        await notebook.Session.SetAsync("csharp", "q", old);
        Assert.Equal("4", await notebook.Value("q.X"));
        await notebook.Value("record Point(string Y);");
        await notebook.Session.SetAsync("csharp", "r", old);
        Assert.Equal("4", await notebook.Value("r.X"));
    }

    [Fact]
    public async Task A_private_type_is_dynamic()
    {
        await notebook.Session.SetAsync("csharp", "hidden", new Hidden(8));
        Assert.Contains("8", await notebook.Value("hidden.ToString()"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1a")]
    [InlineData("a b")]
    [InlineData("class")]
    [InlineData("x; Environment.Exit(1); int y")]
    public async Task A_name_that_is_no_identifier_is_refused(string name)
    {
        CellException error = await Assert.ThrowsAsync<CellException>(() => notebook.Session.SetAsync("csharp", name, 1));
        Assert.Equal("InvalidName", error.Kind);
    }

    [Fact]
    public async Task Arrays_and_delegates_are_the_same_types_in_every_cell()
    {
        await notebook.Value("var xs = new[] { 1 }; Func<int[], Task<int>> sum = a => Task.FromResult(a.Sum());");
        await notebook.Value("xs = new[] { 10, 20 };");
        await notebook.Session.SetAsync("csharp", "ys", new List<int[]> { new[] { 5 } });
        Assert.Equal("30", await notebook.Value("ys.Add(xs);\nsum = async a => { await Task.Yield(); return a.Sum(); };\nawait sum(ys[1])"));
    }

    [Fact]
    public async Task Variables_are_the_latest_of_each_name()
    {
        await notebook.Value("var b = 1; var a = 2;");
        await notebook.Value("var b = \"new\";");
        IVariables csharp = (IVariables)(notebook.Session.Find("c#") ?? throw new InvalidOperationException());
        Assert.Equal([new("a", typeof(int), 2), new("b", typeof(string), "new")], csharp.Variables);
    }

    [Fact]
    public async Task A_compile_error_shows_line_text_and_caret_of_the_cell()
    {
        CellError error = await notebook.Error("var a = 1;\n#!csharp\n\n\tvar b = c;");
        Assert.Equal(["The name 'c' does not exist in the current context", "(4,10): error CS0103: The name 'c' does not exist in the current context", "    \tvar b = c;", "    \t        ^"], error.Traceback);
    }

    [Theory]
    [InlineData("return 5;", "5")]
    [InlineData("if (DateTime.Now.Year > 3) { return 5; }\nreturn 6;", "5")]
    [InlineData("int F() { return 5; }\nF();", null)]
    public async Task What_a_cell_returns_is_shown(string code, string? shown) => Assert.Equal(shown, await notebook.Value(code));

    [Fact]
    public async Task Using_directives_stay_and_await_works_at_top_level()
    {
        await notebook.Value("using System.Globalization;");
        Assert.Equal("5", await notebook.Value("await Task.Delay(1);\nvar n = await Task.FromResult(5);\nCultureInfo.InvariantCulture is null ? 0 : n"));
    }

    [Fact]
    public async Task An_async_void_exception_is_written_to_standard_error_and_the_session_goes_on()
    {
        await notebook.Value("async void Fail() { await Task.Yield(); throw new InvalidOperationException(\"stray\"); }\nFail();");
        while (!notebook.Output.Text(StreamName.Stderr).Contains("stray", StringComparison.Ordinal)) await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.Equal("2", await notebook.Value("1 + 1"));
    }

    [Fact]
    public async Task A_failed_task_nobody_awaited_is_written_to_standard_error()
    {
        while (!notebook.Output.Text(StreamName.Stderr).Contains("unseen", StringComparison.Ordinal))
            await notebook.Value("void Start() { Task.Run(() => throw new InvalidOperationException(\"unseen\")); }\nStart(); Thread.Sleep(20); GC.Collect(); GC.WaitForPendingFinalizers();");
    }

    [Fact]
    public async Task Load_and_reference_paths_begin_at_the_notebooks_folder()
    {
        Directory.CreateDirectory(Path.Combine(notebook.Folder, "sub"));
        await File.WriteAllTextAsync(Path.Combine(notebook.Folder, "sub", "a.csx"), "#load \"b.csx\"\nvar fromA = fromB + 1;", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(notebook.Folder, "sub", "b.csx"), "var fromB = 10;", TestContext.Current.CancellationToken);
        Assert.Equal("11", await notebook.Value("#load \"sub/a.csx\"\nfromA"));
        Assert.Equal("10", await notebook.Value("fromB"));
        CellError error = await notebook.Error("\n#load \"none.csx\"");
        Assert.StartsWith("Line 2: #load finds no file", error.Message, StringComparison.Ordinal);
        error = await notebook.Error("#r \"none.dll\"");
        Assert.StartsWith("Line 1: #r finds no file", error.Message, StringComparison.Ordinal);
        Assert.Null(await notebook.Value("#r \"System.Text.Json\""));
    }

    [Fact]
    public async Task A_type_that_names_a_formatter_source_shows_itself()
    {
        await notebook.Value("""
            [AttributeUsage(AttributeTargets.Class)]
            class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
            {
                public Type FormatterSourceType { get; } = formatterSourceType;
                public string[] PreferredMimeTypes { get; set; } = [];
            }
            class Source
            {
                public IEnumerable<object> CreateTypeFormatters() { yield return new Markup(); }
            }
            class Markup
            {
                public string MimeType => "text/html";
                public bool Format(object value, TextWriter writer) { writer.Write($"<b>{((Shown)value).N}</b>"); return true; }
            }
            [TypeFormatterSource(typeof(Source), PreferredMimeTypes = new[] { "text/html" })]
            public record Shown(int N);
            """);
        CellOutcome outcome = await notebook.Run("new Shown(3)");
        Assert.Equal("<b>3</b>", outcome.Result?.TextOf(MimeBundle.Html));
    }

    private sealed record Hidden(int N);
}
