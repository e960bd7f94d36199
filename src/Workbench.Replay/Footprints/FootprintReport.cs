using System.Text.Json;
using System.Text.Json.Serialization;

namespace Workbench.Replay.Footprints;

/// <summary>A footprint and its migrations as `workbench footprint --format json` prints them (docs/footprint.md).</summary>
public sealed record FootprintReport
{
    /// <summary>The trace's file name.</summary>
    public required string Trace { get; init; }
    /// <summary>Whose addresses were counted.</summary>
    public required View View { get; init; }
    /// <summary>Events of the trace.</summary>
    public required long Events { get; init; }
    /// <summary>Writes to memory, in pieces.</summary>
    public required long PageWrites { get; init; }
    /// <summary>The trace's length, ns.</summary>
    public required long LengthNs { get; init; }
    /// <summary>One for each page size.</summary>
    public required IReadOnlyList<FootprintCurveReport> Curves { get; init; }
    /// <summary>Memory that the first round sends, bytes; left out if it is what the trace writes.</summary>
    public ulong? MemoryBytes { get; init; }
    /// <summary>The migrations.</summary>
    public required IReadOnlyList<PreCopyCell> PreCopy { get; init; }

    /// <summary>Puts a report together.</summary>
    public static FootprintReport Of(string trace, Footprint footprint, PreCopyMap map)
    {
        ArgumentNullException.ThrowIfNull(footprint);
        ArgumentNullException.ThrowIfNull(map);
        return new()
        {
            Trace = trace, View = footprint.View, Events = footprint.Events, PageWrites = footprint.PageWrites, LengthNs = footprint.LengthNs, MemoryBytes = map.Options.MemoryBytes, PreCopy = map,
            Curves = [.. footprint.Curves.Select(c => new FootprintCurveReport { Granule = c.Granule, GranuleBytes = c.GranuleBytes, DistinctPages = c.DistinctPages, Points = [.. footprint.Rows(c)] })],
        };
    }

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, FootprintJson.Default.FootprintReport);
}

/// <summary>The curve of one page size in a report.</summary>
public sealed record FootprintCurveReport
{
    /// <summary>The page size, such as "4K".</summary>
    public required string Granule { get; init; }
    /// <summary>The page size, bytes.</summary>
    public required ulong GranuleBytes { get; init; }
    /// <summary>Distinct pages in the whole trace.</summary>
    public required long DistinctPages { get; init; }
    /// <summary>By length of the window.</summary>
    public required IReadOnlyList<FootprintRow> Points { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", Converters = [typeof(ViewWords)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FootprintReport))]
internal sealed partial class FootprintJson : JsonSerializerContext
{
    private sealed class ViewWords() : JsonStringEnumConverter<View>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);
}
