using System.Globalization;
using Microsoft.FSharp.Collections;
using Plotly.NET;
using Dyn = DynamicObj.DynamicObj;

namespace Workbench.Analysis.Figures;

/// <summary>A chart being put together: traces of type scatter, bar and heatmap over two axes, in the house style.</summary>
internal sealed class Drawing(string title)
{
    // More entries than fit above the plot in one line go to its right.
    private const int MostLegendCharacters = 84;
    private const int MostLegendEntries = 4;

    private readonly List<Trace> traces = [];
    private readonly List<Dyn> annotations = [];
    private readonly List<string> legend = [];
    private Dyn? xAxis, yAxis;
    private string? barMode;

    /// <summary>How many series there are so far: the next one's colour.</summary>
    public int Series { get; private set; }

    /// <summary>Says what the axes show.</summary>
    public void Axes(Scale x, Scale y) => (xAxis, yAxis) = (x.ToJson(), y.ToJson());

    /// <summary>A line; a null breaks it.</summary>
    public void Line(string name, IEnumerable<double> x, IEnumerable<double?> y, string? shape = null, bool markers = false, int? series = null, string[]? hover = null)
    {
        int at = series ?? Series;
        Trace trace = New("scatter", name);
        trace.SetProperty("mode", markers ? "lines+markers" : "lines");
        trace.SetProperty("x", x.ToArray());
        trace.SetProperty("y", y.ToArray());
        trace.SetProperty("line", Json.Of(("color", Theme.ColourOf(at)), ("width", 2), ("dash", Theme.DashOf(at)), ("shape", shape)));
        if (markers) trace.SetProperty("marker", Json.Of(("color", Theme.ColourOf(at)), ("symbol", Theme.SymbolOf(at)), ("size", 8)));
        Hover(trace, hover);
        Add(trace, name);
    }

    /// <summary>A thin line that goes with the line of a series and has no entry in the legend.</summary>
    public void Thin(string name, IEnumerable<double> x, IEnumerable<double?> y, int series)
    {
        Trace trace = New("scatter", name);
        trace.SetProperty("mode", "lines");
        trace.SetProperty("x", x.ToArray());
        trace.SetProperty("y", y.ToArray());
        trace.SetProperty("line", Json.Of(("color", Theme.ColourOf(series)), ("width", 1), ("dash", Theme.DashOf(series))));
        trace.SetProperty("hoverinfo", "skip");
        Add(trace, name);
    }

    /// <summary>Points; hollow ones are set apart as wrong.</summary>
    public void Points(string name, IEnumerable<double?> x, IEnumerable<double?> y, string[] hover, bool isHollow, int series)
    {
        Trace trace = New("scatter", name);
        trace.SetProperty("mode", "markers");
        trace.SetProperty("x", x.ToArray());
        trace.SetProperty("y", y.ToArray());
        trace.SetProperty("marker", Json.Of(("color", Theme.ColourOf(series)), ("symbol", Theme.SymbolOf(series) + (isHollow ? "-open" : "")), ("size", 9), ("line", Json.Of(("color", isHollow ? Theme.ColourOf(series) : Theme.Ink), ("width", isHollow ? 2 : 0.5)))));
        Hover(trace, hover);
        Add(trace, name);
    }

    /// <summary>A line that leads the eye and has no entry in the legend.</summary>
    public void Guide(string name, IEnumerable<double?> x, IEnumerable<double?> y)
    {
        Trace trace = New("scatter", name);
        trace.SetProperty("mode", "lines");
        trace.SetProperty("x", x.ToArray());
        trace.SetProperty("y", y.ToArray());
        trace.SetProperty("line", Json.Of(("color", Theme.Muted), ("width", 1.5), ("dash", "dot")));
        trace.SetProperty("hoverinfo", "skip");
        Add(trace, name);
    }

    /// <summary>Bars, side by side or stacked.</summary>
    public void Bars(string name, IEnumerable<string> x, IEnumerable<double?> y, bool stacked, string[]? hover = null)
    {
        barMode = stacked ? "stack" : "group";
        Trace trace = New("bar", name);
        trace.SetProperty("x", x.ToArray());
        trace.SetProperty("y", y.ToArray());
        trace.SetProperty("marker", Json.Of(("color", Theme.ColourOf(Series)), ("line", Json.Of(("color", Theme.Ink), ("width", 0.6)))));
        Hover(trace, hover);
        Add(trace, name);
    }

    /// <summary>Ranges: a bar from low to high around each value, drawn over what is there.</summary>
    public void Ranges(string name, IEnumerable<string> x, IReadOnlyList<double> low, IReadOnlyList<double> value, IReadOnlyList<double> high)
    {
        Trace trace = New("scatter", name);
        trace.SetProperty("mode", "markers");
        trace.SetProperty("x", x.ToArray());
        trace.SetProperty("y", value.ToArray());
        trace.SetProperty("marker", Json.Of(("color", Theme.Ink), ("symbol", "circle"), ("size", 5)));
        trace.SetProperty("error_y", Json.Of(("type", "data"), ("symmetric", false), ("array", high.Zip(value, (h, v) => h - v).ToArray()), ("arrayminus", value.Zip(low, (v, l) => v - l).ToArray()), ("color", Theme.Ink), ("thickness", 1.5), ("width", 6)));
        Add(trace, name);
    }

