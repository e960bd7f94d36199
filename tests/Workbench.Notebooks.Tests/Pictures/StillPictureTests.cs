using System.Text.Json.Nodes;
using System.Xml.Linq;
using Workbench.Notebooks.Pictures;
using Workbench.Testing;
using Xunit;
using static Workbench.Notebooks.Tests.Pictures.Figures;

namespace Workbench.Notebooks.Tests.Pictures;

public sealed class StillPictureTests
{
    private const string Sized = """{"width":600,"height":400,"xaxis":{"range":[0,10]},"yaxis":{"range":[0,100]}}""";

    [Fact]
    public void A_point_lies_where_the_scale_says()
    {
        XElement svg = Draw("""[{"type":"scatter","mode":"markers","x":[0,2.5,10],"y":[0,75,100]}]""", Sized);
        (double left, double top, double right, double bottom) = PlotOf(svg);
        XElement[] points = [.. Marks(svg, "circle")];
        Assert.Equal(3, points.Length);
        Assert.Equal((left, bottom), (Number(points[0], "cx"), Number(points[0], "cy")));
        Assert.Equal(left + (right - left) / 4, Number(points[1], "cx"), 0.02);
        Assert.Equal(bottom - (bottom - top) * 0.75, Number(points[1], "cy"), 0.02);
        Assert.Equal((right, top), (Number(points[2], "cx"), Number(points[2], "cy")));
    }

    [Fact]
    public void A_reversed_axis_runs_the_other_way()
    {
        XElement svg = Draw("""[{"type":"scatter","mode":"markers","x":[1,2],"y":[1,2]}]""", """{"yaxis":{"autorange":"reversed"}}""");
        XElement[] points = [.. Marks(svg, "circle")];
        Assert.True(Number(points[0], "cy") < Number(points[1], "cy"));
    }

    [Fact]
    public void A_missing_value_breaks_the_line()
    {
        Assert.Single(Marks(Draw("""[{"mode":"lines","x":[1,2,3,4],"y":[1,2,3,4]}]"""), "path"));
        Assert.Equal(2, Marks(Draw("""[{"mode":"lines","x":[1,2,3,4,5],"y":[1,2,null,4,5]}]"""), "path").Count());
        Assert.Equal(2, Marks(Draw("""[{"mode":"lines","x":[1,2,3,4,5],"y":[1,2,"NaN",4,5]}]"""), "path").Count());
        Assert.Single(Marks(Draw("""[{"mode":"lines","connectgaps":true,"x":[1,2,3,4,5],"y":[1,2,null,4,5]}]"""), "path"));
    }

    [Theory]
    [InlineData("hv", 2, 1)]
    [InlineData("vh", 1, 2)]
    public void A_stepped_line_has_its_corner_on_the_right_side(string shape, int cornerX, int cornerY)
    {
        XElement svg = Draw("""[{"mode":"lines","x":[1,2],"y":[1,2],"line":{"shape":"SHAPE"}}]""".Replace("SHAPE", shape, StringComparison.Ordinal), """{"xaxis":{"range":[0,4]},"yaxis":{"range":[0,4]}}""");
        (double left, double top, double right, double bottom) = PlotOf(svg);
        (double x, double y) = Points(Marks(svg, "path").Single().Attribute("d")!.Value)[1];
        Assert.Equal(left + (right - left) * cornerX / 4, x, 0.02);
        Assert.Equal(bottom - (bottom - top) * cornerY / 4, y, 0.02);
    }

    [Fact]
    public void Stacked_bars_add_up()
    {
        XElement svg = Draw("""[{"type":"bar","x":["a"],"y":[10]},{"type":"bar","x":["a"],"y":[30]},{"type":"bar","x":["a"],"y":[20]}]""", """{"barmode":"stack","yaxis":{"range":[0,60]}}""");
        (_, double top, _, double bottom) = PlotOf(svg);
        XElement[] bars = [.. Marks(svg, "rect")];
        double unit = (bottom - top) / 60;
        Assert.Equal([10 * unit, 30 * unit, 20 * unit], bars.Select(b => Number(b, "height")), new Near(0.02));
        Assert.Equal(bottom, Number(bars[0], "y") + Number(bars[0], "height"), 0.02);
        Assert.Equal(Number(bars[0], "y"), Number(bars[1], "y") + Number(bars[1], "height"), 0.02);
        Assert.Equal(top, Number(bars[2], "y"), 0.02);
    }

