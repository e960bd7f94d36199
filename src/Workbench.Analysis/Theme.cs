using Plotly.NET;
using Workbench.Analysis.Figures;
using Dyn = DynamicObj.DynamicObj;

namespace Workbench.Analysis;

/// <summary>
/// How charts look: white ground, one font, the colours of Okabe and Ito in a fixed order, which colour-blind readers tell apart, and a dash and
/// a marker for each colour, so that lines can be told apart on grey paper too.
/// </summary>
public static class Theme
{
    /// <summary>Fonts of every system, the first one there is is taken; nothing is loaded.</summary>
    public const string FontFamily = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";
    /// <summary>Size of text, pixels.</summary>
    public const int FontSize = 13;
    /// <summary>Size of titles, pixels.</summary>
    public const int TitleSize = 16;
    /// <summary>Width of a chart, pixels.</summary>
    public const int Width = 800;
    /// <summary>Height of a chart, pixels.</summary>
    public const int Height = 450;

    internal const string Ink = "#222222", Axis = "#555555", Grid = "#E3E3E3", Paper = "#FFFFFF", Muted = "#6E6E6E";

    /// <summary>Colours of the series in order: Okabe and Ito's blue, vermilion, green, purple, orange, sky blue, black, yellow (jfly.uni-koeln.de/color). The ninth series begins anew.</summary>
    public static IReadOnlyList<string> Palette { get; } = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"];

    /// <summary>Dashes of the series in order, as plotly names them.</summary>
    public static IReadOnlyList<string> Dashes { get; } = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

    /// <summary>Markers of the series in order, as plotly names them.</summary>
    public static IReadOnlyList<string> Symbols { get; } = ["circle", "square", "diamond", "triangle-up", "x", "cross", "triangle-down", "star"];

    /// <summary>Gives a chart of one's own the look of the house charts: template, size, and the summary that is read in place of the picture.</summary>
    public static GenericChart WithTheme(this GenericChart chart, string? summary = null)
    {
        ArgumentNullException.ThrowIfNull(chart);
        Layout layout = new();
        layout.SetProperty("template", Template());
        layout.SetProperty("width", Width);
        layout.SetProperty("height", Height);
        if (summary is not null) layout.SetProperty("meta", Json.Of(("summary", summary)));
        return GenericChart.addLayout(layout, chart);
    }

    /// <summary>The colour of a series, numbered from 0.</summary>
    internal static string ColourOf(int series) => Palette[series % Palette.Count];

    internal static string DashOf(int series) => Dashes[series % Dashes.Count];

    internal static string SymbolOf(int series) => Symbols[series % Symbols.Count];

    /// <summary>The layout template: what a chart does not say itself is taken from here.</summary>
    internal static Dyn Template() => Json.Of(("layout", Json.Of(
        ("font", Json.Of(("family", FontFamily), ("size", FontSize), ("color", Ink))),
        ("title", Json.Of(("font", Json.Of(("size", TitleSize))), ("x", 0.02), ("xanchor", "left"))),
        ("colorway", Palette.ToArray()), ("paper_bgcolor", Paper), ("plot_bgcolor", Paper),
        ("margin", Json.Of(("l", 76), ("r", 24), ("t", 84), ("b", 60))),
        ("xaxis", AxisStyle()), ("yaxis", AxisStyle()),
        ("legend", Json.Of(("bgcolor", "rgba(255,255,255,0)"), ("borderwidth", 0))),
        ("hoverlabel", Json.Of(("namelength", -1))))),
        ("data", new Dyn()));

    private static Dyn AxisStyle() => Json.Of(
        ("showgrid", true), ("gridcolor", Grid), ("showline", true), ("linecolor", Axis), ("linewidth", 1), ("ticks", "outside"), ("tickcolor", Axis), ("zeroline", false), ("automargin", true),
        ("title", Json.Of(("standoff", 10))));
}
