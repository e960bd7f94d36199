using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Magics;

public sealed class MagicTests : IDisposable
{
    private readonly TestNotebook notebook = new();

    public void Dispose() => notebook.Dispose();

    private Task Write(string file, string text) => File.WriteAllTextAsync(Path.Combine(notebook.Folder, file), text, TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("#!time now", "Line 1: #!time takes no argument 'now'. Usage: #!time")]
    [InlineData("#!share", "Line 1: #!share needs a name. Usage: #!share <name> --from <language> [--as <name>] [--mime-type <MIME type>]")]
    [InlineData("\n#!share x", "Line 2: #!share needs --from. Usage: #!share <name> --from <language> [--as <name>] [--mime-type <MIME type>]")]
    [InlineData("#!share x --from", "Line 1: #!share needs a language after --from. Usage: #!share <name> --from <language> [--as <name>] [--mime-type <MIME type>]")]
    [InlineData("#!share x --form sql", "Line 1: #!share has no option --form. Usage: #!share <name> --from <language> [--as <name>] [--mime-type <MIME type>]")]
    [InlineData("#!share x y --from sql", "Line 1: #!share takes one name, and 'y' is a second. Usage: #!share <name> --from <language> [--as <name>] [--mime-type <MIME type>]")]
    [InlineData("#!share x --from sql --from sql", "Line 1: #!share has --from twice. Usage: #!share <name> --from <language> [--as <name>] [--mime-type <MIME type>]")]
    [InlineData("#!fsharp --fast\n1", "Line 1: #!fsharp has no option --fast. Usage: #!fsharp")]
    [InlineData("#!sql --name\nselect 1", "Line 1: #!sql needs a variable after --name. Usage: #!sql [--name <variable>] [--as <table>]")]
    public async Task Wrong_arguments_are_told_with_the_usage(string code, string message)
    {
        CellError error = await notebook.Error(code);
        Assert.Equal(("UsageError", message), (error.Name, error.Message));
    }

