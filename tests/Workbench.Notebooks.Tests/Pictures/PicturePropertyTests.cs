using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsCheck;
using Workbench.Notebooks.Pictures;
using Xunit;
using static Workbench.Notebooks.Tests.Pictures.Figures;

namespace Workbench.Notebooks.Tests.Pictures;

public sealed partial class PicturePropertyTests
{
    private static readonly Gen<double> Numbers = Gen.OneOf(Gen.Double[-10, 10], Gen.Double[0, 1e6], Gen.Double[-1e300, 1e300], Gen.Const(0.0), Gen.Double[0, 1e-300], Gen.Int[-3, 3].Select(i => (double)i), Gen.Const(double.NaN));
    private static readonly Gen<string> Name = Gen.OneOf(Gen.String[Gen.Char["<>&\"'ab \u0001\u20ac\ud83d"], 0, 12], Gen.String[Gen.Char['a', 'z'], 0, 40]);

    private static readonly Gen<JsonNode> Data = Gen.OneOf(Numbers.Array[0, 12].Select(v => (JsonNode)List(v.Select(ToNode))), Name.Array[0, 6].Select(v => (JsonNode)List(v.Select(s => (JsonNode?)s))));

    private static readonly Gen<JsonObject> Trace = Gen.Select(OneOf("scatter", "bar", "heatmap"), Data, Numbers.Array[0, 12], OneOf("lines", "markers", "lines+markers", "text"), OneOf("none", "tozeroy", "tonexty"), OneOf("linear", "hv", "vhv"), Gen.Bool, Name)
        .Select((type, x, y, mode, fill, shape, errors, name) =>
        {
            JsonObject trace = new() { ["type"] = type, ["name"] = name, ["x"] = x.DeepClone() };
            if (type == "heatmap")
            {
                trace["z"] = new JsonArray(List(y.Select(ToNode)), List(y.Reverse().Select(ToNode)));
                return trace;
            }
            trace["y"] = List(y.Select(ToNode));
            if (type == "scatter") (trace["mode"], trace["fill"], trace["line"]) = (mode, fill, new JsonObject { ["shape"] = shape });
            if (errors) trace["error_y"] = new JsonObject { ["type"] = "percent", ["value"] = 30 };
            trace["text"] = name;
            return trace;
        });

    private static readonly Gen<JsonObject> Figure = Gen.Select(Trace.Array[0, 4], OneOf("linear", "log", "-"), OneOf("linear", "log", "category"), OneOf("group", "stack", "relative", "overlay"), Name, Gen.Int[250, 900], Gen.Bool)
        .Select((traces, x, y, bars, title, width, below) => new JsonObject
        {
            ["data"] = new JsonArray([.. traces.Select(t => t.DeepClone())]),
            ["layout"] = new JsonObject
            {
                ["width"] = width, ["height"] = 400, ["barmode"] = bars, ["title"] = title, ["xaxis"] = new JsonObject { ["type"] = x, ["title"] = title }, ["yaxis"] = new JsonObject { ["type"] = y, ["title"] = title },
                ["legend"] = below ? new JsonObject { ["orientation"] = "h", ["y"] = -0.2 } : new JsonObject(),
            },
        });

    [Fact]
    public void Every_figure_gives_a_sound_picture_or_a_reason() => Figure.Sample(figure =>
    {
        StillPicture picture = StillPicture.Of(figure);
        if (!picture.IsDrawn) return picture.Refusal.Length > 20;
        XElement svg = XElement.Parse(picture.Svg);
        (double left, double top, double right, double bottom) = PlotOf(svg);
        if (!(left >= 0 && top >= 0 && right <= Number(svg, "width") && bottom <= Number(svg, "height"))) return false;
        foreach (XElement element in svg.Descendants())
        {
            foreach (XAttribute attribute in element.Attributes().Where(a => a.Name.LocalName is "x" or "y" or "cx" or "cy" or "r" or "width" or "height" or "x1" or "y1" or "font-size"))
                if (!double.TryParse(attribute.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number) || (attribute.Name.LocalName is "width" or "height" or "r" && number < 0)) return false;
            if (element.Attribute("d") is { } path && !PathData().IsMatch(path.Value)) return false;
        }
        // Marks reach at most some pixels beyond the plot, where they are clipped.
        foreach (XElement mark in Marks(svg, "path").Where(p => !p.Parent!.Elements(Svg + "circle").Any()))
            if (Points(mark.Attribute("d")!.Value).Any(p => p.X < left - 20 || p.X > right + 20 || p.Y < top - 20 || p.Y > bottom + 20)) return false;
        foreach (XElement mark in Marks(svg, "circle"))
            if (Number(mark, "cx") < left - 0.1 || Number(mark, "cx") > right + 0.1 || Number(mark, "cy") < top - 0.1 || Number(mark, "cy") > bottom + 0.1) return false;
        foreach (XElement mark in Marks(svg, "rect"))
            if (Number(mark, "x") < left - 5 || Number(mark, "x") + Number(mark, "width") > right + 5 || Number(mark, "y") < top - 5 || Number(mark, "y") + Number(mark, "height") > bottom + 5) return false;
        return true;
    }, iter: 1000);

    [Fact]
    public void Every_point_of_an_automatic_range_is_in_the_picture() => Gen.Double[-1e6, 1e6].Array[1, 20].Sample(values =>
    {
        StillPicture picture = StillPicture.Of(new()
        {
            ["data"] = new JsonArray(new JsonObject { ["mode"] = "markers", ["x"] = List(values.Select(ToNode)), ["y"] = List(values.Reverse().Select(ToNode)) }), ["layout"] = new JsonObject(),
        });
        return picture.MarkCount == values.Length;
    });

    [Fact]
    public void Ticks_ascend_inside_the_range() => Gen.Select(Gen.Double[-1e9, 1e9], Gen.Double[1e-6, 1e9], Gen.Int[20, 2000], Gen.Enum<AxisKind>()).Sample((low, span, length, kind) =>
    {
        if (kind == AxisKind.Log) (low, span) = (low / 1e7, span / 1e7);
        List<Tick> ticks = Ticks.Of(new Axis("x", default, 12, kind), low, low + span, length);
        return ticks.Count <= 1000 && ticks.All(t => t.At >= low - span * 1e-6 && t.At <= low + span * (1 + 1e-6)) && ticks.Zip(ticks.Skip(1), (a, b) => a.At < b.At).All(ascends => ascends);
    });

    private static JsonNode? ToNode(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static JsonArray List(IEnumerable<JsonNode?> items) => new JsonArray([.. items]);

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static double Number(XElement element, string attribute) => Figures.Number(element, attribute);

    [GeneratedRegex(@"^(M-?\d+(\.\d+)?,-?\d+(\.\d+)?(L-?\d+(\.\d+)?,-?\d+(\.\d+)?)*Z?)*$")]
    private static partial Regex PathData();
}
