using System.Text.Json.Nodes;
using CsCheck;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Running;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Documents;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Running;

public sealed class NotebookParametersTests
{
    private static NotebookDocument With(string defaults, string? language = null)
    {
        NotebookCell cell = Samples.Code(defaults, "parameters");
        if (language is not null) cell.Metadata["polyglot_notebook"] = new JsonObject { ["kernelName"] = language };
        return Samples.Notebook(Samples.Markdown("# T"), cell, Samples.Code("1"));
    }

    private static NotebookDocument Inject(NotebookDocument document, params string[] values) => NotebookParameters.Inject(document, [.. values.Select(ParameterValue.Parse)]);

    private static string Line(string defaults, string value, string? language = null) => Inject(With(defaults, language), value).Cells[2].Source.Split('\n')[1];

    [Theory]
    [InlineData("var n = 1;", "n=7", "var n = 7;")]
    [InlineData("var n = 1;", "n=-7", "var n = -7;")]
    [InlineData("var n = 1;", "n=0x10", "var n = 16;")]
    [InlineData("var n = 1;", "n=7000000000", "var n = 7000000000L;")]
    [InlineData("var n = 1L;", "n=7", "var n = 7L;")]
    [InlineData("long n = 1;", "n=7", "long n = 7;")]
    [InlineData("var n = -1.5;", "n=2", "var n = 2.0;")]
    [InlineData("double n = 1;", "n=2", "double n = 2.0;")]
    [InlineData("float n = 1;", "n=0.5", "float n = 0.5f;")]
    [InlineData("var n = 1m;", "n=2", "var n = 2m;")]
    [InlineData("var n = 1.0;", "n=1e300", "var n = 1E+300;")]
    [InlineData("var n = true;", "n=False", "var n = false;")]
    [InlineData("var n = \"a\";", "n=7", "var n = \"7\";")]
    [InlineData("var n = \"a\";", "n=\"7\"", "var n = \"7\";")]
    [InlineData("string n = null;", "n=a\"b\\c=d", "string n = \"a\\\"b\\\\c=d\";")]
    [InlineData("string? n = \"a\";", "n=null", "string? n = null;")]
    [InlineData("var n = $\"a\";", "n=", "var n = \"\";")]
    [InlineData("var n = new[] { 1, 2 };", "n=[3,4]", "var n = new[] { 3, 4 };")]
    [InlineData("var n = new[] { 1.5, 2 };", "n=[3,4]", "var n = new[] { 3.0, 4.0 };")]
    [InlineData("int[] n = [1];", "n=[]", "int[] n = [];")]
    [InlineData("var n = new[] { \"a\" };", "n=[]", "var n = new string[0];")]
    [InlineData("var n = new double[] { 1 };", "n=[]", "var n = new double[0];")]
    [InlineData("var n = TimeSpan.Zero;", "n=[1,2.5]", "var n = new[] { 1.0, 2.5 };")]
    [InlineData("var n = TimeSpan.Zero;", "n=[1,\"a\"]", "var n = new object?[] { 1, \"a\" };")]
    [InlineData("var n = TimeSpan.Zero;", "n={\"a\":1}", "var n = new Dictionary<string, object?> { [\"a\"] = 1 };")]
    [InlineData("var n = TimeSpan.Zero;", "n=word", "var n = \"word\";")]
    [InlineData("int m = 3, n = 1; // two", "n=7", "int n = 7;")]
    [InlineData("int n; n = 1;", "n=7", "var n = 7;")]
    public void A_value_is_written_as_the_default_is(string defaults, string value, string line) => Assert.Equal(line, Line(defaults, value));