    [Theory]
    [InlineData("#!shar x", "#!share")]
    [InlineData("#!Tine", "#!time")]
    [InlineData("#!cshrap", "#!csharp")]
    public async Task A_misspelt_magic_suggests_the_nearest(string code, string nearest) =>
        Assert.Contains($"Did you mean {nearest}?", (await notebook.Error(code)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task An_unlike_name_suggests_nothing() => Assert.DoesNotContain("Did you mean", (await notebook.Error("#!zzzzzzzz")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("5", "System.Int32 5")]
    [InlineData("5000000000", "System.Int64 5000000000")]
    [InlineData("2.5", "System.Double 2.5")]
    [InlineData("true", "System.Boolean True")]
    [InlineData("\"two words\"", "System.String two words")]
    [InlineData("'\"quoted\"'", "System.String quoted")]
    [InlineData("'[1, 2]'", "System.Text.Json.JsonElement [1, 2]")]
    [InlineData("@fsharp:f", "System.Int32 9")]
    public async Task Set_takes_JSON_text_and_variables(string value, string expected)
    {
        if (value[0] == '@') await notebook.Value("let f = 9", "fsharp");
        await notebook.Value("#!set --name x --value " + value);
        Assert.Equal(expected, await notebook.Value("FormattableString.Invariant($\"{x.GetType()} {x}\")"));
    }

    [Fact]
    public async Task Set_asks_the_user()
    {
        notebook.Output.Input.Enqueue("answer");
        Assert.Equal("answer", await notebook.Value("#!set --name x --value @input:\"Which one?\"\nx"));
    }

    [Fact]
    public async Task Set_with_a_MIME_type_gives_the_text_of_that_type() =>
        Assert.Equal("True", await notebook.Value("var h = HTML(\"<i>1</i>\");\n#!set --name t --value @csharp:h --mime-type text/html\nt.Contains(\"<i>1</i>\")"), StringComparer.OrdinalIgnoreCase);

    [Fact]
    public async Task Value_keeps_text_files_and_variables()
    {
        await Write("in.json", "{\"a\": 1}");
        Assert.Equal("line 1\nline 2", await notebook.Value("#!value --name inline\nline 1\nline 2\n#!csharp\n#!share inline --from value\ninline"));
        Assert.Equal("{\"a\": 1}", await notebook.Value("#!value --name file --from-file in.json\n#!csharp\n#!share file --from value\nfile"));
        Assert.Equal("7", await notebook.Value("var seven = 7;\n#!value --name kept --from-value @csharp:seven\n#!csharp\n#!share kept --from value --as k\nk"));
        await notebook.Value("#!value --name shown --mime-type text/html\n<b>x</b>");
        Assert.Equal("<b>x</b>", notebook.Output.Shown[^1].TextOf(MimeBundle.Html));
    }

    [Theory]
    [InlineData("#!value\ntext", "UsageError")]
    [InlineData("#!value --name x --from-file none.txt", "MagicError")]
    [InlineData("#!value --name x --from-file none.txt\ntext", "MagicError")]
    [InlineData("#!value --name x --from-value csharp", "MagicError")]
    [InlineData("#!value --name x --from-value @csharp:none", "MagicError")]
    [InlineData("#!share x --from klingon", "UnknownLanguage")]
    [InlineData("#!share x --from html", "MagicError")]
    [InlineData("#!set --name x --value @fsharp:none", "MagicError")]
    [InlineData("#!set --name 1x --value 1", "InvalidName")]
    [InlineData("#!set --name x", "UsageError")]
    [InlineData("#!import", "UsageError")]
    [InlineData("#!import none.csx", "MagicError")]
    [InlineData("#!lsmagic x", "UsageError")]
    [InlineData("#!who x", "UsageError")]
    [InlineData("#!whos --x", "UsageError")]
    [InlineData("#!about --x", "UsageError")]
    [InlineData("#!markdown --x\ntext", "UsageError")]
    public async Task What_is_wrong_with_a_magic_has_a_kind_and_a_line(string code, string kind)
    {
        CellError error = await notebook.Error(code);
        Assert.Equal(kind, error.Name);
        if (kind != "InvalidName") Assert.StartsWith("Line 1: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Time_is_shown_at_the_end_even_of_a_cell_that_fails()
    {
        Assert.Equal("3", await notebook.Value("#!time\nThread.Sleep(20);\n1 + 2"));
        string text = Assert.Single(notebook.Output.Shown).TextOf(MimeBundle.PlainText) ?? "";
        Assert.StartsWith("Wall time: ", text, StringComparison.Ordinal);
        Assert.InRange(double.Parse(text.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture), 19.9, 60_000);
        await notebook.Error("#!time\nthrow new InvalidOperationException();");
        Assert.Equal(2, notebook.Output.Shown.Count);
    }

    [Fact]
    public async Task Who_and_whos_list_the_variables_of_all_languages()
    {
        await notebook.Value("var n = 5; var list = new List<int[]>();");
        await notebook.Value("#!fsharp\nlet f = \"<text>\"\n#!who\n#!whos");
        Assert.Equal("csharp: list n\nfsharp: f\n", notebook.Output.Text(StreamName.Stdout));
        MimeBundle table = Assert.Single(notebook.Output.Shown);
        Assert.Contains("csharp list : List<Int32[]> = ", table.TextOf(MimeBundle.PlainText), StringComparison.Ordinal);
        Assert.Contains("fsharp f : String = <text>", table.TextOf(MimeBundle.PlainText), StringComparison.Ordinal);
        Assert.Contains("<td>&lt;text&gt;</td>", table.TextOf(MimeBundle.Html), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lsmagic_lists_every_language_alias_and_magic()
    {
        await notebook.Value("#!lsmagic");
        string text = notebook.Output.Text(StreamName.Stdout);
        string[] all = ["csharp", "c#", "fsharp", "f#", "sql", "markdown", "md", "html", "mermaid", "javascript", "js", "value", "set", "share", "time", "import", "who", "whos", "lsmagic", "about"];
        Assert.All(all, name => Assert.Contains("#!" + name, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task About_says_versions()
    {
        await notebook.Value("#!about");
        Assert.Contains($".NET: {Environment.Version}\n", notebook.Output.Text(StreamName.Stdout), StringComparison.Ordinal);
        Assert.Matches(@"DuckDB\.NET: \d+\.\d+", notebook.Output.Text(StreamName.Stdout));
    }

    [Fact]
    public async Task Import_runs_scripts_and_notebooks_in_their_languages()
    {
        await Write("a.csx", "var fromScript = 1;\n\"shown\"");
        await Write("b.fsx", "let fromFSharp = 2");
        await Write("c.dib", "#!csharp\n\nvar fromDib = 3;\n\n#!markdown\n\n# title\n\n#!fsharp\n\nlet inDib = 4\n");
        await Write("d.ipynb", """{"cells":[{"cell_type":"code","execution_count":null,"id":"a","metadata":{},"outputs":[],"source":["var fromIpynb = 5;"]}],"metadata":{},"nbformat":4,"nbformat_minor":5}""");
        await notebook.Value("#!import a.csx\n#!import b.fsx\n#!import c.dib\n#!import d.ipynb");
        Assert.Equal("9", await notebook.Value("fromScript + fromDib + fromIpynb"));
        Assert.Equal("6", await notebook.Value("fromFSharp + inDib", "fsharp"));
        Assert.Contains(notebook.Output.Shown, s => s.TextOf(MimeBundle.PlainText) == "shown");
    }

    [Fact]
    public async Task Import_says_where_it_went_wrong_and_refuses_itself()
    {
        await Write("bad.dib", "#!csharp\n\nvar a = 1;\n\n#!csharp\n\nvar b = nope;\n");
        CellError error = await notebook.Error("\n#!import bad.dib");
        Assert.StartsWith("Line 2: in bad.dib, cell 2: ", error.Message, StringComparison.Ordinal);
        await Write("self.csx", "#!import self.csx");
        Assert.Contains("imports itself", (await notebook.Error("#!import self.csx")).Message, StringComparison.Ordinal);
        await Write("x.txt", "");
        Assert.Contains("'x.txt' is none of these", (await notebook.Error("#!import x.txt")).Message, StringComparison.Ordinal);
        await Write("broken.ipynb", "{");
        Assert.StartsWith("Line 1: ", (await notebook.Error("#!import broken.ipynb")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Markup_is_shown_in_the_types_front_ends_know()
    {
        await notebook.Value("#!markdown\n# Title\n\n| a |\n|---|\n| `x` |\n#!html\n<i>1</i>\n#!javascript\nalert(1)");
        Assert.Equal(["text/markdown", "text/html", "text/plain"], notebook.Output.Shown[0].Keys);
        Assert.Contains("<h1>Title</h1>", notebook.Output.Shown[0].TextOf("text/html"), StringComparison.Ordinal);
        Assert.Contains("<code>x</code>", notebook.Output.Shown[0].TextOf("text/html"), StringComparison.Ordinal);
        Assert.Equal("<i>1</i>", notebook.Output.Shown[1].TextOf("text/html"));
        Assert.Contains("alert(1)", notebook.Output.Shown[2].TextOf("application/javascript"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task JavaScript_gets_shared_values_as_JSON()
    {
        await notebook.Value("var data = new[] { new { x = 1, y = \"a\" } };");
        await notebook.Value("#!javascript\n#!share data --from csharp\nconsole.log(data)");
        Assert.Contains("const data = [{\"x\":1,\"y\":\"a\"}];\nconsole.log(data)", notebook.Output.Shown[0].TextOf("application/javascript"), StringComparison.Ordinal);
        CellError error = await notebook.Error("Action act = () => {};\n#!js\n#!share act --from csharp");
        Assert.Equal("MagicError", error.Name);
    }

    [Fact]
    public async Task The_value_of_every_part_of_a_cell_is_shown()
    {
        Assert.Equal("3", await notebook.Value("1\n#!fsharp\n2\n#!csharp\n3"));
        Assert.Equal(["1", "2"], notebook.Output.Shown.Select(s => s.TextOf(MimeBundle.PlainText)));
    }

    [Theory]
    [InlineData("hwo", "who")]
    [InlineData("tiem", "time")]
    public async Task Two_letters_that_changed_places_are_one_slip(string wrong, string meant) =>
        Assert.Contains($"Did you mean #!{meant}?", (await notebook.Error("#!" + wrong)).Message, StringComparison.Ordinal);
}
