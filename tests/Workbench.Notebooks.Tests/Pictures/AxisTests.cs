using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Workbench.Notebooks.Pictures;
using Xunit;
using static Workbench.Notebooks.Tests.Pictures.Figures;

namespace Workbench.Notebooks.Tests.Pictures;

public sealed class AxisTests
{
    private static List<Tick> TicksOf(string axis, double low, double high, double length, AxisKind kind = AxisKind.Linear, string id = "y") =>
        Ticks.Of(new Axis(id, new Settings((JsonObject)JsonNode.Parse(axis)!), 12, kind), low, high, length);

    [Theory]
    [InlineData(0, 10, "0 2 4 6 8 10")]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(-3, 3, "−3 −2 −1 0 1 2 3")]
    [InlineData(0, 450_000, "0 100k 200k 300k 400k")]
    [InlineData(0, 9_000_000_000, "0 2B 4B 6B 8B")]
    [InlineData(0, 0.00001, "0 2µ 4µ 6µ 8µ 10µ")]
    [InlineData(1000, 1001, "1000 1000.2 1000.4 1000.6 1000.8 1001")]
    public void Linear_ticks_are_round_and_labelled_with_one_unit(double low, double high, string labels) =>
        Assert.Equal(labels, string.Join(' ', TicksOf("{}", low, high, 230).Select(t => t.Label)));

    [Theory]
    [InlineData(809_297_969.4082, 1e-5, false)]
    [InlineData(4.805e-57, 1.3e-11, true)]
    public void No_tick_is_rounded_to_a_place_below_the_range(double low, double span, bool isLog) =>
        Assert.All(TicksOf("{}", low, low + span, 289, isLog ? AxisKind.Log : AxisKind.Linear), tick => Assert.InRange(tick.At, low, low + span));

    [Theory]
    [InlineData("~s", 1500, "1.5k")]
    [InlineData("~s", 0, "0")]
    [InlineData(".2f", 1.005, "1.00")]
    [InlineData(",d", 1234567, "1,234,567")]
    [InlineData(".1%", 0.1234, "12.3%")]
    [InlineData(".3s", 1_234_567, "1.23M")]
    [InlineData("~g", 0.5, "0.5")]
    [InlineData("+.1f", -2.34, "−2.3")]
    [InlineData("+.1f", 2.34, "+2.3")]
    [InlineData("$,.2f", 1234.5, "$1,234.50")]
    [InlineData(".2e", 12345, "1.23e+4")]
    [InlineData("s", 0.000_001, "1.00000µ")]
    [InlineData("~s", 999_999.9, "1M")]
    [InlineData(".2r", 1234, "1200")]
    public void Number_formats_follow_d3(string format, double value, string label) => Assert.Equal(label, NumberFormat.Parse(format)!.Format(value));

    [Theory]
    [InlineData("q")]
    [InlineData("*^20")]
    [InlineData("%H:%M")]
    public void An_unknown_number_format_is_none(string format) => Assert.Null(NumberFormat.Parse(format));

    [Fact]
    public void Log_ticks_are_powers_over_many_decades_and_digits_over_few()
    {
        Assert.Equal("1 100 10k 1M 100M", string.Join(' ', TicksOf("{}", 0, 9, 200, AxisKind.Log).Select(t => t.Label)));
        Assert.Equal(["1", "2", "5", "10", "2", "5", "100"], TicksOf("{}", 0, 2, 200, AxisKind.Log).Select(t => t.Label));
        Assert.Equal([0, Math.Log10(2), Math.Log10(5), 1, 1 + Math.Log10(2), 1 + Math.Log10(5), 2], TicksOf("{}", 0, 2, 200, AxisKind.Log).Select(t => t.At));
        Assert.Equal(["10<sup>3</sup>", "10<sup>6</sup>"], TicksOf("""{"exponentformat":"power","dtick":3}""", 2, 8, 400, AxisKind.Log).Select(t => t.Label));
        Assert.Equal(["250", "300", "350", "400", "450", "500", "550"], TicksOf("{}", Math.Log10(250), Math.Log10(550), 120, AxisKind.Log).Select(t => t.Label));
    }

    [Fact]
    public void Ticks_given_by_the_figure_are_used_as_they_are()
    {
        List<Tick> ticks = TicksOf("""{"tickvals":[1024,4096,99999],"ticktext":["1 KiB","4 KiB","far"]}""", 0, 5000, 400);
        Assert.Equal([(1024.0, "1 KiB"), (4096.0, "4 KiB")], ticks.Select(t => (t.At, t.Label)));
        Assert.Equal([3.0], TicksOf("""{"tickvals":[1000]}""", 0, 5, 400, AxisKind.Log).Select(t => t.At));
    }

    [Fact]
    public void Date_ticks_fall_on_calendar_places()
    {
        double day = 86_400_000, start = 19_723 * day; // 2024-01-01
        Assert.Equal(["Jan 1<br>2024", "Jan 2", "Jan 3", "Jan 4"], TicksOf("{}", start, start + 3.5 * day, 320, AxisKind.Date, "x").Select(t => t.Label));
        Assert.Equal(["00:00<br>Jan 1, 2024", "06:00", "12:00", "18:00", "00:00<br>Jan 2, 2024"], TicksOf("{}", start, start + day, 320, AxisKind.Date, "x").Select(t => t.Label));
        Assert.Equal(["Jan 2024", "Apr 2024", "Jul 2024", "Oct 2024"], TicksOf("{}", start, start + 360 * day, 320, AxisKind.Date, "x").Select(t => t.Label));
        Assert.Equal(["2024", "2026", "2028", "2030", "2032"], TicksOf("{}", start, start + 3650 * day, 320, AxisKind.Date, "x").Select(t => t.Label).Take(5));
    }

    [Fact]
    public void A_logarithmic_axis_places_equal_ratios_at_equal_distances()
    {
        XElement svg = Draw("""[{"mode":"markers","x":[1,10,100,1000],"y":[1,1,1,1]}]""", """{"xaxis":{"type":"log"}}""");
        double[] x = [.. Marks(svg, "circle").Select(c => Number(c, "cx"))];
        Assert.Equal(x[1] - x[0], x[2] - x[1], 0.02);
        Assert.Equal(x[1] - x[0], x[3] - x[2], 0.02);
    }

    [Fact]
    public void Zero_and_less_have_no_place_on_a_logarithmic_axis()
    {
        StillPicture picture = StillPicture.Of(Parse("""[{"mode":"markers","x":[1,2,3,4],"y":[0,-1,10,100]}]""", """{"yaxis":{"type":"log"}}"""));
        Assert.Equal(2, picture.MarkCount);
    }

    [Theory]
    [InlineData("""["2","10","1"]""", null, new[] { "1", "2", "4", "6", "8", "10" })]
    [InlineData("""["2","10","1"]""", "category", new[] { "2", "10", "1" })]
    [InlineData("""["vtd","amd","vtd"]""", null, new[] { "vtd", "amd" })]
    public void Names_in_order_of_appearance_make_a_category_axis(string x, string? type, string[] labels)
    {
        XElement svg = Draw($$"""[{"mode":"markers","x":{{x}},"y":[5,5,5]}]""", type is null ? """{"yaxis":{"showticklabels":false}}""" : $$$"""{"xaxis":{"type":"{{{type}}}"},"yaxis":{"showticklabels":false}}""");
        if (labels.Length == 6) Assert.Contains("10", Texts(svg));
        else Assert.Equal(labels, Texts(svg));
    }

    [Fact]
    public void Labels_that_would_overlap_are_turned()
    {
        string names = string.Join(',', Enumerable.Range(0, 12).Select(i => $"\"a rather long name {i}\""));
        XElement svg = Draw($$"""[{"type":"bar","x":[{{names}}],"y":[1,2,3,4,5,6,7,8,9,10,11,12]}]""");
        Assert.StartsWith("rotate(30", Text(svg, "a rather long name 0").Attribute("transform")!.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void The_users_culture_changes_nothing(string culture)
    {
        JsonObject figure = Parse("""[{"mode":"lines+markers","x":[0.5,1.5],"y":[1234.5,99999.25]}]""", """{"title":{"text":"i"},"yaxis":{"tickformat":",.2f"}}""");
        string expected = StillPicture.Of(figure).Svg!;
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo foreign = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            foreign.NumberFormat.NumberDecimalSeparator = culture == "de-DE" ? "," : "٫";
            foreign.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = foreign;
            Assert.Equal(expected, StillPicture.Of(figure).Svg);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
