using System.Globalization;
using System.Text;

namespace Workbench.Notebooks.Pictures;

/// <summary>Shapes of markers, in units of the marker's radius, y downwards.</summary>
internal static class MarkerSymbol
{
    private const double T = 1.1547, D = 1.3, C1 = 0.4, C2 = 1.2, H = 0.866;

    // The arms of an x: a cross turned by 45 degrees.
    private const double X0 = 0.566, X1 = 1.131;

    private static readonly (double X, double Y)[] Empty = [];

    private static readonly Dictionary<string, (double X, double Y)[]> Outlines = new(StringComparer.Ordinal)
    {
        ["circle"] = Empty,
        ["square"] = [(1, 1), (-1, 1), (-1, -1), (1, -1)],
        ["diamond"] = [(D, 0), (0, D), (-D, 0), (0, -D)],
        ["diamond-tall"] = [(0.7, 0), (0, 1.4), (-0.7, 0), (0, -1.4)],
        ["diamond-wide"] = [(1.4, 0), (0, 0.7), (-1.4, 0), (0, -0.7)],
        ["cross"] = [(C2, C1), (C1, C1), (C1, C2), (-C1, C2), (-C1, C1), (-C2, C1), (-C2, -C1), (-C1, -C1), (-C1, -C2), (C1, -C2), (C1, -C1), (C2, -C1)],
        ["x"] = [(0, X0), (X0, X1), (X1, X0), (X0, 0), (X1, -X0), (X0, -X1), (0, -X0), (-X0, -X1), (-X1, -X0), (-X0, 0), (-X1, X0), (-X0, X1)],
        ["triangle-up"] = [(-T, 0.5), (T, 0.5), (0, -1)],
        ["triangle-down"] = [(-T, -0.5), (T, -0.5), (0, 1)],
        ["triangle-left"] = [(0.5, -T), (0.5, T), (-1, 0)],
        ["triangle-right"] = [(-0.5, -T), (-0.5, T), (1, 0)],
        ["pentagon"] = [(0.951, -0.309), (0.588, 0.809), (-0.588, 0.809), (-0.951, -0.309), (0, -1)],
        ["hexagon"] = [(H, -0.5), (H, 0.5), (0, 1), (-H, 0.5), (-H, -0.5), (0, -1)],
        ["star"] = [.. Enumerable.Range(0, 10).Select(i => (Radius: i % 2 == 0 ? 1.4 : 0.535, Angle: Math.PI * (i / 5.0 - 0.5))).Select(p => (p.Radius * Math.Cos(p.Angle), p.Radius * Math.Sin(p.Angle)))],
        ["hourglass"] = [(1, 1), (-1, 1), (1, -1), (-1, -1)],
        ["bowtie"] = [(1, 1), (1, -1), (-1, 1), (-1, -1)],
    };

    // Strokes only: pairs of ends.
    private static readonly Dictionary<string, (double X, double Y)[]> Strokes = new(StringComparer.Ordinal)
    {
        ["cross-thin"] = [(0, 1.4), (0, -1.4), (1.4, 0), (-1.4, 0)],
        ["x-thin"] = [(1, 1), (-1, -1), (1, -1), (-1, 1)],
        ["asterisk"] = [(0, 1.2), (0, -1.2), (1.2, 0), (-1.2, 0), (0.85, 0.85), (-0.85, -0.85), (0.85, -0.85), (-0.85, 0.85)],
        ["line-ew"] = [(1.4, 0), (-1.4, 0)],
        ["line-ns"] = [(0, 1.4), (0, -1.4)],
    };

    private static readonly Dictionary<int, string> Numbers = new()
    {
        [0] = "circle", [1] = "square", [2] = "diamond", [3] = "cross", [4] = "x", [5] = "triangle-up", [6] = "triangle-down", [7] = "triangle-left", [8] = "triangle-right", [13] = "pentagon",
        [14] = "hexagon", [17] = "star", [23] = "hourglass", [25] = "bowtie", [33] = "cross-thin", [34] = "x-thin", [35] = "asterisk", [28] = "diamond-tall", [29] = "diamond-wide", [41] = "line-ew", [42] = "line-ns",
    };

    /// <summary>Whether a name or number is one of the supported symbols.</summary>
    public static bool IsKnown(string symbol) => Outlines.ContainsKey(Base(symbol).Name) || Strokes.ContainsKey(Base(symbol).Name);

    /// <summary>Whether the symbol is drawn in outline: its colour is that of the stroke.</summary>
    public static bool IsOpen(string symbol) => Base(symbol).Open || Strokes.ContainsKey(Base(symbol).Name);

    /// <summary>Draws one symbol about a centre.</summary>
    public static void Draw(SvgWriter svg, string symbol, double x, double y, double radius, params ReadOnlySpan<(string Name, string? Value)> paint)
    {
        string name = Base(symbol).Name;
        if (name == "circle")
        {
            svg.Element("circle", [("cx", SvgWriter.Number(x)), ("cy", SvgWriter.Number(y)), ("r", SvgWriter.Number(radius)), .. paint]);
            return;
        }
        StringBuilder path = new();
        bool strokes = Strokes.TryGetValue(name, out (double X, double Y)[]? points);
        points ??= Outlines.GetValueOrDefault(name, Empty);
        for (int i = 0; i < points.Length; i++)
            path.Append(strokes && i % 2 == 0 || i == 0 ? 'M' : 'L').Append(LinePath.Pair(x + points[i].X * radius, y + points[i].Y * radius));
        svg.Element("path", [("d", strokes ? path.ToString() : path.Append('Z').ToString()), .. paint]);
    }

    private static (string Name, bool Open) Base(string symbol)
    {
        if (int.TryParse(symbol, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return (Numbers.GetValueOrDefault(number % 100, symbol), number / 100 is 1 or 3);
        bool open = symbol.Contains("-open", StringComparison.Ordinal);
        return (symbol.Replace("-open", "", StringComparison.Ordinal).Replace("-dot", "", StringComparison.Ordinal), open);
    }
}
