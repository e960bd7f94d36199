using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Pictures;

/// <summary>Colours over 0 to 1, given as a list of stops or by one of the names Plotly knows.</summary>
internal sealed class ColourScale
{
    private static readonly Dictionary<string, string> Named = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Greys"] = "0 #000000 1 #ffffff",
        ["YlGnBu"] = "0 #081d58 .125 #253494 .25 #225ea8 .375 #1d91c0 .5 #41b6c4 .625 #7fcdbb .75 #c7e9b4 .875 #edf8d9 1 #ffffd9",
        ["Greens"] = "0 #00441b .125 #006d2c .25 #238b45 .375 #41ab5d .5 #74c476 .625 #a1d99b .75 #c7e9c0 .875 #e5f5e0 1 #f7fcf5",
        ["YlOrRd"] = "0 #800026 .125 #bd0026 .25 #e31a1c .375 #fc4e2a .5 #fd8d3c .625 #feb24c .75 #fed976 .875 #ffeda0 1 #ffffcc",
        ["Bluered"] = "0 #0000ff 1 #ff0000",
        ["RdBu"] = "0 #050aac .35 #6a89f7 .5 #bebebe .6 #dcaa84 .7 #e6915a 1 #b20a1c",
        ["Reds"] = "0 #dcdcdc .2 #f5c39d .4 #f5a069 1 #b20a1c",
        ["Blues"] = "0 #050aac .35 #283cbe .5 #4664f5 .6 #5a78f5 .7 #6a89f7 1 #dcdcdc",
        ["Picnic"] = "0 #0000ff .1 #3399ff .2 #66ccff .3 #99ccff .4 #ccccff .5 #ffffff .6 #ffccff .7 #ff99ff .8 #ff66cc .9 #ff6666 1 #ff0000",
        ["Rainbow"] = "0 #96005a .125 #0000c8 .25 #0019ff .375 #0098ff .5 #2cff96 .625 #97ff00 .75 #ffea00 .875 #ff6f00 1 #ff0000",
        ["Portland"] = "0 #0c3383 .25 #0a88ba .5 #f2d338 .75 #f28f38 1 #d91e1e",
        ["Jet"] = "0 #000083 .125 #003caa .375 #05ffff .625 #ffff00 .875 #fa0000 1 #800000",
        ["Hot"] = "0 #000000 .3 #e60000 .6 #ffd200 1 #ffffff",
        ["Blackbody"] = "0 #000000 .2 #e60000 .4 #e6d200 .7 #ffffff 1 #a0c8ff",
        ["Earth"] = "0 #000082 .1 #00b4b4 .2 #28d228 .4 #e6e632 .6 #784614 1 #ffffff",
        ["Electric"] = "0 #000000 .15 #1e0064 .4 #780064 .6 #a05a00 .8 #e6c800 1 #fffadc",
        ["Viridis"] = "0 #440154 .0627451 #48186a .1254902 #472d7b .1882353 #424086 .2509804 #3b528b .3137255 #33638d .3764706 #2c728e .4392157 #26828e .5019608 #21918c .5647059 #1fa088 .627451 #28ae80 .6901961 #3fbc73 .7529412 #5ec962 .8156863 #84d44b .8784314 #addc30 .9411765 #d8e219 1 #fde725",
        ["Cividis"] = "0 #00204c .058824 #002a66 .117647 #00346e .176471 #273f6c .235294 #3c4a6b .294118 #4c556b .352941 #5b5f6d .411765 #686a70 .470588 #757575 .529412 #838178 .588235 #928c78 .647059 #a19876 .705882 #b0a572 .764706 #c0b16d .823529 #d1bf66 .882353 #e1cc5c .941176 #f3db4f 1 #ffe945",
    };

    private readonly List<(double At, Colour Colour)> stops;

    private ColourScale(List<(double At, Colour Colour)> stops) => this.stops = stops;

    /// <summary>Reads a scale; null when it is neither a known name nor a list of two or more stops.</summary>
    public static ColourScale? Read(JsonNode? node, bool reversed)
    {
        List<(double At, Colour Colour)> stops = [];
        if (Settings.TextOf(node) is { } name)
        {
            if (!Named.TryGetValue(name, out string? text)) return null;
            string[] parts = text.Split(' ');
            for (int i = 0; i < parts.Length; i += 2) stops.Add((double.Parse(parts[i], CultureInfo.InvariantCulture), Colour.Parse(parts[i + 1]) ?? Colour.Black));
        }
        else
        {
            foreach (JsonNode? item in node as JsonArray ?? [])
                if (item is JsonArray { Count: 2 } stop && Settings.NumberOf(stop[0]) is double at && Colour.Parse(Settings.TextOf(stop[1])) is { } colour) stops.Add((at, colour));
        }
        if (stops.Count < 2) return null;
        if (reversed) stops = [.. stops.Select(s => (1 - s.At, s.Colour)).Reverse()];
        return new(stops);
    }

    /// <summary>Plotly's own default.</summary>
    public static ColourScale RdBu(bool reversed) => Read(JsonValue.Create("RdBu"), reversed) ?? throw new UnreachableException("RdBu is in the table.");

    public IReadOnlyList<(double At, Colour Colour)> Stops => stops;

    public Colour At(double share)
    {
        if (share <= stops[0].At) return stops[0].Colour;
        for (int i = 1; i < stops.Count; i++)
            if (share <= stops[i].At) return stops[i].At > stops[i - 1].At ? Colour.Between(stops[i - 1].Colour, stops[i].Colour, (share - stops[i - 1].At) / (stops[i].At - stops[i - 1].At)) : stops[i].Colour;
        return stops[^1].Colour;
    }
}
