using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Workbench.Replay.Costs.Calibration;

/// <summary>The published measurements that the cost models are compared with: data/profiles/calibration.json, which the library carries with it.</summary>
public sealed record CalibrationData
{
    /// <summary>Latency of DMA, one curve for each host.</summary>
    public required IReadOnlyList<MeasuredLatency> Latency { get; init; }
    /// <summary>Time of unmaps.</summary>
    public required MeasuredUnmap Unmap { get; init; }

    /// <summary>The measurements.</summary>
    public static CalibrationData Measured { get; } = JsonSerializer.Deserialize(CostProfiles.Resource("calibration.json"), CalibrationJson.Default.CalibrationData) ?? throw new UnreachableException("calibration.json is null");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CalibrationData))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