    /// <summary>A map of cells of logarithms to base 10; null is an empty one. Darker is more.</summary>
    public void Map(IEnumerable<double> x, IEnumerable<string> y, double?[][] z, string scale)
    {
        double[] ticks = [.. Enumerable.Range(0, (int)Math.Floor(z.SelectMany(row => row).Max() ?? 0) + 1).Select(k => (double)k)];
        Trace trace = new("heatmap");
        trace.SetProperty("x", x.ToArray());
        trace.SetProperty("y", y.ToArray());
        trace.SetProperty("z", z);
        trace.SetProperty("colorscale", new object[][] { [0.0, "#D6E6F2"], [0.5, "#4A97C9"], [1.0, "#06304F"] });
        trace.SetProperty("colorbar", Json.Of(("title", Json.Of(("text", scale), ("side", "right"))), ("thickness", 16), ("outlinewidth", 0), ("tickmode", "array"), ("tickvals", ticks), ("ticktext", ticks.Select(t => Math.Pow(10, t).ToString("n0", CultureInfo.InvariantCulture)).ToArray())));
        traces.Add(trace);
    }

    /// <summary>A sentence in the middle of the plot, in place of data.</summary>
    public void Say(string sentence) => annotations.Add(Json.Of(
        ("text", sentence), ("xref", "paper"), ("yref", "paper"), ("x", 0.5), ("y", 0.5), ("xanchor", "center"), ("yanchor", "middle"), ("showarrow", false), ("font", Json.Of(("size", 15), ("color", Theme.Muted)))));

    /// <summary>A sentence in small letters at the top left of the plot, or at its bottom right: what a reader of the lines must know.</summary>
    public void Note(string sentence, bool isAtBottom = false) => annotations.Add(Json.Of(
        ("text", sentence), ("xref", "paper"), ("yref", "paper"), ("x", isAtBottom ? 0.99 : 0.01), ("y", isAtBottom ? 0.01 : 0.99), ("xanchor", isAtBottom ? "right" : "left"), ("yanchor", isAtBottom ? "bottom" : "top"), ("showarrow", false), ("font", Json.Of(("size", 11), ("color", Theme.Muted)))));

    /// <summary>A word beside a point of the plot; on logarithmic axes the place is given as its exponent, as plotly wants it.</summary>
    public void Label(double x, double y, string text, bool isLeftOfPoint) => annotations.Add(Json.Of(
        ("text", text), ("x", x), ("y", y), ("xanchor", isLeftOfPoint ? "right" : "left"), ("yanchor", "middle"), ("xshift", isLeftOfPoint ? -8 : 8), ("showarrow", false), ("font", Json.Of(("size", 11), ("color", Theme.Muted)))));

    /// <summary>The chart, with a summary for those who do not see it.</summary>
    public GenericChart Build(string summary)
    {
        // An empty line keeps the axes where there is nothing to draw.
        if (traces.Count == 0) Line("", [], []);
        bool isAbove = legend.Count <= MostLegendEntries && legend.Sum(n => n.Length + 6) <= MostLegendCharacters;
        Layout layout = new();
        layout.SetProperty("template", Theme.Template());
        layout.SetProperty("title", Json.Of(("text", title)));
        layout.SetProperty("width", Theme.Width);
        layout.SetProperty("height", Theme.Height);
        layout.SetProperty("meta", Json.Of(("summary", summary)));
        if (barMode is not null) layout.SetProperty("barmode", barMode);
        if (xAxis is not null) layout.SetProperty("xaxis", xAxis);
        if (yAxis is not null) layout.SetProperty("yaxis", yAxis);
        layout.SetProperty("showlegend", legend.Count > 1);
        if (legend.Count > 1) layout.SetProperty("legend", isAbove
            ? Json.Of(("orientation", "h"), ("x", 0), ("xanchor", "left"), ("y", 1.02), ("yanchor", "bottom"))
            : Json.Of(("orientation", "v"), ("x", 1.02), ("xanchor", "left"), ("y", 1), ("yanchor", "top")));
        if (annotations.Count > 0) layout.SetProperty("annotations", annotations.ToArray());
        Config config = new();
        config.SetProperty("responsive", true);
        return GenericChart.NewMultiChart(ListModule.OfSeq(traces), layout, config, DisplayOptions.initCDNOnly());
    }

    private static Trace New(string type, string name)
    {
        Trace trace = new(type);
        trace.SetProperty("name", name);
        return trace;
    }

    private static void Hover(Trace trace, string[]? hover)
    {
        if (hover is null) return;
        trace.SetProperty("text", hover);
        trace.SetProperty("hoverinfo", "text");
        if (trace.type == "bar") trace.SetProperty("textposition", "none");
    }

    private void Add(Trace trace, string name)
    {
        bool shown = name.Length > 0 && trace.Properties.GetValueOrDefault("hoverinfo") as string != "skip";
        trace.SetProperty("showlegend", shown);
        if (shown) legend.Add(name);
        traces.Add(trace);
        Series++;
    }
}
