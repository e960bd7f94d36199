using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Workbench.Notebooks.Pictures;
using Xunit;

namespace Workbench.Notebooks.Tests.Pictures;

/// <summary>Small figures, and what lies where in their pictures.</summary>
internal static class Figures
{
    public static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static JsonObject Parse(string data, string layout = "{}") => new() { ["data"] = JsonNode.Parse(data), ["layout"] = JsonNode.Parse(layout) };

    /// <summary>Draws a figure that must be drawable, and reads the picture back.</summary>
    public static XElement Draw(JsonObject figure)
    {
        StillPicture picture = StillPicture.Of(figure);
        Assert.True(picture.IsDrawn, picture.Refusal);
        return XElement.Parse(picture.Svg);
    }

    public static XElement Draw(string data, string layout = "{}") => Draw(Parse(data, layout));

    /// <summary>The rectangle the marks are clipped to, half a pixel around the plot.</summary>
    public static (double Left, double Top, double Right, double Bottom) PlotOf(XElement svg)
    {
        XElement rectangle = svg.Elements(Svg + "clipPath").First(c => (string?)c.Attribute("id") == "plot").Elements().Single();
        (double x, double y) = (Number(rectangle, "x"), Number(rectangle, "y"));
        return (x, y, x + Number(rectangle, "width"), y + Number(rectangle, "height"));
    }

    public static IEnumerable<XElement> Marks(XElement svg, string element) => svg.Descendants(Svg + "g").Where(g => (string?)g.Attribute("class") == "marks").SelectMany(g => g.Descendants(Svg + element));

    public static IEnumerable<string> Texts(XElement svg) => svg.Descendants(Svg + "text").Select(t => t.Value.Replace("\u200b", "", StringComparison.Ordinal));

    public static XElement Text(XElement svg, string text) => svg.Descendants(Svg + "text").Single(t => t.Value.Replace("\u200b", "", StringComparison.Ordinal) == text);

    public static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    /// <summary>Every number of an SVG path, in pairs.</summary>
    public static List<(double X, double Y)> Points(string path)
    {
        double[] numbers = [.. path.Split(['M', 'L', 'Z', ','], StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        return [.. Enumerable.Range(0, numbers.Length / 2).Select(i => (numbers[2 * i], numbers[2 * i + 1]))];
    }
}
