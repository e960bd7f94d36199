using System.Xml.Linq;
using CsCheck;
using Workbench.Display;
using Xunit;

namespace Workbench.Iommu.Tests.Display;

/// <summary>Whatever a display writes, HTML stays well-formed and text stays within 80 columns and complete.</summary>
public sealed class CardTests
{
    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.String[Gen.Char["<>&\"' \n\t\u0001\ud800\udc00\uFFFFabc"], 0, 40], Gen.String[Gen.Char.AlphaNumeric, 0, 200], Gen.String[Gen.Char["abc   "], 0, 300]);

    private static void Fill(ICard card, string[] texts, long[] values)
    {
        string At(int i) => texts[i % texts.Length];
        card.Title(At(0), At(1));
        card.Verdict(values[0] > 0, At(2));
        card.Text(At(3));
        card.Facts([new(At(4), At(5)), new(At(6), At(7), At(8))]);
        card.Table(At(9), [new(At(10)), new(At(11), IsNumber: true), new(At(12))], [[At(13), At(14), At(15)], [At(16), At(17), At(18)]]);
        card.Bars(At(19), [new("written", values), new("reported", values)], "0 s", "1 s");
        card.Heat(At(20), [.. values.Select(v => v % 7 == 0 ? null : (double?)(v / 100.0))], "0x0", "0x1000");
        card.Tree([(0, At(21)), (5, At(22))]);
        card.Notes(At(23), texts);
        card.Fold(At(24), inner => inner.Facts([new(At(25), At(26))]));
    }

    [Fact]
    public void Html_is_well_formed_and_holds_no_element_of_a_text() => Gen.Select(AnyText.Array[1, 30], Gen.Long[-100, 1000].Array[1, 40]).Sample((texts, values) =>
    {
        HtmlCard card = new();
        Fill(card, texts, values);
        XElement root = XElement.Parse(card.ToString(), LoadOptions.PreserveWhitespace);
        string[] known = ["div", "b", "table", "tr", "th", "td", "span", "i", "pre", "ul", "li", "details", "summary"];
        Assert.All(root.DescendantsAndSelf(), e => Assert.Contains(e.Name.LocalName, known));
    });

    [Fact]
    public void Text_stays_within_80_columns_and_keeps_every_letter() => Gen.Select(AnyText.Array[1, 30], Gen.Long[-100, 1000].Array[1, 40]).Sample((texts, values) =>
    {
        TextCard card = new();
        Fill(card, texts, values);
        string text = card.ToString();
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 80, line));
        foreach (string one in texts)
        {
            string[] letters = [.. one.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)];
            // Notes are the full width, so only what is longer than a line is broken there.
            Assert.All(letters.Where(word => word.Length <= 78), word => Assert.Contains(word, text, StringComparison.Ordinal));
        }
    });

    [Fact]
    public void Long_lists_and_texts_are_cut_in_html()
    {
        HtmlCard card = new();
        card.Notes("many", Enumerable.Range(0, 1000).Select(i => $"note {i}"));
        card.Text(new string('x', 1_000_000));
        string html = card.ToString();
        Assert.Contains("<li>and 980 more</li>", html, StringComparison.Ordinal);
        Assert.True(html.Length < 3000);
    }

    [Fact]
    public void A_table_wraps_its_widest_column_of_text()
    {
        string[] lines = [.. PlainTable.Lines([new("name"), new("count", IsNumber: true), new("text")], [["a", "1,000", string.Join(' ', Enumerable.Repeat("word", 20))], ["b", "2", "short"]])];
        Assert.Equal("name  count  text", lines[0]);
        Assert.Equal("a     1,000  word word word word word word word word word word word word word", lines[1]);
        Assert.Equal("             word word word word word word word", lines[2]);
        Assert.Equal("b         2  short", lines[3]);
    }

    [Fact]
    public void Bars_are_as_high_as_their_values_and_nothing_is_no_bar()
    {
        TextCard text = new();
        text.Bars("", [new("a", [0, 1, 4, 8]), new("bb", [8, 0, 0, 2])], "0 s", "1 s");
        Assert.Equal("a  | ▂▅█|\nbb |█  ▃|\n    0 s 1 s", text.ToString());
        HtmlCard html = new();
        html.Bars("", [new("a", [0, 0, 4, 8])], "0 s", "1 s");
        Assert.Contains("<i style=\"flex:2\"></i><i style=\"flex:1;height:50%;background:#0072B2\"></i><i style=\"flex:1;height:100%;background:#0072B2\"></i>", html.ToString(), StringComparison.Ordinal);
    }
}
