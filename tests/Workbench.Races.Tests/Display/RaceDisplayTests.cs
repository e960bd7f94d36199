using System.Xml.Linq;
using Workbench.Races.Search;
using Workbench.Testing;
using Xunit;

namespace Workbench.Races.Tests.Display;

public sealed class RaceDisplayTests
{
    [Fact]
    public void A_verdict_shows_the_drawing_of_the_worst_and_folds_the_rest()
    {
        RaceVerdict verdict = Verdicts.Of(100, isExhausted: true, Verdicts.Broken(RaceProperty.LostPage, 7, "<copy> & \"more\""), Verdicts.Broken(RaceProperty.Leak, 3));
        string html = Shown.Html(verdict);
        Assert.Equal(2, html.Split("<svg").Length - 1);
        Assert.True(html.IndexOf("<svg", StringComparison.Ordinal) < html.IndexOf("<details", StringComparison.Ordinal));
        Assert.Contains("✗ </b>LOST in 7 steps", html, StringComparison.Ordinal);
        Assert.Contains("inferred: nowhere", html, StringComparison.Ordinal);
        Assert.Contains("It rests on:", Shown.Text(verdict), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "✓ </b>holds")]
    [InlineData(false, "✗ </b>open")]
    public void A_verdict_that_breaks_nothing_shows_whether_it_is_one(bool isExhausted, string says) => Assert.Contains(says, Shown.Html(Verdicts.Of(5, isExhausted)), StringComparison.Ordinal);

    [Fact]
    public void A_drawing_has_a_row_for_each_step_within_its_frame()
    {
        Counterexample found = Verdicts.Broken(RaceProperty.TlbConflict, 10, string.Join(' ', Enumerable.Repeat("many words", 15)));
        XElement svg = XDocument.Parse(Shown.Html(found)).Root!.Elements().Single();
        XNamespace ns = svg.Name.Namespace;
        int height = (int)svg.Attribute("height")!;
        Assert.Equal(10, svg.Elements(ns + "circle").Count());
        int[] rows = [.. svg.Elements(ns + "circle").Select(c => (int)c.Attribute("cy")!)];
        Assert.Equal(rows.Order(), rows);
        Assert.All(svg.Elements(ns + "text"), t => Assert.InRange((int)t.Attribute("y")!, 0, height));
        Assert.All(svg.Elements(ns + "text"), t => Assert.InRange(t.Value.Length, 1, 90));
        Assert.Equal(["Software", "Memory", "IOMMU", "Device"], svg.Elements(ns + "text").Take(4).Select(t => t.Value));
        Assert.Contains("many words", Shown.Text(found), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_colours_its_cells_and_says_the_same_in_words()
    {
        RaceTable table = RaceTable.Run([RaceCatalogue.Find("flush-after")!, RaceCatalogue.Find("no-flush")!], [Verdicts.Amd], new() { FindsWhatItRestsOn = false }, cancel: TestContext.Current.CancellationToken);
        string html = Shown.Html(table);
        Assert.Matches("background:rgba\\(0,158,115[^>]*>✓ holds [0-9]", html);
        Assert.Matches("background:rgba\\(213,94,0[^>]*>✗ LOST in [0-9]", html);
        Assert.Contains("flush-after", Shown.Text(table), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_escapes_titles_and_hints()
    {
        string html = Shown.Html(RaceTable.Run([Verdicts.Protocol], [Verdicts.Amd], cancel: TestContext.Current.CancellationToken));
        Assert.Contains("&lt;&amp;&gt; &quot;quoted&quot;", html, StringComparison.Ordinal);
    }
}
