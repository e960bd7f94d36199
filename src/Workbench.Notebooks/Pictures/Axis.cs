using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>One axis of a figure: its kind, its names, what its range must hold, and, once laid out, its scale and ticks.</summary>
internal sealed class Axis
{
    private readonly Dictionary<string, int> indexes = new(StringComparer.Ordinal);
    private readonly List<string> categories = [];

    public Axis(string id, Settings settings, double fontSize, AxisKind kind)
    {
        (Id, Settings, Kind) = (id, settings, kind);
        TickFontSize = settings["tickfont"].Number("size") ?? fontSize;
        foreach (JsonNode? name in settings.List("categoryarray") ?? []) IndexOf(name);
    }

    /// <summary>x, y, x2, y2 … as traces refer to it.</summary>
    public string Id { get; }

    public bool IsX => Id[0] == 'x';

    public Settings Settings { get; }

    public AxisKind Kind { get; }

    public double TickFontSize { get; }

    /// <summary>Names of a category axis in order of index.</summary>
    public IReadOnlyList<string> Categories => categories;

    /// <summary>What the range must hold unless the figure sets it.</summary>
    public Extent Extent { get; } = new();

    public Scale Scale { get; set; }

    public IReadOnlyList<Tick> Ticks { get; set; } = [];

    /// <summary>The axis coordinate of one number: itself, or its logarithm (not a number for zero or less).</summary>
    public double FromNumber(double value) => Kind != AxisKind.Log ? value : value > 0 ? Math.Log10(value) : double.NaN;

    /// <summary>The axis coordinate of one datum; not a number when it has no place here.</summary>
    public double Coordinate(JsonNode? datum) => Kind switch
    {
        AxisKind.Category => datum is null ? double.NaN : IndexOf(datum),
        AxisKind.Date => datum is null ? double.NaN : datum.GetValueKind() == JsonValueKind.String ? DateFormat.Parse(datum.GetValue<string>()) : Settings.NumberOf(datum) ?? double.NaN,
        _ => FromNumber(Settings.NumberOf(datum) is double v && double.IsFinite(v) ? v : double.NaN),
    };

    public double[] Coordinates(JsonArray data) => [.. data.Select(Coordinate)];

    /// <summary>The coordinate a shape, an annotation or a range gives: a category by name or index, a logarithm as the exponent where <paramref name="exponents"/> says so.</summary>
    public double Place(JsonNode? datum, bool exponents)
    {
        if (Kind == AxisKind.Category && datum?.GetValueKind() == JsonValueKind.String && indexes.TryGetValue(datum.GetValue<string>(), out int index)) return index;
        return Kind == AxisKind.Category || (Kind == AxisKind.Log && exponents) ? Settings.NumberOf(datum) ?? double.NaN : Coordinate(datum);
    }

    /// <summary>Sets the scale for the given pixels, from the figure's range or from the data.</summary>
    public void Lay(double start, double end)
    {
        (double low, double high) = Extent.Range(this, Math.Abs(end - start));
        JsonNode? auto = Settings.Node("autorange");
        bool isAuto = auto?.GetValueKind() == JsonValueKind.True || auto?.GetValueKind() == JsonValueKind.String;
        if (!isAuto && Settings.List("range") is { Count: 2 } range)
        {
            (double a, double b) = (Place(range[0], exponents: true), Place(range[1], exponents: true));
            if (double.IsFinite(a) && double.IsFinite(b) && a != b) (low, high) = (a, b);
        }
        if (Settings.Text("autorange")?.Contains("reversed", StringComparison.Ordinal) == true) (low, high) = (high, low);
        Scale = new(low, high, start, end);
        Ticks = Settings.Flag("visible") == false ? [] : Pictures.Ticks.Of(this, low, high, Scale.Length);
    }

    private double IndexOf(JsonNode? datum)
    {
        if (Settings.TextOf(datum) is not { } name) return double.NaN;
        if (!indexes.TryGetValue(name, out int index))
        {
            indexes[name] = index = categories.Count;
            categories.Add(name);
        }
        return index;
    }
}
