using System.Text.Json.Nodes;
using Microsoft.DotNet.Interactive.Formatting;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Formatters;

public sealed class ListTextTests
{
    private static readonly (string, double)[] Pairs = [("amd", 1.004), ("vtd", 1.006)];

    public static TheoryData<object, string> Lists => new()
    {
        { ListModule.OfSeq([1, 2, 3]), "[1, 2, 3]" }, { FSharpList<int>.Empty, "[]" }, { ListModule.OfSeq(Pairs.Select(p => p.ToTuple())), "[(amd, 1.004), (vtd, 1.006)]" },
        { Pairs, "[(amd, 1.004), (vtd, 1.006)]" }, { ("amd", 1.004), "(amd, 1.004)" }, { Tuple.Create(1, Tuple.Create('x', true)), "(1, (x, True))" }, { (1, 2, 3, 4, 5, 6, 7, 8, 9), "(1, 2, 3, 4, 5, 6, 7, 8, 9)" },
        { FSharpOption<int>.Some(3), "Some(3)" }, { FSharpValueOption<string>.Some("a"), "Some(a)" }, { ListModule.OfSeq([FSharpOption<int>.Some(1), FSharpOption<int>.None]), "[Some(1), null]" },
        { SetModule.OfSeq([3, 1]), "[1, 3]" }, { new HashSet<int> { 5 }, "[5]" }, { new[] { new[] { 1, 2 }, [3] }, "[[1, 2], [3]]" }, { new object?[] { 1, "a", null, 2.5, true }, "[1, a, null, 2.5, True]" },
        { new[] { new Visit("a", 1), new Visit("b", 2) }, "[Visit { Page = a, Count = 1 }, Visit { Page = b, Count = 2 }]" }, { new[] { new { A = 1 } }, "[{ A = 1 }]" },
        { new KeyValuePair<string, int>[] { new("a", 1) }, "[a: 1]" }, { JsonNode.Parse("[1,{\"a\":2}]")!, "[1,{\"a\":2}]" }, { Enumerable.Range(0, 3).Select(i => i * 2), "[0, 2, 4]" }, { new[] { "two\r\nlines" }, "[two lines]" },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void Sequences_tuples_and_options_are_read_as_text(object value, string text)
    {
        MimeBundle bundle = ValueFormatter.Format(value);
        Assert.Equal(text, bundle.TextOf(MimeBundle.PlainText));
        Assert.Equal([MimeBundle.PlainText], bundle.Keys);
        Assert.Equal(text, ValueFormatter.Format(value, MimeBundle.PlainText).TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public void Twenty_items_are_shown_and_the_others_counted_where_they_can_be()
    {
        string twenty = "[" + string.Join(", ", Enumerable.Range(0, 20));
        Assert.Equal(twenty + "]", OneLine(Enumerable.Range(0, 20).ToList()));
        foreach (object many in (object[])[Enumerable.Range(0, 1_234).ToArray(), ListModule.OfSeq(Enumerable.Range(0, 1_234)), Enumerable.Range(0, 1_234).ToHashSet()])
            Assert.Equal(twenty + ", … (1,214 more)]", OneLine(many));
        Assert.Equal(twenty + ", …]", OneLine(Enumerable.Range(0, 1_234).Where(i => i >= 0)));
    }

    [Fact]
    public void A_long_list_is_broken_between_items_at_eighty_columns()
    {
        string[] items = [.. Enumerable.Range(0, 20).Select(i => new string('x', 9 + (i % 7)))];
        string[] lines = ValueFormatter.Format(items).TextOf(MimeBundle.PlainText)!.Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 80));
        Assert.Equal(4, lines.Length);
        Assert.Equal(items, string.Concat(lines)[1..^1].Split(',').Select(i => i.Trim()));
    }

    [Fact]
    public void Maps_are_tables_with_a_list_as_their_text()
    {
        MimeBundle map = ValueFormatter.Format(MapModule.OfSeq([Tuple.Create("a", 1), Tuple.Create("b", 2)]));
        Assert.StartsWith("<table>", map.TextOf(MimeBundle.Html), StringComparison.Ordinal);
        Assert.Equal("[a: 1, b: 2]", map.TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public void What_has_a_form_of_its_own_keeps_it()
    {
        Assert.Contains("<b>x</b>", ValueFormatter.Format(new[] { new Microsoft.AspNetCore.Html.HtmlString("<b>x</b>") }).TextOf(MimeBundle.Html)!, StringComparison.Ordinal);
        Assert.Contains(MimeBundle.Html, ValueFormatter.Format(new[] { new Plain() }).Keys);
        Formatter.Register<Queue<Visit>>(_ => "a queue", MimeBundle.PlainText);
        Formatter.SetPreferredMimeTypesFor(typeof(Queue<Visit>), MimeBundle.PlainText);
        Assert.Equal("a queue", ValueFormatter.Format(new Queue<Visit>()).TextOf(MimeBundle.PlainText));
        Formatter.Register(typeof(Stack<>), (_, writer) => writer.Write("a stack"), MimeBundle.PlainText);
        Assert.Equal("a stack", ValueFormatter.Format(new Stack<int>(), MimeBundle.PlainText).TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public void A_list_that_holds_itself_ends()
    {
        List<object> self = [];
        self.Add(self);
        Assert.Contains("…", ValueFormatter.Format(self).TextOf(MimeBundle.PlainText)!, StringComparison.Ordinal);
        object wide = 0;
        for (int i = 0; i < 8; i++) wide = Enumerable.Repeat(wide, 20).ToArray();
        Assert.InRange(ValueFormatter.Format(wide).TextOf(MimeBundle.PlainText)!.Length, 100, 10_000);
    }

    [Fact]
    public void A_sequence_that_fails_says_so()
    {
        MimeBundle bundle = ValueFormatter.Format(Failing());
        Assert.Contains("InvalidOperationException: no more", bundle.TextOf(MimeBundle.PlainText)!, StringComparison.Ordinal);

        static IEnumerable<int> Failing()
        {
            yield return 1;
            throw new InvalidOperationException("no more");
        }
    }

    [Fact]
    public async Task FSharp_values_of_a_cell_are_lists_too()
    {
        using TestNotebook notebook = new();
        Assert.Equal("[(amd, 1.004), (vtd, 1.006)]", await notebook.Value("[ \"amd\", 1.004; \"vtd\", 1.006 ]", "fsharp"));
        Assert.Equal("[a: [1, 2]]", await notebook.Value("Map.ofList [ \"a\", [1; 2] ]", "fsharp"));
        Assert.Equal("[{ Page = \"a\" Count = 3 }]", System.Text.RegularExpressions.Regex.Replace(await notebook.Value("type Visit = { Page: string; Count: int }\n[ { Page = \"a\"; Count = 3 } ]", "fsharp") ?? "", @"\s+", " "));
        Assert.Equal("Some([1])", await notebook.Value("Some [1]", "fsharp"));
    }

    private static string OneLine(object value) => ValueFormatter.Format(value).TextOf(MimeBundle.PlainText)!.ReplaceLineEndings("");

    private sealed record Visit(string Page, int Count);

    private sealed class Plain
    {
        public int Number { get; } = 1;
    }
}
