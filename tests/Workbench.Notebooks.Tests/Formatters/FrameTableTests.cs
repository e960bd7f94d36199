using System.Xml.Linq;
using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Formatters;
using Xunit;

namespace Workbench.Notebooks.Tests.Formatters;

public sealed class FrameTableTests
{
    [Fact]
    public void A_small_frame_is_shown_whole()
    {
        XElement table = Parse(ValueFormatter.Format(Samples.Frame(20)).TextOf(MimeBundle.Html)!);
        Assert.Equal(20, table.Element("tbody")!.Elements("tr").Count());
        Assert.Equal("20 rows × 3 columns", table.Element("caption")!.Value);
    }

    [Fact]
    public void A_long_frame_shows_its_first_and_last_rows()
    {
        XElement[] rows = [.. Parse(ValueFormatter.Format(Samples.Frame(10_000)).TextOf(MimeBundle.Html)!).Element("tbody")!.Elements("tr")];
        Assert.Equal([.. Enumerable.Range(0, 10).Select(i => $"{i}"), "…", .. Enumerable.Range(9995, 5).Select(i => $"{i}")], rows.Select(r => r.Elements("td").First().Value));
        Assert.Equal(["9999", "9,999,000,000", "vtd", "2,499.75"], rows[^1].Elements("td").Select(c => c.Value));
    }

    [Fact]
    public void How_many_rows_are_shown_can_be_chosen()
    {
        XElement table = Parse(ValueFormatter.Format(new FrameTable(Samples.Frame(100)) { HeadRows = 2, TailRows = 1 }).TextOf(MimeBundle.Html)!);
        Assert.Equal(["0", "1", "…", "99"], table.Element("tbody")!.Elements("tr").Select(r => r.Elements("td").First().Value));
        Assert.Equal("100 rows × 3 columns, 3 rows shown", table.Element("caption")!.Value);
    }

    [Fact]
    public void Columns_bear_their_types_and_numbers_stand_to_the_right()
    {
        XElement table = Parse(ValueFormatter.Format(Samples.Frame(3)).TextOf(MimeBundle.Html)!);
        XElement[] heads = [.. table.Element("thead")!.Element("tr")!.Elements("th").Skip(1)];
        Assert.Equal(["time_ns", "iommu", "cost_us"], heads.Select(h => h.Nodes().First().ToString()));
        Assert.Equal(["long", "string", "double"], heads.Select(h => h.Element("small")!.Value));
        Assert.Equal(["right", "left", "right"], heads.Select(h => (string)h.Attribute("align")!));
        XElement[] cells = [.. table.Element("tbody")!.Elements("tr").ElementAt(1).Elements("td").Skip(1)];
        Assert.Equal(["1,000,000", "null", "0.25"], cells.Select(c => c.Value));
        Assert.NotNull(cells[1].Element("i"));
        Assert.Equal([null, "nowrap", null], table.Element("tbody")!.Elements("tr").First().Elements("td").Skip(1).Select(c => (string?)c.Attribute("nowrap")));
    }

    [Fact]
    public void Names_and_values_are_escaped()
    {
        DataFrame frame = new(new StringDataFrameColumn("<script>alert(1)</script>", ["<b>&amp;</b>"]));
        string html = ValueFormatter.Format(frame).TextOf(MimeBundle.Html)!;
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        XElement table = Parse(html);
        Assert.Equal("<script>alert(1)</script>", table.Element("thead")!.Element("tr")!.Elements("th").Last().FirstNode!.ToString().Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal));
        Assert.Equal("<b>&amp;</b>", table.Element("tbody")!.Value[1..].Trim());
    }

    [Fact]
    public void The_text_is_a_table_of_at_most_80_columns()
    {
        DataFrame wide = new(Enumerable.Range(0, 30).Select(i => new StringDataFrameColumn($"column_{i}", [new string('x', 50), "y\nz"])));
        string[] lines = ValueFormatter.Format(wide).TextOf(MimeBundle.PlainText)!.Split('\n');
        Assert.All(lines, l => Assert.True(l.Length <= 80, l));
        Assert.Equal(6, lines.Length);
        Assert.Equal(["2 rows × 30 columns, 2 columns shown", "All columns are in the HTML form; frame[\"name\"] is one of them."], lines[^2..]);
        Assert.EndsWith("…", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_lines_up()
    {
        string text = ValueFormatter.Format(Samples.Frame(3)).TextOf(MimeBundle.PlainText)!;
        Assert.Equal("     time_ns  iommu   cost_us\n        long  string   double\n0          0  vtd           0\n1  1,000,000  null       0.25\n2  2,000,000  vtd         0.5\n3 rows × 3 columns", text);
        Assert.Equal(text, Samples.Frame(3).ToDisplayString(MimeBundle.PlainText));
    }

    [Fact]
    public void A_frame_without_rows_or_columns_is_shown_as_such()
    {
        Assert.Contains("0 rows × 3 columns", ValueFormatter.Format(Samples.Frame(0)).TextOf(MimeBundle.PlainText)!, StringComparison.Ordinal);
        Assert.Contains("0 rows × 0 columns", ValueFormatter.Format(new DataFrame()).TextOf(MimeBundle.PlainText)!, StringComparison.Ordinal);
    }

    private static XElement Parse(string html) => XElement.Parse(html.Replace("<br>", "<br/>", StringComparison.Ordinal).Replace("&#160;", " ", StringComparison.Ordinal));
}
