using System.Text;

namespace Workbench.Notebooks.Pictures;

/// <summary>SVG path data for lines through points: only what lies in the plot area, and no more points than pixels can show.</summary>
internal static class LinePath
{
    /// <summary>Inserts the corners of a stepped line (hv, vh, hvh, vhv); other shapes are straight.</summary>
    public static List<(double X, double Y)> Shape(IReadOnlyList<(double X, double Y)> points, string? shape)
    {
        List<(double X, double Y)> shaped = [];
        for (int i = 0; i < points.Count; i++)
        {
            if (i > 0)
            {
                (double X, double Y) a = points[i - 1], b = points[i];
                switch (shape)
                {
                    case "hv": shaped.Add((b.X, a.Y)); break;
                    case "vh": shaped.Add((a.X, b.Y)); break;
                    case "hvh": shaped.AddRange([((a.X + b.X) / 2, a.Y), ((a.X + b.X) / 2, b.Y)]); break;
                    case "vhv": shaped.AddRange([(a.X, (a.Y + b.Y) / 2), (b.X, (a.Y + b.Y) / 2)]); break;
                }
            }
            shaped.Add(points[i]);
        }
        return shaped;
    }

    /// <summary>Splits points where one has no place; with <paramref name="connect"/> such points are left out instead.</summary>
    public static List<List<(double X, double Y)>> Runs(IEnumerable<(double X, double Y)> points, bool connect)
    {
        List<List<(double X, double Y)>> runs = [];
        bool broken = true;
        foreach ((double X, double Y) point in points)
        {
            if (!double.IsFinite(point.X) || !double.IsFinite(point.Y))
            {
                broken |= !connect;
                continue;
            }
            if (broken) runs.Add([]);
            broken = false;
            runs[^1].Add(point);
        }
        return runs;
    }

    /// <summary>Path data of one open line.</summary>
    public static string Open(IReadOnlyList<(double X, double Y)> points, PlotArea area)
    {
        StringBuilder path = new();
        IReadOnlyList<(double X, double Y)> thinned = Thin(points, area);
        PlotArea wide = area.Grown(8);
        string last = "";
        for (int i = 1; i < thinned.Count; i++)
        {
            if (wide.Clip(thinned[i - 1].X, thinned[i - 1].Y, thinned[i].X, thinned[i].Y) is not var (x1, y1, x2, y2)) continue;
            string from = Pair(x1, y1), to = Pair(x2, y2);
            if (from == to) continue;
            if (from != last) path.Append('M').Append(from);
            path.Append('L').Append(to);
            last = to;
        }
        return path.ToString();
    }

    /// <summary>Path data of one filled shape.</summary>
    public static string Closed(List<(double X, double Y)> polygon, PlotArea area)
    {
        List<(double X, double Y)> inside = area.Grown(8).Clip(polygon);
        if (inside.Count < 3) return "";
        StringBuilder path = new();
        string last = "";
        foreach ((double x, double y) in inside)
        {
            string pair = Pair(x, y);
            if (pair == last) continue;
            path.Append(path.Length == 0 ? 'M' : 'L').Append(pair);
            last = pair;
        }
        return path.Append('Z').ToString();
    }

    public static string Pair(double x, double y) => SvgWriter.Number(x) + "," + SvgWriter.Number(y);

    // Where many points share a pixel column, the first, lowest, highest and last draw the same picture.
    private static IReadOnlyList<(double X, double Y)> Thin(IReadOnlyList<(double X, double Y)> points, PlotArea area)
    {
        if (points.Count <= 8 * Math.Max(1, area.Width)) return points;
        List<(double X, double Y)> kept = [];
        for (int from = 0; from < points.Count;)
        {
            double column = Math.Floor(points[from].X);
            int to = from, low = from, high = from;
            for (; to < points.Count && Math.Floor(points[to].X) == column; to++)
            {
                if (points[to].Y < points[low].Y) low = to;
                if (points[to].Y > points[high].Y) high = to;
            }
            foreach (int i in new SortedSet<int> { from, low, high, to - 1 }) kept.Add(points[i]);
            from = to;
        }
        return kept;
    }
}
