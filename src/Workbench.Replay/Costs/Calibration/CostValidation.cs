using System.Text.Json;
using System.Text.Json.Serialization;

namespace Workbench.Replay.Costs.Calibration;

/// <summary>Every cost model beside the published measurement it is checked against.</summary>
public sealed record CostValidation
{
    /// <summary>Latency of DMA by window, one for each host.</summary>
    public required IReadOnlyList<LatencyCheck> Latency { get; init; }
    /// <summary>Time of an unmap by its size.</summary>
    public required UnmapCheck Unmap { get; init; }
    /// <summary>Do all hold?</summary>
    public bool Holds => Unmap.Holds && Latency.All(l => l.Holds);

    /// <summary>Calibrates and compares; about a second.</summary>
    public static CostValidation Run(CalibrationData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new() { Latency = [.. data.Latency.Select(l => LatencyCheck.Of(l, LatencyCurve.Of(l), EngineMissRatio.Of))], Unmap = UnmapCheck.Of(data.Unmap) };
    }

    /// <summary>As JSON, camelCase names.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CostValidationJson.Default.CostValidation);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(CostValidation))]
internal sealed partial class CostValidationJson : JsonSerializerContext;