    [Fact]
    public void Relative_bars_stack_downwards_below_zero()
    {
        XElement svg = Draw("""[{"type":"bar","x":["a"],"y":[-10]},{"type":"bar","x":["a"],"y":[30]},{"type":"bar","x":["a"],"y":[-20]}]""", """{"barmode":"relative","yaxis":{"range":[-40,40]}}""");
        (_, double top, _, double bottom) = PlotOf(svg);
        XElement[] bars = [.. Marks(svg, "rect")];
        double zero = (top + bottom) / 2;
        Assert.Equal(zero, Number(bars[0], "y"), 0.02);
        Assert.Equal(zero, Number(bars[1], "y") + Number(bars[1], "height"), 0.02);
        Assert.Equal(Number(bars[0], "y") + Number(bars[0], "height"), Number(bars[2], "y"), 0.02);
    }

    [Fact]
    public void Grouped_bars_stand_side_by_side_without_overlap()
    {
        XElement svg = Draw("""[{"type":"bar","x":["a","b"],"y":[1,2]},{"type":"bar","x":["a","b"],"y":[3,4]}]""", """{"barmode":"group"}""");
        XElement[] bars = [.. Marks(svg, "rect").OrderBy(b => Number(b, "x"))];
        for (int i = 1; i < bars.Length; i++) Assert.True(Number(bars[i - 1], "x") + Number(bars[i - 1], "width") <= Number(bars[i], "x") + 0.02);
        Assert.Single(bars.Select(b => Math.Round(Number(b, "width"), 1)).Distinct());
    }

    [Fact]
    public void Half_a_gap_is_kept_at_both_ends_of_the_bars()
    {
        XElement svg = Draw("""[{"type":"bar","x":["a","b"],"y":[1,2]}]""", """{"bargap":0.5}""");
        (double left, _, double right, _) = PlotOf(svg);
        XElement[] bars = [.. Marks(svg, "rect")];
        Assert.Equal((right - left) / 8, Number(bars[0], "x") - left, 0.02);
        Assert.Equal((right - left) / 4, Number(bars[1], "width"), 0.02);
    }

    [Fact]
    public void Horizontal_bars_lie_along_x()
    {
        XElement svg = Draw("""[{"type":"bar","orientation":"h","y":["a","b"],"x":[50,100]}]""", """{"xaxis":{"range":[0,100]}}""");
        (double left, _, double right, _) = PlotOf(svg);
        XElement[] bars = [.. Marks(svg, "rect")];
        Assert.Equal(left, Number(bars[0], "x"), 0.02);
        Assert.Equal((right - left) / 2, Number(bars[0], "width"), 0.02);
        Assert.True(Number(bars[0], "y") > Number(bars[1], "y"), "the first category is at the bottom");
    }

    [Fact]
    public void A_bar_on_a_logarithmic_axis_begins_at_the_axis()
    {
        XElement svg = Draw("""[{"type":"bar","x":["a"],"y":[1000]}]""", """{"yaxis":{"type":"log","range":[0,6]}}""");
        (_, double top, _, double bottom) = PlotOf(svg);
        XElement bar = Marks(svg, "rect").Single();
        Assert.Equal((bottom - top) / 2, Number(bar, "height"), 0.6);
        Assert.Equal((top + bottom) / 2, Number(bar, "y"), 0.02);
    }

    [Fact]
    public void Error_bars_reach_from_the_low_to_the_high_end()
    {
        XElement svg = Draw("""[{"mode":"markers","x":[1],"y":[50],"error_y":{"type":"data","array":[20],"arrayminus":[40]}}]""", """{"yaxis":{"range":[0,100]}}""");
        (_, double top, _, double bottom) = PlotOf(svg);
        (double X, double Y)[] ends = [.. Points(Marks(svg, "path").First().Attribute("d")!.Value)];
        Assert.Equal(bottom - (bottom - top) * 0.1, ends[0].Y, 0.02);
        Assert.Equal(bottom - (bottom - top) * 0.7, ends[1].Y, 0.02);
    }

    [Fact]
    public void A_heat_map_has_one_cell_for_each_value_and_a_hole_for_each_missing_one()
    {
        JsonObject figure = Parse("""[{"type":"heatmap","z":[[1,2,3],[4,null,6]],"colorscale":[[0,"#000000"],[1,"#ff0000"]]}]""");
        XElement svg = Draw(figure);
        XElement[] cells = [.. Marks(svg, "rect")];
        Assert.Equal(5, cells.Length);
        Assert.Equal(5, StillPicture.Of(figure).MarkCount);
        (double left, double top, double right, double bottom) = PlotOf(svg);
        Assert.All(cells, c => Assert.Equal((right - left) / 3, Number(c, "width"), 0.02));
        Assert.All(cells, c => Assert.Equal((bottom - top) / 2, Number(c, "height"), 0.02));
        Assert.Equal(["#000000", "#330000", "#660000", "#990000", "#ff0000"], cells.Select(c => c.Attribute("fill")!.Value));
    }

    [Fact]
    public void A_fill_to_zero_ends_at_zero_and_the_axis_begins_there()
    {
        XElement svg = Draw("""[{"mode":"lines","x":[0,1,2],"y":[5,6,7],"fill":"tozeroy"}]""");
        (_, _, _, double bottom) = PlotOf(svg);
        XElement fill = Marks(svg, "path").First();
        Assert.Equal(bottom, Points(fill.Attribute("d")!.Value).Max(p => p.Y), 0.02);
    }

