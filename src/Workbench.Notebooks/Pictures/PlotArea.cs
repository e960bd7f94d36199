namespace Workbench.Notebooks.Pictures;

/// <summary>A rectangle in pixels, y downwards, and what of lines and polygons lies in it.</summary>
internal readonly record struct PlotArea(double Left, double Top, double Right, double Bottom)
{
    public double Width => Right - Left;

    public double Height => Bottom - Top;

    public PlotArea Grown(double by) => new(Left - by, Top - by, Right + by, Bottom + by);

    public bool Contains(double x, double y) => x >= Left && x <= Right && y >= Top && y <= Bottom;

    /// <summary>The part of a segment inside (Liang–Barsky), or null when none is.</summary>
    public (double X1, double Y1, double X2, double Y2)? Clip(double x1, double y1, double x2, double y2)
    {
        double enter = 0, leave = 1, dx = x2 - x1, dy = y2 - y1;
        if (!Cut(-dx, x1 - Left, ref enter, ref leave) || !Cut(dx, Right - x1, ref enter, ref leave) || !Cut(-dy, y1 - Top, ref enter, ref leave) || !Cut(dy, Bottom - y1, ref enter, ref leave)) return null;
        return (x1 + enter * dx, y1 + enter * dy, leave == 1 ? x2 : x1 + leave * dx, leave == 1 ? y2 : y1 + leave * dy);

        static bool Cut(double towards, double room, ref double enter, ref double leave)
        {
            if (towards == 0) return room >= 0;
            double share = room / towards;
            if (towards < 0) enter = Math.Max(enter, share);
            else leave = Math.Min(leave, share);
            return enter <= leave;
        }
    }

    /// <summary>The part of a polygon inside (Sutherland–Hodgman); empty when none is.</summary>
    public List<(double X, double Y)> Clip(List<(double X, double Y)> polygon)
    {
        (double left, double top, double right, double bottom) = (Left, Top, Right, Bottom);
        polygon = Side(polygon, p => p.X - left);
        polygon = Side(polygon, p => right - p.X);
        polygon = Side(polygon, p => p.Y - top);
        return Side(polygon, p => bottom - p.Y);

        static List<(double X, double Y)> Side(List<(double X, double Y)> points, Func<(double X, double Y), double> inside)
        {
            List<(double X, double Y)> kept = [];
            for (int i = 0; i < points.Count; i++)
            {
                (double X, double Y) a = points[i], b = points[(i + 1) % points.Count];
                double da = inside(a), db = inside(b);
                if (da >= 0) kept.Add(a);
                if ((da >= 0) != (db >= 0)) kept.Add((a.X + (b.X - a.X) * (da / (da - db)), a.Y + (b.Y - a.Y) * (da / (da - db))));
            }
            return kept;
        }
    }
}
