namespace Workbench.Notebooks.Pictures;

/// <summary>Error bars of one trace along one axis: how far each value may lie below and above.</summary>
internal sealed class ErrorBars
{
    private readonly Settings settings;
    private readonly PerPoint above, below;
    private readonly string type;

    private ErrorBars(Settings settings)
    {
        this.settings = settings;
        type = settings.Text("type") ?? (settings.List("array") is not null ? "data" : "percent");
        bool symmetric = settings.Flag("symmetric") ?? !(settings.Node("arrayminus") is not null || settings.Node("valueminus") is not null);
        string value = type == "data" ? "array" : "value";
        above = new(settings.Node(value));
        below = symmetric ? above : new(settings.Node(value + "minus"));
    }

    /// <summary>The trace's error bars, or null when it has none.</summary>
    public static ErrorBars? Read(Settings settings) =>
        settings.Flag("visible") ?? (settings.Node("array") is not null || settings.Node("value") is not null) ? new(settings) : null;

    /// <summary>The ends about a value, in data units; an end that is not set is the value itself.</summary>
    public (double Low, double High) Ends(int index, double value)
    {
        double up = above.Number(index) ?? 0, down = below.Number(index) ?? 0;
        return type switch
        {
            "percent" => (value - Math.Abs(value) * down / 100, value + Math.Abs(value) * up / 100),
            "sqrt" => (value - Math.Sqrt(Math.Abs(value)), value + Math.Sqrt(Math.Abs(value))),
            _ => (value - down, value + up),
        };
    }

    /// <summary>Draws one bar from end to end along the axis; <paramref name="across"/> is the pixel on the other axis.</summary>
    public void Draw(SvgWriter svg, Axis along, double low, double high, double across, PlotArea area, string colour, double capPx)
    {
        double from = along.Scale.ToPixel(low), to = along.Scale.ToPixel(high);
        bool openEnded = !double.IsFinite(low);
        if (openEnded) from = along.Scale.Start;
        if (!double.IsFinite(from) || !double.IsFinite(to) || !double.IsFinite(across) || from == to) return;
        string stroke = settings.Text("color") ?? colour;
        double thickness = settings.Number("thickness") ?? 2, cap = settings.Number("width") ?? capPx;
        PlotArea wide = area.Grown(8);
        if (along.IsX)
        {
            Segment(from, across, to, across);
            Segment(to, across - cap, to, across + cap);
            if (!openEnded) Segment(from, across - cap, from, across + cap);
        }
        else
        {
            Segment(across, from, across, to);
            Segment(across - cap, to, across + cap, to);
            if (!openEnded) Segment(across - cap, from, across + cap, from);
        }

        void Segment(double x1, double y1, double x2, double y2)
        {
            if (wide.Clip(x1, y1, x2, y2) is var (a, b, c, d)) svg.Line(a, b, c, d, stroke, thickness);
        }
    }
}