    [Fact]
    public void The_summary_is_the_description_and_the_title_the_title()
    {
        XElement svg = Draw("""[{"x":[1],"y":[1]}]""", """{"title":{"text":"Dirty <b>pages</b> &amp; more"},"meta":{"summary":"Most at 3 s: 5 < 6."}}""");
        Assert.Equal("Dirty pages & more", svg.Element(Svg + "title")!.Value);
        Assert.Equal("Most at 3 s: 5 < 6.", svg.Element(Svg + "desc")!.Value);
    }

    [Fact]
    public void Names_are_escaped()
    {
        XElement svg = Draw("""[{"mode":"lines","name":"<script>alert(1)</script>","x":[1,2],"y":[1,2]},{"mode":"lines","name":"a & \"b\"","x":["1","2"],"y":[2,1]}]""");
        Assert.Contains("<script>alert(1)</script>", Texts(svg));
        Assert.Contains("a & \"b\"", Texts(svg));
        Assert.DoesNotContain(svg.Descendants(), e => e.Name.LocalName == "script");
    }

    [Theory]
    [InlineData("""[{"type":"pie","values":[1,2]}]""", "{}", "pie")]
    [InlineData("""[{"type":"scatter3d","x":[1],"y":[1],"z":[1]}]""", "{}", "scatter3d")]
    [InlineData("""[{"x":[1,2],"y":[1,2],"line":{"shape":"spline"}}]""", "{}", "spline")]
    [InlineData("""[{"x":[1,2],"y":[1,2],"marker":{"symbol":"star-triangle-up"}}]""", "{}", "star-triangle-up")]
    [InlineData("""[{"x":[1,2],"y":[1,2],"stackgroup":"one"}]""", "{}", "stackgroup")]
    [InlineData("""[{"x":[1,2],"y":[1,2]}]""", """{"grid":{"rows":2,"columns":1}}""", "grid")]
    [InlineData("""[{"x":[1,2],"y":[1,2]}]""", """{"xaxis":{"tickformat":"0>20d"}}""", "0>20d")]
    [InlineData("""[{"x":[1,2],"y":[1,2]}]""", """{"shapes":[{"type":"path","path":"M0,0L1,1"}]}""", "path")]
    [InlineData("""[{"x":[1,2],"y":[1,2]}]""", """{"width":10}""", "size")]
    public void What_cannot_be_drawn_is_refused_by_name(string data, string layout, string named)
    {
        StillPicture picture = StillPicture.Of(Parse(data, layout));
        Assert.False(picture.IsDrawn);
        Assert.Contains(named, picture.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_outside_the_range_are_cut_at_the_plot()
    {
        XElement svg = Draw("""[{"mode":"lines","x":[-1000000,1000000],"y":[-1000000,1000000]}]""", """{"width":500,"height":400,"xaxis":{"range":[0,1]},"yaxis":{"range":[0,1]}}""");
        (double left, double top, double right, double bottom) = PlotOf(svg);
        List<(double X, double Y)> points = Points(Marks(svg, "path").Single().Attribute("d")!.Value);
        Assert.All(points, p => Assert.True(p.X >= left - 9 && p.X <= right + 9 && p.Y >= top - 9 && p.Y <= bottom + 9));
        // The line still passes through both corners.
        double slope = (points[1].Y - points[0].Y) / (points[1].X - points[0].X);
        Assert.Equal(-(bottom - top) / (right - left), slope, 0.01);
    }

    [Fact]
    public void The_same_figure_gives_the_same_bytes()
    {
        foreach (string name in ApprovedNames) Assert.Equal(StillPicture.Of(Example(name)).Svg, StillPicture.Of(Example(name)).Svg);
    }

    public static TheoryData<string> ApprovedNames => ["lines", "bars", "log", "heatmap", "notes"];

    [Theory]
    [MemberData(nameof(ApprovedNames))]
    public void Pictures_are_as_approved(string name)
    {
        StillPicture picture = StillPicture.Of(Example(name));
        Assert.True(picture.IsDrawn, picture.Refusal);
        Assert.True(picture.MarkCount > 0, "a picture without marks is blank");
        Approved.Text(Repository.PathOf("tests", "Workbench.Notebooks.Tests", "Pictures", "Approved", name + ".svg"), picture.Svg);
    }

    private static JsonObject Example(string name) =>
        (JsonObject)JsonNode.Parse(File.ReadAllText(Repository.PathOf("tests", "Workbench.Notebooks.Tests", "Pictures", "Approved", name + ".json")))!;

    private sealed class Near(double by) : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) <= by;

        public int GetHashCode(double value) => 0;
    }
}
