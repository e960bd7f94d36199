using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Html;
using Microsoft.DotNet.Interactive.Formatting;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Formatters;
using Xunit;
using static Microsoft.DotNet.Interactive.Formatting.PocketViewTags;

namespace Workbench.Notebooks.Tests.Formatters;

public sealed class ValueFormatterTests
{
    public static TheoryData<object?, string> Plain => new()
    {
        { null, "null" }, { "a <b> text", "a <b> text" }, { 42, "42" }, { 1.5, "1.5" }, { 18446744073709551615UL, "18446744073709551615" }, { true, "True" }, { new[] { 1, 2, 3 }, "[1, 2, 3]" },
        { "two\r\nlines", "two\r\nlines" },
    };

    [Theory]
    [MemberData(nameof(Plain))]
    public void Simple_values_are_plain_text_and_nothing_else(object? value, string text)
    {
        MimeBundle bundle = ValueFormatter.Format(value);
        Assert.Equal([MimeBundle.PlainText], bundle.Keys);
        Assert.Equal(text, bundle.TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public void A_collection_shows_twenty_items_and_counts_the_others()
    {
        string text = ValueFormatter.Format(Enumerable.Range(0, 100).ToList()).TextOf(MimeBundle.PlainText)!;
        Assert.Contains("19", text, StringComparison.Ordinal);
        Assert.DoesNotContain("20,", text, StringComparison.Ordinal);
        Assert.Contains("80 more", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sequence_without_end_is_shown_by_its_beginning()
    {
        Assert.Contains("19", ValueFormatter.Format(Endless()).TextOf(MimeBundle.PlainText)!, StringComparison.Ordinal);

        static IEnumerable<int> Endless()
        {
            for (int i = 0; ; i = unchecked(i + 1)) yield return i;
        }
    }

    [Fact]
    public void A_dictionary_is_a_table()
    {
        MimeBundle bundle = ValueFormatter.Format(new Dictionary<string, int> { ["<key>"] = 7 });
        Assert.Equal([MimeBundle.Html, MimeBundle.PlainText], bundle.Keys);
        Assert.Contains("&lt;key&gt;", bundle.TextOf(MimeBundle.Html)!, StringComparison.Ordinal);
        Assert.Contains("7", bundle.TextOf(MimeBundle.PlainText)!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_repeated_style_is_left_out_and_a_short_one_comes_once_where_needed()
    {
        string tree = ValueFormatter.Format(new { A = 1, B = new { C = "x" } }).TextOf(MimeBundle.Html)!;
        Assert.Single(tree.Split("<style>")[1..]);
        Assert.DoesNotContain('\r', tree);
        Assert.DoesNotContain("table tr td pre", tree, StringComparison.Ordinal);
        Assert.True(tree.Length < 1500, $"{tree.Length} characters");
    }

    [Fact]
    public void Markup_is_passed_on()
    {
        Assert.Equal("<b>x</b>", ValueFormatter.Format(new HtmlString("<b>x</b>")).TextOf(MimeBundle.Html));
        Assert.Equal("<div class=\"a\"><b>&lt;hi&gt;</b></div>", ValueFormatter.Format((object)div[@class: "a"](b("<hi>"))).TextOf(MimeBundle.Html));
    }

    [Fact]
    public void An_exception_is_its_text()
    {
        MimeBundle bundle = ValueFormatter.Format(new InvalidOperationException("bad"));
        Assert.Equal([MimeBundle.PlainText], bundle.Keys);
        Assert.Equal("System.InvalidOperationException: bad", bundle.TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public void A_formatter_that_throws_leaves_a_text_that_says_so()
    {
        Formatter.Register<Unshowable>(_ => throw new InvalidOperationException("no picture today"), MimeBundle.Html);
        MimeBundle bundle = ValueFormatter.Format(new Unshowable());
        Assert.Equal([MimeBundle.PlainText], bundle.Keys);
        Assert.Contains("Unshowable cannot be shown as text/html: InvalidOperationException: no picture today", bundle.TextOf(MimeBundle.PlainText)!, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_types_are_kept_as_what_they_hold()
    {
        Formatter.Register<Coloured>(_ => "{\"shade\":[1,2]}", "application/vnd.colour+json");
        Formatter.SetPreferredMimeTypesFor(typeof(Coloured), "application/vnd.colour+json");
        MimeBundle bundle = ValueFormatter.Format(new Coloured());
        Assert.Equal("[1,2]", Assert.IsType<JsonObject>(bundle["application/vnd.colour+json"])["shade"]!.ToJsonString());
        Assert.True(bundle.ContainsKey(MimeBundle.PlainText));
    }

    [Fact]
    public void One_type_can_be_asked_for()
    {
        Assert.Equal("<i>x</i>", ValueFormatter.Format("<i>x</i>", MimeBundle.Html).TextOf(MimeBundle.Html));
        Assert.IsType<JsonObject>(ValueFormatter.Format("{\"a\":1}", "application/json")["application/json"]);
    }

    private sealed class Unshowable;

    private sealed class Coloured;
}
