using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>The axes of a figure: those its traces and its layout name, with the kind of each found from the data where the layout does not say.</summary>
internal sealed class FigureAxes
{
    private readonly Dictionary<string, Axis> axes = new(StringComparer.Ordinal);
    private readonly Figure figure;

    public FigureAxes(Figure figure)
    {
        this.figure = figure;
        foreach (Settings trace in figure.Traces.Where(Figure.IsShown))
        {
            _ = X(trace);
            _ = Y(trace);
        }
        if (axes.Count > 0) return;
        Get("x");
        Get("y");
    }

    public IEnumerable<Axis> All => axes.Values;

    public Axis X(Settings trace) => Get(trace.Text("xaxis") ?? "x");

    public Axis Y(Settings trace) => Get(trace.Text("yaxis") ?? "y");

    public Axis? Find(string id) => axes.GetValueOrDefault(id);

    /// <summary>The axis this one stands on: the named one, or the first of the other direction.</summary>
    public Axis? AnchorOf(Axis axis) => axis.Settings.Text("anchor") is { } id && id != "free"
        ? Find(id)
        : axis.Settings.Text("anchor") == "free" ? null : axes.Values.FirstOrDefault(a => a.IsX != axis.IsX && a.Id[1..] == axis.Id[1..]) ?? axes.Values.FirstOrDefault(a => a.IsX != axis.IsX);

    private Axis Get(string id)
    {
        if (axes.TryGetValue(id, out Axis? known)) return known;
        Settings settings = SettingsOf(figure, id);
        return axes[id] = new(id, settings, figure.FontSize, Kind(id, settings));
    }

    /// <summary>Layout settings of an axis; a second axis has the template of the first.</summary>
    public static Settings SettingsOf(Figure figure, string id)
    {
        string direction = id[..1] + "axis";
        JsonObject? template = figure.Template?[direction] as JsonObject;
        return new(figure.Layout.Node(direction + id[1..]) as JsonObject, template);
    }

    private AxisKind Kind(string id, Settings settings)
    {
        switch (settings.Text("type"))
        {
            case "linear": return AxisKind.Linear;
            case "log": return AxisKind.Log;
            case "date": return AxisKind.Date;
            case "category": return AxisKind.Category;
        }
        string direction = id[..1];
        bool strict = (settings.Text("autotypenumbers") ?? figure.Layout.Text("autotypenumbers")) == "strict";
        foreach (Settings trace in figure.Traces.Where(Figure.IsShown))
        {
            if ((trace.Text(direction + "axis") ?? direction) != id || trace.List(direction) is not { } data) continue;
            int numbers = 0, dates = 0, names = 0;
            foreach (JsonNode? datum in data)
            {
                if (datum is null) continue;
                if (datum.GetValueKind() == JsonValueKind.Number || (Settings.TextOf(datum) is "NaN" or "Infinity" or "-Infinity") || (!strict && Settings.NumberOf(datum) is not null)) numbers++;
                else if (Settings.TextOf(datum) is { } text && DateFormat.LooksLikeDate(text)) dates++;
                else names++;
            }
            if (names > 0) return AxisKind.Category;
            if (dates > numbers) return AxisKind.Date;
            if (numbers > 0) return AxisKind.Linear;
        }
        return AxisKind.Linear;
    }
}
