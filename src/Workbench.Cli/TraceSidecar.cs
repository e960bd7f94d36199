using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Cli;

/// <summary>The JSON beside a shipped trace: the file's hash, what it holds, and its provenance.</summary>
internal sealed record TraceSidecar
{
    public required string File { get; init; }
    public required long Bytes { get; init; }
    public required string Sha256 { get; init; }
    public required long Events { get; init; }
    public required double Seconds { get; init; }
    public required SortedDictionary<string, long> Kinds { get; init; }
    public required IReadOnlyList<TraceSidecarDevice> Devices { get; init; }
    public required long RecordedHits { get; init; }
    public required long RecordedFills { get; init; }
    public required TraceProvenance Provenance { get; init; }

    public static TraceSidecar Of(string path, DmatReader reader, TraceSummary summary)
    {
        using FileStream file = System.IO.File.OpenRead(path);
        return new()
        {
            File = Path.GetFileName(path), Bytes = file.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(file)),
            Events = summary.Events, Seconds = summary.DurationNs / 1e9,
            Kinds = new(summary.Kinds.Where(k => k.Count > 0).ToDictionary(k => JsonNamingPolicy.CamelCase.ConvertName(k.Kind.ToString()), k => k.Count), StringComparer.Ordinal),
            Devices = [.. summary.Devices.Select(d => new TraceSidecarDevice(d.Device.ToString(), d.Data, d.Rings, d.Interrupts))],
            RecordedHits = summary.TranslateHits, RecordedFills = summary.TranslateFills, Provenance = reader.Provenance,
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, TraceSidecarJson.Default.TraceSidecar);
}

/// <summary>One device's share in a sidecar.</summary>
internal sealed record TraceSidecarDevice(string Id, AccessSummary Data, AccessSummary Rings, long Interrupts);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TraceSidecar))]
internal sealed partial class TraceSidecarJson : JsonSerializerContext;