    [Theory]
    [InlineData("int n = 1;", "n=99999999999", "99999999999 does not fit; int goes from -2147483648 to 2147483647.")]
    [InlineData("uint n = 1;", "n=-1", "-1 does not fit; uint goes from 0 to 4294967295.")]
    [InlineData("byte? n = 1;", "n=300", "300 does not fit; byte goes from 0 to 255.")]
    [InlineData("ulong n = 1;", "n=-1", "-1 does not fit; ulong goes from 0 to 18446744073709551615.")]
    [InlineData("short[] n = [1];", "n=[1,40000]", "40000 does not fit; short goes from -32768 to 32767.")]
    [InlineData("char n = 'a';", "n=b", "'b' cannot be a char;")]
    [InlineData("TimeSpan n = TimeSpan.Zero;", "n=5", "'5' cannot be a TimeSpan;")]
    public void A_value_outside_of_the_parameters_type_is_refused(string defaults, string value, string says) =>
        Assert.StartsWith("Parameter n: " + says, Assert.Throws<ArgumentException>(() => Inject(With(defaults), value)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_value_at_the_edge_of_the_type_fits() => Assert.Equal("ulong n = 9223372036854775807L;", Line("ulong n = 1;", "n=9223372036854775807"));

    [Theory]
    [InlineData("let n = 1", "n=7", "let n = 7")]
    [InlineData("let mutable n = 1L // long", "n=7", "let n = 7")]
    [InlineData("let n = 1L", "n=7", "let n = 7L")]
    [InlineData("let n: float = 1.0", "n=7", "let n: float = 7.0")]
    [InlineData("let n = \"a\"", "n=7", "let n = \"7\"")]
    [InlineData("let n = [| 1; 2 |]", "n=[3]", "let n = [| 3 |]")]
    [InlineData("let n = [1.0]", "n=[3]", "let n = [ 3.0 ]")]
    [InlineData("let n = false", "n=true", "let n = true")]
    public void F_sharp_is_written_too(string defaults, string value, string line) => Assert.Equal(line, Line(defaults, value, "fsharp"));

    [Theory]
    [InlineData("var n = 1;", "n=1.5", "Parameter n: '1.5' is not a whole number; the notebook has 1.")]
    [InlineData("var n = 1;", "n=many", "Parameter n: 'many' is not a whole number; the notebook has 1.")]
    [InlineData("var n = 1.5;", "n=many", "Parameter n: 'many' is not a number; the notebook has 1.5.")]
    [InlineData("var n = true;", "n=1", "Parameter n: '1' is not true or false; the notebook has true.")]
    [InlineData("var n = new[] { 1 };", "n=1", "Parameter n: '1' is not a JSON list of whole numbers; the notebook has new[] { 1 }.")]
    [InlineData("var n = new[] { 1 };", "n=[\"a\"]", "is not a JSON list of whole numbers")]
    [InlineData("var n = 1; var other = 2;", "m=1", "There is no parameter 'm'; the parameters cell (cell 2) assigns n, other.")]
    [InlineData("// none", "m=1", "There is no parameter 'm'; the parameters cell (cell 2) assigns nothing.")]
    [InlineData("var n = 1;", "n", "write name=value")]
    [InlineData("var n = 1;", "n m=1", "write name=value")]
    [InlineData("var n = 1;", "n=[1", "begins like a JSON text, list or object and is none")]
    [InlineData("var n = 1;", "n=99999999999999999999", "is too large for a number")]
    [InlineData("var n = 1;", "n=1e999", "is too large for a number")]
    public void A_value_that_does_not_fit_is_refused(string defaults, string value, string says) => Assert.Contains(says, Assert.Throws<ArgumentException>(() => Inject(With(defaults), value)).Message, StringComparison.Ordinal);

    [Fact]
    public void Values_go_into_a_cell_after_the_defaults_and_replace_those_of_an_earlier_run()
    {
        NotebookDocument once = Inject(With("var a = 1; var b = 2;"), "a=3");
        Assert.Equal(["cell-1", "cell-2", "injected-parameters", "cell-3"], once.Cells.Select(c => c.Id));
        Assert.True(once.Cells[2].HasTag("injected-parameters"));
        NotebookDocument twice = Inject(once, "b=4");
        Assert.Equal(4, twice.Cells.Count);
        Assert.Equal("// Parameters\nvar b = 4;", twice.Cells[2].Source);
        Assert.Same(once, NotebookParameters.Inject(once, []));
    }

    [Fact]
    public void Without_defaults_values_go_to_the_top()
    {
        NotebookDocument document = Inject(Samples.Notebook(Samples.Markdown("# T"), Samples.Code("n")), "n=1");
        Assert.Equal("// Parameters\nvar n = 1;", document.Cells[0].Source);
        Assert.Null(NotebookParameters.Declared(Samples.Notebook(Samples.Code("n"))));
    }

    [Fact]
    public void The_cell_speaks_the_language_of_the_defaults()
    {
        NotebookDocument byMagic = Inject(With("#!fsharp\nlet n = 1"), "n=2");
        Assert.Equal("#!fsharp\n// Parameters\nlet n = 2", byMagic.Cells[2].Source);
        NotebookDocument byMetadata = Inject(With("let n = 1", "fsharp"), "n=2");
        Assert.Equal(("// Parameters\nlet n = 2", "fsharp"), (byMetadata.Cells[2].Source, CellLanguages.Of(byMetadata, byMetadata.Cells[2])));
        Assert.Contains("sql", Assert.Throws<ArgumentException>(() => Inject(With("x", "sql"), "n=2")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_gives_typed_values()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, """{"a": 2, "b": "7"}""");
            NotebookDocument document = NotebookParameters.Inject(With("var a = 1.0; var b = \"\";"), ParameterValue.ReadFile(path));
            Assert.Equal("// Parameters\nvar a = 2.0;\nvar b = \"7\";", document.Cells[2].Source);
            File.WriteAllText(path, "[1]");
            Assert.Contains("an object with a member for each parameter", Assert.Throws<ArgumentException>(() => ParameterValue.ReadFile(path)).Message, StringComparison.Ordinal);
            File.WriteAllText(path, "{");
            Assert.Contains("line 1", Assert.Throws<NotebookFormatException>(() => ParameterValue.ReadFile(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Code_has_the_value_that_was_given()
    {
        // One session for many values: a compiler's start would be most of the time.
        using NotebookSession session = new();
        RecordedOutput output = new();
        Gen<JsonNode> leaf = Gen.OneOf(Gen.Long.Select(v => (JsonNode)v), Gen.Int.Select(v => (JsonNode)v), Gen.Double.Where(double.IsFinite).Select(v => (JsonNode)v), Gen.Bool.Select(v => (JsonNode)v), Gen.Char.Where(c => !char.IsSurrogate(c)).Array[0, 6].Select(c => (JsonNode)new string(c)));
        await leaf.Array[1, 20].SampleAsync(async values =>
        {
            string code = string.Concat(values.Select((v, i) => ParameterCode.CSharp(new($"v{i}", v.DeepClone()), null) + "\n")) + "System.Text.Json.JsonSerializer.Serialize(new object?[] { " + string.Join(", ", values.Select((_, i) => "v" + i)) + " })";
            CellOutcome outcome = await session.RunAsync(code, "csharp", output, TestContext.Current.CancellationToken);
            Assert.True(outcome.Error is null, $"{outcome.Error?.Message}\n{code}");
            JsonArray back = JsonNode.Parse(outcome.Result!.TextOf(MimeBundle.PlainText)!)!.AsArray();
            for (int i = 0; i < values.Length; i++) Assert.True(Same(values[i], back[i]!), $"{values[i].ToJsonString()} came back as {back[i]!.ToJsonString()}");
        }, iter: 15, threads: 1);
    }

    private static bool Same(JsonNode given, JsonNode back) => given.GetValueKind() == System.Text.Json.JsonValueKind.Number
        ? double.Parse(given.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture).Equals(double.Parse(back.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)) : JsonNode.DeepEquals(given, back);
}
