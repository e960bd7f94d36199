using CsCheck;
using Workbench.Notebooks.Cells;
using Xunit;

namespace Workbench.Notebooks.Tests.Cells;

public sealed class CellSplitterTests
{
    private static readonly string[] Languages = ["csharp", "c#", "fsharp", "sql", "markdown", "html"];

    private static IReadOnlyList<CellPart> Split(string code, string language = "csharp") => CellSplitter.Split(code, language, n => Languages.Contains(n, StringComparer.OrdinalIgnoreCase));

    [Fact]
    public void A_language_line_changes_the_language_below_it()
    {
        IReadOnlyList<CellPart> parts = Split("var a = 1;\n#!sql --name x\nselect 1\n\n  #!fsharp\nlet b = 1");
        Assert.Collection(parts,
            p => Assert.Equal(("csharp", "var a = 1;", 1, 0), Of(p)),
            p => Assert.Equal(("sql", "select 1\n", 3, 2), Of(p)),
            p => Assert.Equal(("fsharp", "let b = 1", 6, 5), Of(p)));
        Assert.Equal(["--name", "x"], ((CodePart)parts[1]).Options);

        static (string, string, int, int) Of(CellPart part) => part is CodePart code ? (code.Language, code.Code, code.FirstLine, code.LanguageLine) : default;
    }

    [Fact]
    public void A_magic_between_a_language_line_and_its_code_keeps_the_options()
    {
        IReadOnlyList<CellPart> parts = Split("#!sql --name x\n#!share t --from csharp\n\n#!time\nselect 1");
        Assert.Equal(["share", "time"], parts.OfType<MagicPart>().Select(m => m.Name));
        Assert.All(parts.OfType<MagicPart>(), m => Assert.Equal("sql", m.Language));
        CodePart code = Assert.Single(parts.OfType<CodePart>());
        Assert.Equal((5, 1), (code.FirstLine, code.LanguageLine));
        Assert.Equal(["--name", "x"], code.Options);
    }

    [Theory]
    [InlineData("csharp", "var s = \"\"\"\n#!sql\n\"\"\";")]
    [InlineData("csharp", "var s = $\"\"\"\n  {1}\n#!sql\n\"\"\";")]
    [InlineData("csharp", "var s = @\"\n#!sql\n\";")]
    [InlineData("csharp", "/*\n#!sql\n*/")]
    [InlineData("fsharp", "let s = \"\"\"\n#!sql\n\"\"\"")]
    [InlineData("fsharp", "let s = \"a \\\" \n#!sql\n\"")]
    [InlineData("fsharp", "(* (* *)\n#!sql\n*)")]
    [InlineData("markdown", "```\n#!sql\n```")]
    [InlineData("markdown", "~~~~ cs\n~~~\n#!sql\n~~~~")]
    [InlineData("html", "<!--\n#!sql\n-->")]
    [InlineData("html", "<pre class='x'>\n#!sql\n</pre>")]
    [InlineData("sql", "select '\n#!sql\n'")]
    [InlineData("sql", "/*\n#!sql\n*/ select 1")]
    [InlineData("csharp", "#!/usr/bin/env dotnet")]
    [InlineData("csharp", "// #!sql")]
    public void A_line_within_text_is_not_split(string language, string code) => Assert.Equal(code, ((CodePart)Assert.Single(Split(code, language))).Code);

    [Theory]
    [InlineData("csharp", "var s = \"/*\";")]
    [InlineData("csharp", "var s = \"\"\"a\"\"\"; // \"\"\"")]
    [InlineData("csharp", "var c = '\"'; // /*")]
    [InlineData("fsharp", "let c = '\"'")]
    [InlineData("fsharp", "let s = @\"a\\\"")]
    [InlineData("fsharp", "// (* \"")]
    [InlineData("fsharp", "let mul = (*) 2 3")]
    [InlineData("markdown", "```\nx\n```")]
    [InlineData("html", "<!-- x --><pre>y</pre><prelude>")]
    [InlineData("sql", "select 'it''s' -- don't")]
    public void A_line_after_text_that_is_closed_is_split(string language, string code) => Assert.Equal(2, Split(code + "\n#!csharp\n1", language).Count);

    [Fact]
    public void The_lines_of_any_cell_are_kept_in_order_and_in_place()
    {
        Gen<string> line = Gen.OneOf(Gen.OneOf("#!sql", "#!time", " #!fsharp", "#!share x --from \"c d", "\"\"\"", "/*", "*/", "```", "<!--", "-->", "#!", "@\"", "(*", "'", "", "  ", "#!markdown --x"), Gen.String);
        Gen.Select(line.Array[0, 12].Select(l => string.Join('\n', l)), Gen.OneOf("csharp", "fsharp", "sql", "markdown", "html", "nonsense")).Sample((code, language) =>
        {
            string[] lines = code.ReplaceLineEndings("\n").Split('\n');
            int next = 1;
            foreach (CellPart part in Split(code, language))
            {
                Assert.True(part.FirstLine >= next);
                // What no part holds is blank or a language's line.
                for (; next < part.FirstLine; next++) Assert.True(string.IsNullOrWhiteSpace(lines[next - 1]) || lines[next - 1].TrimStart().StartsWith("#!", StringComparison.Ordinal), lines[next - 1]);
                string[] held = part is CodePart c ? c.Code.Split('\n') : [lines[part.FirstLine - 1]];
                if (part is CodePart { Code: "" }) continue;
                Assert.Equal(held, lines[(next - 1)..(next - 1 + held.Length)]);
                // A name may hold quotes, which its line still has.
                if (part is MagicPart magic) Assert.Equal(magic.Name, CellSplitter.Words(lines[next - 1].Trim()[2..])[0]);
                next += held.Length;
            }
            for (; next <= lines.Length; next++) Assert.True(string.IsNullOrWhiteSpace(lines[next - 1]) || lines[next - 1].TrimStart().StartsWith("#!", StringComparison.Ordinal));
        }, iter: 3000);
    }

    [Theory]
    [InlineData("a  b", new[] { "a", "b" })]
    [InlineData("--name \"two words\" 'and \"this\"'", new[] { "--name", "two words", "and \"this\"" })]
    [InlineData("a \"\" b", new[] { "a", "", "b" })]
    [InlineData("  ", new string[0])]
    public void Words_are_held_together_by_quotes(string line, string[] words) => Assert.Equal(words, CellSplitter.Words(line));
}
